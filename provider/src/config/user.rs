use argon2::PasswordHash;
use argon2::password_hash::PasswordHashString;
use serde::Deserialize;

use super::error::{ConfigError, Owner};
use super::registry::check_text;
use crate::secret::Secret;

/// A user who may sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserConfig {
    /// The name to sign in with, and the `preferred_username` claim.
    pub username: String,
    /// The password in clear, for demonstrations. Exactly one of this and `password_hash`.
    #[serde(default)]
    pub password: Option<Secret>,
    /// The password's argon2 hash in PHC form (`$argon2id$v=19$...`).
    #[serde(default)]
    pub password_hash: Option<Secret>,
    /// The `name` claim.
    pub name: String,
    /// The `email` claim.
    #[serde(default)]
    pub email: Option<String>,
}

/// A user whose configuration is known to be right.
pub(crate) struct User {
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) credential: Credential,
}

/// How a user's password is known.
pub(crate) enum Credential {
    Clear(Secret),
    Hash(PasswordHashString),
}

impl User {
    pub(super) fn new(config: &UserConfig) -> Result<Self, ConfigError> {
        let owner = Owner::User(config.username.clone());
        check_text(&owner, "username", &config.username)?;
        let credential = match (&config.password, &config.password_hash) {
            (Some(password), None) if !password.expose().is_empty() => Credential::Clear(password.clone()),
            (None, Some(hash)) => match PasswordHash::new(hash.expose()) {
                Ok(hash) if hash.algorithm.as_str().starts_with("argon2") && hash.hash.is_some() => {
                    Credential::Hash(hash.serialize())
                }
                _ => return Err(ConfigError::PasswordHash { owner }),
            },
            _ => return Err(ConfigError::Password { owner }),
        };
        Ok(Self {
            username: config.username.clone(),
            name: config.name.clone(),
            email: config.email.clone(),
            credential,
        })
    }
}
