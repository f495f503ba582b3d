use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{ConfigError, Owner};
use super::{JwksError, RegisteredUri, SigningAlg, jwks};
use crate::client_keys::{KeySource, PublishedKeys};
use crate::secret::{Hash, Secret};

/// The least characters of a secret: fewer can be guessed.
const SHORTEST_SECRET: usize = 16;

/// How a client proves who it is ([OpenID Connect Core 1.0 section 9](https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// By its secret in the `Authorization` header.
    ClientSecretBasic,
    /// By its secret in the form.
    ClientSecretPost,
    /// By a JWT that it signs with a key of its own (RFC 7523).
    PrivateKeyJwt,
    /// Not at all: a public client.
    None,
}

impl AuthMethod {
    /// The name that it has in metadata.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The one way in which a client authenticates, with what it is checked against.
#[derive(Debug)]
pub(crate) enum Authentication {
    None,
    /// What is kept of a secret is what it is compared by.
    SecretBasic(Hash),
    SecretPost(Hash),
    PrivateKeyJwt(AssertionKeys),
}

/// What a client's assertions are verified by.
#[derive(Clone, Debug)]
pub(crate) struct AssertionKeys {
    pub(crate) source: KeySource,
    /// The only algorithm, if the client is registered for one.
    pub(crate) only: Option<SigningAlg>,
}

/// What an operator wrote of it, and the names of the keys.
pub(super) struct Configured<'a> {
    pub(super) method: Option<AuthMethod>,
    pub(super) method_key: &'static str,
    pub(super) secret: Option<&'a Secret>,
    pub(super) secret_key: &'static str,
    pub(super) jwks: Option<&'a Value>,
    pub(super) jwks_uri: Option<RegisteredUri>,
    pub(super) signing_alg: Option<SigningAlg>,
}

/// The public keys that an operator wrote, or where they are.
enum Keys<'a> {
    Held(&'a Value),
    Published(RegisteredUri),
}

impl Keys<'_> {
    fn source(self, only: Option<SigningAlg>) -> Result<KeySource, JwksError> {
        Ok(match self {
            Self::Held(jwks) => KeySource::Held(Arc::new(jwks::parse(jwks, only)?)),
            Self::Published(uri) => KeySource::Published(Arc::new(PublishedKeys::of_configured(uri))),
        })
    }
}

impl Authentication {
    /// Whether this is its secret, by whichever method that is presented.
    pub(crate) fn has_secret(&self, secret: &str) -> bool {
        match self {
            Self::SecretBasic(known) | Self::SecretPost(known) => known.is(secret),
            Self::None | Self::PrivateKeyJwt(_) => false,
        }
    }

    /// The public keys that belong to it, if any do.
    pub(super) fn keys(&self) -> Option<KeySource> {
        match self {
            Self::PrivateKeyJwt(keys) => Some(keys.source.clone()),
            Self::None | Self::SecretBasic(_) | Self::SecretPost(_) => None,
        }
    }

    /// What is there must be what the method needs: a secret that nobody asks for protects nothing.
    pub(super) fn new(owner: &Owner, configured: Configured<'_>) -> Result<Self, ConfigError> {
        let method = configured.method.unwrap_or(match configured.secret {
            Some(_) => AuthMethod::ClientSecretBasic,
            None => AuthMethod::None,
        });
        let (secret_key, method_key) = (configured.secret_key, configured.method_key);
        let refused =
            |key, is_needed| Err(ConfigError::Credential { owner: owner.clone(), key, is_needed, method_key, method });
        if configured.signing_alg.is_some() && method != AuthMethod::PrivateKeyJwt {
            return refused("token_endpoint_auth_signing_alg", false);
        }
        let only = configured.signing_alg;
        let (keys_key, keys) = match (configured.jwks, configured.jwks_uri) {
            (Some(_), Some(_)) => return Err(ConfigError::TwoJwks { owner: owner.clone() }),
            (jwks, None) => ("jwks", jwks.map(Keys::Held)),
            (None, Some(uri)) => ("jwks_uri", Some(Keys::Published(uri))),
        };
        match (method, configured.secret, keys) {
            (AuthMethod::ClientSecretBasic, Some(secret), None) => {
                check_secret(owner, secret_key, secret).map(Self::SecretBasic)
            }
            (AuthMethod::ClientSecretPost, Some(secret), None) => {
                check_secret(owner, secret_key, secret).map(Self::SecretPost)
            }
            (AuthMethod::PrivateKeyJwt, None, Some(keys)) => {
                let source = keys.source(only).map_err(|why| ConfigError::Jwks { owner: owner.clone(), why })?;
                Ok(Self::PrivateKeyJwt(AssertionKeys { source, only }))
            }
            (AuthMethod::None, None, None) => Ok(Self::None),
            (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, None, _) => refused(secret_key, true),
            (AuthMethod::PrivateKeyJwt | AuthMethod::None, Some(_), _) => refused(secret_key, false),
            (AuthMethod::PrivateKeyJwt, None, None) => refused(keys_key, true),
            (_, _, Some(_)) => refused(keys_key, false),
        }
    }
}

pub(super) fn check_secret(owner: &Owner, key: &'static str, secret: &Secret) -> Result<Hash, ConfigError> {
    if secret.expose().len() < SHORTEST_SECRET {
        return Err(ConfigError::WeakSecret { owner: owner.clone(), key });
    }
    Ok(Hash::of(secret.expose()))
}
