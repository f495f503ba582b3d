use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{ConfigError, Owner};
use super::{SigningAlg, jwks};
use crate::client_keys::KeySource;
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
    pub(super) signing_alg: Option<SigningAlg>,
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
    pub(super) fn new(owner: &Owner, configured: &Configured<'_>) -> Result<Self, ConfigError> {
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
        match (method, configured.secret, configured.jwks) {
            (AuthMethod::ClientSecretBasic, Some(secret), None) => {
                check_secret(owner, secret_key, secret).map(Self::SecretBasic)
            }
            (AuthMethod::ClientSecretPost, Some(secret), None) => {
                check_secret(owner, secret_key, secret).map(Self::SecretPost)
            }
            (AuthMethod::PrivateKeyJwt, None, Some(jwks)) => jwks::parse(jwks, configured.signing_alg)
                .map(|keys| KeySource::Held(Arc::new(keys)))
                .map(|source| Self::PrivateKeyJwt(AssertionKeys { source, only: configured.signing_alg }))
                .map_err(|why| ConfigError::Jwks { owner: owner.clone(), why }),
            (AuthMethod::None, None, None) => Ok(Self::None),
            (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, None, _) => refused(secret_key, true),
            (AuthMethod::PrivateKeyJwt | AuthMethod::None, Some(_), _) => refused(secret_key, false),
            (AuthMethod::PrivateKeyJwt, None, None) => refused("jwks", true),
            (_, _, Some(_)) => refused("jwks", false),
        }
    }
}

pub(super) fn check_secret(owner: &Owner, key: &'static str, secret: &Secret) -> Result<Hash, ConfigError> {
    if secret.expose().len() < SHORTEST_SECRET {
        return Err(ConfigError::WeakSecret { owner: owner.clone(), key });
    }
    Ok(Hash::of(secret.expose()))
}
