use std::net::SocketAddr;

use openidconnect::ClientSecret;
use relying_party::Algorithm;
use serde::Deserialize;

use super::logout_channels::{LogoutChannel, default_logout_channels};
use super::{ConfigError, check_issuer};
use crate::Origin;

/// App A's table `[app_a]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppAConfig {
    /// Where browsers find it.
    pub origin: Origin,
    /// Where it listens; without it, on the loopback addresses that `origin` names.
    #[serde(default)]
    pub listen: Vec<SocketAddr>,
    /// The provider's issuer identifier, exactly as its discovery document has it.
    pub issuer: String,
    /// The client identifier that the provider registered.
    pub client_id: String,
    /// The client's secret.
    #[serde(deserialize_with = "secret")]
    pub client_secret: ClientSecret,
    /// What the provider signs this app's ID tokens and logout tokens with, `RS256` or `ES256`, if that is agreed with it:
    /// others are refused then. Without it, either is taken.
    pub id_token_signed_response_alg: Option<Algorithm>,
    /// What to ask for beside `openid`.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// How long a sign-in lasts, in seconds.
    #[serde(default = "default_session_lifetime")]
    pub session_lifetime: u64,
    /// How long the provider may take to answer at a sign-out before the user is told that it is down, in milliseconds; at
    /// most 10 000.
    #[serde(default = "default_provider_patience_ms")]
    pub provider_patience_ms: u64,
    /// Where App B is, for the link between them.
    pub app_b: Option<Origin>,
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

/// What App A can verify.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::RS256, Algorithm::ES256];

impl AppAConfig {
    /// What the provider may sign with.
    pub(crate) fn algorithms(&self) -> Vec<Algorithm> {
        self.id_token_signed_response_alg.map_or_else(|| ALGORITHMS.to_vec(), |one| vec![one])
    }

    /// Checks what the types do not.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        check_issuer("[app_a] issuer", &self.issuer)?;
        if let Some(algorithm) = self.id_token_signed_response_alg.filter(|algorithm| !ALGORITHMS.contains(algorithm)) {
            let why = format!("{}: must be RS256 or ES256", algorithm.as_str());
            return Err(ConfigError::Value { key: "[app_a] id_token_signed_response_alg", why });
        }
        check_lifetime("[app_a] session_lifetime", self.session_lifetime)?;
        check_patience("[app_a] provider_patience_ms", self.provider_patience_ms)
    }
}

pub(super) fn check_lifetime(key: &'static str, seconds: u64) -> Result<(), ConfigError> {
    const YEAR: u64 = 366 * 24 * 60 * 60;
    if (1..=YEAR).contains(&seconds) {
        Ok(())
    } else {
        Err(ConfigError::Value { key, why: format!("{seconds} seconds: must be between 1 second and a year") })
    }
}

fn check_patience(key: &'static str, milliseconds: u64) -> Result<(), ConfigError> {
    const MOST: u64 = 10_000;
    if (1..=MOST).contains(&milliseconds) {
        Ok(())
    } else {
        Err(ConfigError::Value { key, why: format!("{milliseconds} milliseconds: must be between 1 and {MOST}") })
    }
}

/// A secret of digits only comes out of the environment as a number; the error must not repeat it.
pub(super) fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<ClientSecret, D::Error> {
    let text = String::deserialize(deserializer).map_err(|_| {
        serde::de::Error::custom("the secret must be text: in the environment, put quotes around one of digits only")
    })?;
    Ok(ClientSecret::new(text))
}

fn default_scopes() -> Vec<String> {
    vec!["profile".to_owned()]
}

pub(super) const fn default_session_lifetime() -> u64 {
    24 * 60 * 60
}

const fn default_provider_patience_ms() -> u64 {
    300
}

pub(super) const fn yes() -> bool {
    true
}
