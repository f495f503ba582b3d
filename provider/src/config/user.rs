use std::collections::BTreeMap;

use argon2::PasswordHash;
use argon2::password_hash::PasswordHashString;
use serde::Deserialize;
use serde_json::Value;

use super::error::{ConfigError, Owner};
use super::registry::check_text;
use super::standard_claims::{self, AddressConfig};
use crate::secret::Secret;

/// A user who may sign in. What is known of them is named as in OpenID Connect Core 1.0 section 5.1; apps are told of what
/// their scopes cover.
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
    /// First name or names.
    #[serde(default)]
    pub given_name: Option<String>,
    /// Last name or names.
    #[serde(default)]
    pub family_name: Option<String>,
    /// Middle name or names.
    #[serde(default)]
    pub middle_name: Option<String>,
    /// What friends say.
    #[serde(default)]
    pub nickname: Option<String>,
    /// The URL of a page about the user.
    #[serde(default)]
    pub profile: Option<String>,
    /// The URL of a picture of the user.
    #[serde(default)]
    pub picture: Option<String>,
    /// The URL of the user's own page.
    #[serde(default)]
    pub website: Option<String>,
    /// In whatever words.
    #[serde(default)]
    pub gender: Option<String>,
    /// `YYYY-MM-DD`, with the year 0000 to leave it open, or `YYYY`.
    #[serde(default)]
    pub birthdate: Option<String>,
    /// A time zone, such as `Europe/Paris`.
    #[serde(default)]
    pub zoneinfo: Option<String>,
    /// A language tag, such as `en-US`.
    #[serde(default)]
    pub locale: Option<String>,
    /// When any of this was changed, in seconds since the Unix epoch.
    #[serde(default)]
    pub updated_at: Option<u64>,
    /// The `email` claim.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether somebody made sure that the address is the user's.
    #[serde(default)]
    pub email_verified: Option<bool>,
    /// Such as `+1 (555) 555-0100`.
    #[serde(default)]
    pub phone_number: Option<String>,
    /// Whether somebody made sure that the number is the user's.
    #[serde(default)]
    pub phone_number_verified: Option<bool>,
    /// Where the user lives.
    #[serde(default)]
    pub address: Option<AddressConfig>,
}

/// A user whose configuration is known to be right.
pub(crate) struct User {
    pub(crate) username: String,
    /// The standard claims that there are, by their names.
    pub(crate) claims: BTreeMap<&'static str, Value>,
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
        let claims = standard_claims::parse(&owner, config)?;
        Ok(Self { username: config.username.clone(), claims, credential })
    }
}
