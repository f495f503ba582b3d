use std::net::SocketAddr;

use serde::Deserialize;

use super::ConfigError;

/// The table `[metrics]`: without it, nothing listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// Where `/metrics` is served, such as `["127.0.0.1:9464"]`.
    pub listen: Vec<SocketAddr>,
    /// Whether addresses that other machines reach are allowed. Nobody has to prove who they are to read the numbers.
    #[serde(default)]
    pub danger_allow_other_machines: bool,
}

impl MetricsConfig {
    /// Checks what the types do not.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let refused = |why: String| Err(ConfigError::Value { key: "[metrics] listen", why });
        if self.listen.is_empty() {
            return refused("name an address, such as 127.0.0.1:9464, or leave the table out".to_owned());
        }
        match self.listen.iter().find(|address| !address.ip().is_loopback()) {
            Some(address) if !self.danger_allow_other_machines => refused(format!(
                "{address} is not a loopback address, and whoever reaches it can read the numbers: listen on 127.0.0.1, or set \
                 danger_allow_other_machines = true"
            )),
            _ => Ok(()),
        }
    }
}
