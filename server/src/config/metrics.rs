use std::net::SocketAddr;

use serde::Deserialize;
use url::Host;

use super::ConfigError;

/// The table `[metrics]`: without it, nothing listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// Where `/metrics` is served, such as `["127.0.0.1:9464"]`.
    pub listen: Vec<SocketAddr>,
    /// By which names it can be asked for, without a port, such as `["curfew.internal"]`. By `localhost`, and by any address
    /// of the machine, it always can.
    #[serde(default)]
    pub hosts: Vec<String>,
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
        if let Some(host) = self.hosts.iter().find(|host| !is_name(host)) {
            let why = format!("`{host}` is no host name: name it without scheme and port; addresses are left out");
            return Err(ConfigError::Value { key: "[metrics] hosts", why });
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

/// One that a client can send as it stands, so no wildcard and nothing beyond ASCII.
fn is_name(host: &str) -> bool {
    let is_plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    is_plain && matches!(Host::parse(host), Ok(Host::Domain(_)))
}
