use serde::Deserialize;
use serde_json::Value;

use super::authentication::{AuthMethod, Authentication, Configured};
use super::error::{ConfigError, Owner};
use super::registry::check_text;
use crate::secret::Secret;

/// An API that may ask whether an access token is still good (RFC 7662).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceServerConfig {
    /// The name that it authenticates with.
    pub id: String,
    /// The secret that it authenticates with, if not by `private_key_jwt`.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// The one way in which it authenticates; by default `client_secret_basic`.
    #[serde(default)]
    pub auth_method: Option<AuthMethod>,
    /// Its public keys for `private_key_jwt`: a JWK Set (RFC 7517).
    #[serde(default)]
    pub jwks: Option<Value>,
    /// The `aud` of the tokens that it may ask for.
    pub audience: String,
}

/// An API whose configuration is known to be right.
#[derive(Debug)]
pub(crate) struct ResourceServer {
    pub(crate) authentication: Authentication,
    pub(crate) audience: String,
}

impl ResourceServer {
    pub(super) fn new(config: &ResourceServerConfig) -> Result<Self, ConfigError> {
        let owner = Owner::ResourceServer(config.id.clone());
        check_text(&owner, "id", &config.id)?;
        check_text(&owner, "audience", &config.audience)?;
        let method = config.auth_method.unwrap_or(AuthMethod::ClientSecretBasic);
        if method == AuthMethod::None {
            return Err(ConfigError::Anonymous { owner });
        }
        let authentication = Configured {
            method: Some(method),
            method_key: "auth_method",
            secret: config.secret.as_ref(),
            secret_key: "secret",
            jwks: config.jwks.as_ref(),
            jwks_uri: None,
            signing_alg: None,
        };
        let authentication = Authentication::new(&owner, authentication)?;
        Ok(Self { authentication, audience: config.audience.clone() })
    }
}
