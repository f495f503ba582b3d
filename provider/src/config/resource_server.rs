use serde::Deserialize;

use super::error::{ConfigError, Owner};
use super::registry::check_text;
use crate::secret::Secret;

/// An API that may ask whether an access token is still good (RFC 7662).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceServerConfig {
    /// The name that it authenticates with.
    pub id: String,
    /// The secret that it authenticates with.
    pub secret: Secret,
    /// The `aud` of the tokens that it may ask for.
    pub audience: String,
}

/// An API whose configuration is known to be right.
#[derive(Debug)]
pub(crate) struct ResourceServer {
    pub(crate) secret: Secret,
    pub(crate) audience: String,
}

impl ResourceServer {
    pub(super) fn new(config: &ResourceServerConfig) -> Result<Self, ConfigError> {
        let owner = Owner::ResourceServer(config.id.clone());
        check_text(&owner, "id", &config.id)?;
        check_text(&owner, "audience", &config.audience)?;
        if config.secret.expose().len() < 16 {
            return Err(ConfigError::WeakSecret { owner, key: "secret" });
        }
        Ok(Self { secret: config.secret.clone(), audience: config.audience.clone() })
    }
}
