//! `GET /api/state`: the demo as it is.

use std::sync::PoisonError;

use app::lab::wire::{RenewSwitch, State, Switches};
use axum::Json;
use axum::extract;

use super::Lab;
use crate::StartError;
use crate::config::{Config, Renew};
use crate::running::missing;

pub(super) async fn get(extract::State(lab): extract::State<Lab>) -> Json<State> {
    Json(lab.state())
}

impl Lab {
    pub(super) fn switches(&self) -> Switches {
        self.0.switches.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn state(&self) -> State {
        let config = &self.0.started_with;
        let provider = config.provider.as_ref().map(|provider| provider.issuer.clone()).unwrap_or_default();
        let same_site = config.app_b.as_ref().is_some_and(|app| app.origin.is_one_site_with(&provider));
        State {
            provider,
            app_a: config.app_a.as_ref().map(|app| app.origin.to_string()).unwrap_or_default(),
            app_b: config.app_b.as_ref().map(|app| app.origin.to_string()).unwrap_or_default(),
            topology: if same_site { "same-site" } else { "cross-site" }.to_owned(),
            switches: self.switches(),
        }
    }
}

/// How the switches stand in a configuration.
///
/// # Errors
/// A configuration without the three parties.
pub(super) fn switches_of(config: &Config) -> Result<Switches, StartError> {
    let provider = config.provider.as_ref().ok_or_else(|| missing("provider"))?;
    let app_a = config.app_a.as_ref().ok_or_else(|| missing("app_a"))?;
    let app_b = config.app_b.as_ref().ok_or_else(|| missing("app_b"))?;
    Ok(Switches {
        front_channel: provider.front_channel,
        back_channel: provider.back_channel,
        push: app_a.push && app_b.push,
        broadcast: app_a.broadcast && app_b.broadcast,
        renew: match app_b.renew {
            Renew::Auto => RenewSwitch::Auto,
            Renew::Iframe => RenewSwitch::Iframe,
            Renew::RefreshToken => RenewSwitch::RefreshToken,
            Renew::Off => RenewSwitch::Off,
        },
        access_token_lifetime: u32::try_from(provider.access_token_lifetime).unwrap_or(u32::MAX),
        ..Switches::default()
    })
}
