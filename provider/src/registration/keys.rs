use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::error::RegistrationError;
use super::uris::{self, Http};
use crate::client_keys::{KeySource, PublishedKeys};
use crate::config::{JwksError, RegisteredUri, SigningAlg, parse_jwks, parse_usable_jwks};
use crate::outbound::Guard;

/// The client's public keys: themselves, or where they are. Never both ([OpenID Connect Dynamic Client Registration 1.0
/// section 2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata)).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Keys {
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<RegisteredUri>,
}

impl Keys {
    pub(super) fn parse(
        jwks: Option<Value>,
        jwks_uri: Option<String>,
        http: Http,
        guard: Guard,
    ) -> Result<Self, RegistrationError> {
        if jwks.is_some() && jwks_uri.is_some() {
            return Err(RegistrationError::TwoJwks);
        }
        // Where nothing that the client signs is awaited, it does not matter whether it could be verified; but what nobody
        // else should have does not belong here.
        if let Some(Err(why @ (JwksError::NotASet | JwksError::Private))) =
            jwks.as_ref().map(|jwks| parse_jwks(jwks, None).map(drop))
        {
            return Err(RegistrationError::Jwks(why));
        }
        let jwks_uri = jwks_uri.map(|uri| uris::parse("jwks_uri", &uri, http)).transpose()?;
        uris::check_callable("jwks_uri", jwks_uri.as_ref(), guard)?;
        Ok(Self { jwks, jwks_uri })
    }

    /// Whether the client's assertions could be verified by them.
    pub(super) fn check_for_assertions(&self, only: Option<SigningAlg>) -> Result<(), RegistrationError> {
        match (&self.jwks, &self.jwks_uri) {
            (Some(jwks), _) => parse_jwks(jwks, only).map(drop).map_err(RegistrationError::Jwks),
            (None, Some(_)) => Ok(()),
            (None, None) => Err(RegistrationError::NoJwks),
        }
    }

    /// By which what the client signs is verified, if there is any that can be.
    pub(super) fn source(&self) -> Option<KeySource> {
        match (&self.jwks, &self.jwks_uri) {
            (Some(jwks), _) => parse_usable_jwks(jwks).ok().map(|keys| KeySource::Held(Arc::new(keys))),
            (None, Some(uri)) => Some(KeySource::Published(Arc::new(PublishedKeys::of_registered(uri.clone())))),
            (None, None) => None,
        }
    }
}
