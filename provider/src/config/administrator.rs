use serde::Deserialize;

use super::authentication::check_secret;
use super::error::{ConfigError, Owner};
use super::registry::check_text;
use crate::secret::{Hash, Secret};

/// Who may end everything that a user has (Global Token Revocation), and can do nothing else: it gets no tokens, and may ask
/// about none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdministratorConfig {
    /// The name that it authenticates with. No client and no API has the same.
    pub id: String,
    /// The secret that it authenticates with.
    pub secret: Secret,
}

/// An administrator whose configuration is known to be right.
#[derive(Debug)]
pub(crate) struct Administrator {
    pub(crate) id: String,
    pub(crate) secret: Hash,
}

impl Administrator {
    pub(super) fn new(config: &AdministratorConfig) -> Result<Self, ConfigError> {
        let owner = Owner::Administrator(config.id.clone());
        check_text(&owner, "id", &config.id)?;
        let secret = check_secret(&owner, "secret", &config.secret)?;
        Ok(Self { id: config.id.clone(), secret })
    }
}
