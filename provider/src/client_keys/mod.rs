//! The public keys by which what a client signs is verified: assertions that prove who it is, and request objects
//! ([OpenID Connect Core 1.0 section 10.1](https://openid.net/specs/openid-connect-core-1_0.html#Signing)).

mod published;
mod signed;

use std::sync::Arc;

use jsonwebtoken::DecodingKey;

pub(crate) use published::PublishedKeys;
pub(crate) use signed::{JwsError, Signed};

use crate::config::{ClientKeys, SigningAlg};
use crate::outbound::FetchError;
use crate::state::Provider;

/// Where a client's keys are.
#[derive(Clone, Debug)]
pub(crate) enum KeySource {
    /// Here: it registered them as `jwks`.
    Held(Arc<ClientKeys>),
    /// At its `jwks_uri`.
    Published(Arc<PublishedKeys>),
}

/// Why there is no key to verify with. The text is for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("is signed with a key that the client has not registered, or names none of several by kid")]
    Unknown,
    #[error("cannot be verified now: the client's jwks_uri {0}")]
    Fetch(#[from] FetchError),
    #[error("cannot be verified: what the client's jwks_uri answers is no JWK Set that can be used")]
    Useless,
}

impl KeySource {
    /// The key that a signature names.
    pub(crate) async fn find(
        &self,
        provider: &Provider,
        kid: Option<&str>,
        alg: SigningAlg,
    ) -> Result<DecodingKey, KeyError> {
        match self {
            Self::Held(keys) => keys.find(kid, alg).cloned().ok_or(KeyError::Unknown),
            Self::Published(keys) => keys.find(provider, kid, alg).await,
        }
    }
}
