use std::net::SocketAddr;

use openidconnect::ClientSecret;
use serde::Deserialize;

use super::ConfigError;
use super::app_a::secret;
use crate::Origin;

/// The lab's table `[lab]`; only `server demo` reads it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabConfig {
    /// Where browsers find it: an origin on this machine.
    pub origin: Origin,
    /// Where it listens; without it, on the loopback addresses that `origin` names.
    #[serde(default)]
    pub listen: Vec<SocketAddr>,
    /// The name of the provider's administrator that it calls the provider as.
    pub administrator_id: String,
    /// That administrator's secret.
    #[serde(deserialize_with = "secret")]
    pub administrator_secret: ClientSecret,
}

impl LabConfig {
    /// Whoever reaches the lab can stop the apps and end everybody's sessions, so only this machine may.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let refused = |key, why: String| Err(ConfigError::Value { key, why });
        if !self.origin.is_loopback() {
            return refused("[lab] origin", format!("{} is not an address of this machine only", self.origin));
        }
        match self.listen.iter().find(|address| !address.ip().is_loopback()) {
            Some(address) => refused("[lab] listen", format!("{address} is not an address of this machine only")),
            None => Ok(()),
        }
    }
}
