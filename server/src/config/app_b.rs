use std::net::SocketAddr;

use serde::Deserialize;

use super::app_a::{check_lifetime, default_session_lifetime, yes};
use super::logout_channels::{LogoutChannel, default_logout_channels};
use super::{ConfigError, check_issuer};
use crate::Origin;

/// App B's table `[app_b]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppBConfig {
    /// Where browsers find it.
    pub origin: Origin,
    /// Where it listens; without it, on the loopback addresses that `origin` names.
    #[serde(default)]
    pub listen: Vec<SocketAddr>,
    /// The provider's issuer identifier, exactly as its discovery document has it.
    pub issuer: String,
    /// The client identifier that the provider registered; App B is a public client.
    pub client_id: String,
    /// The `aud` that access tokens for its API must carry.
    pub audience: String,
    /// What the browser asks for, separated by spaces.
    #[serde(default = "default_scope")]
    pub scope: String,
    /// For how long an access token or a session of this app can live, in seconds: a sign-out is remembered as long, and at
    /// least 10 minutes.
    #[serde(default = "default_session_lifetime")]
    pub session_lifetime: u64,
    /// How long the provider's access tokens live, in seconds: an unsigned (front-channel) sign-out of a session that the API
    /// has not seen is remembered as long, and at least 10 minutes.
    #[serde(default = "default_access_token_lifetime")]
    pub access_token_lifetime: u64,
    /// How App B's tokens are renewed.
    #[serde(default)]
    pub renew: Renew,
    /// Where App A is, for the link between them.
    pub app_a: Option<Origin>,
    /// The provider's ways to tell this app's server of a sign-out that it serves; at the provider, register the same.
    #[serde(default = "default_logout_channels")]
    pub logout_channels: Vec<LogoutChannel>,
    /// The origins whose pages may frame the front-channel logout endpoint; none means the issuer's.
    #[serde(default)]
    pub front_channel_ancestors: Vec<Origin>,
    /// Whether the server pushes sign-outs to open tabs.
    #[serde(default = "yes")]
    pub push: bool,
    /// Whether the tabs tell each other.
    #[serde(default = "yes")]
    pub broadcast: bool,
}

/// How an app's tokens are renewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Renew {
    /// In a frame where the issuer's host is the app's, or one is a subdomain of the other: a browser takes them for one
    /// site, and lets the frame have the provider's cookie. Else by a refresh token.
    #[default]
    Auto,
    /// By `prompt=none` in a hidden frame.
    Iframe,
    /// By refresh tokens, which the provider must give to this client.
    RefreshToken,
    /// Not at all: a session at App B lasts as long as its first access token.
    Off,
}

/// What [`Renew`] comes down to, and what decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Renewal {
    /// `iframe`, `refresh-token` or `off`.
    pub(crate) renew: &'static str,
    /// `same-site`, `cross-site` or `configured`.
    pub(crate) why: &'static str,
}

impl AppBConfig {
    /// How its tokens are renewed.
    pub(crate) fn renewal(&self) -> Renewal {
        let configured = |renew| Renewal { renew, why: "configured" };
        match self.renew {
            Renew::Iframe => configured("iframe"),
            Renew::RefreshToken => configured("refresh-token"),
            Renew::Off => configured("off"),
            Renew::Auto if self.origin.is_one_site_with(&self.issuer) => Renewal { renew: "iframe", why: "same-site" },
            Renew::Auto => Renewal { renew: "refresh-token", why: "cross-site" },
        }
    }
}

impl AppBConfig {
    /// Checks what the types do not.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        check_issuer("[app_b] issuer", &self.issuer)?;
        check_lifetime("[app_b] session_lifetime", self.session_lifetime)?;
        check_lifetime("[app_b] access_token_lifetime", self.access_token_lifetime)?;
        if self.scope.split(' ').any(|scope| scope == "openid") {
            Ok(())
        } else {
            Err(ConfigError::Value { key: "[app_b] scope", why: "must contain `openid`".to_owned() })
        }
    }
}

const fn default_access_token_lifetime() -> u64 {
    300
}

fn default_scope() -> String {
    "openid profile notes".to_owned()
}
