use std::net::SocketAddr;

use serde::Deserialize;

use super::app_a::{check_lifetime, default_session_lifetime, yes};
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
    /// For how long an access token or a session of this app can live, in seconds: a sign-out is remembered as long.
    #[serde(default = "default_session_lifetime")]
    pub session_lifetime: u64,
    /// Where App A is, for the link between them.
    pub app_a: Option<Origin>,
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

impl AppBConfig {
    /// Checks what the types do not.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        check_issuer("[app_b] issuer", &self.issuer)?;
        check_lifetime("[app_b] session_lifetime", self.session_lifetime)?;
        if self.scope.split(' ').any(|scope| scope == "openid") {
            Ok(())
        } else {
            Err(ConfigError::Value { key: "[app_b] scope", why: "must contain `openid`".to_owned() })
        }
    }
}

fn default_scope() -> String {
    "openid profile notes".to_owned()
}
