//! Who sends a request to `/token`, `/revoke` or `/introspect`:
//! [OpenID Connect Core 1.0 section 9](https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication).
//!
//! In three steps: what the request [presents](presented), whose it claims to be, and whether that is [proved](prove) in
//! the one way in which that client is registered to prove it.

mod assertion;
mod basic;
mod presented;

use std::sync::Arc;

use axum::http::HeaderMap;

pub(crate) use assertion::AssertionError;
pub(crate) use basic::credentials as basic_credentials;
use presented::{Credential, Presented};

use crate::config::{AuthMethod, Authentication, Client, ResourceServer};
use crate::http::Params;
use crate::secret::Hash;
use crate::state::Provider;
use crate::token::TokenError;

/// How a client can prove who it is, as metadata names it.
pub(crate) const CLIENT_METHODS: &[&str] = &[
    AuthMethod::ClientSecretBasic.as_str(),
    AuthMethod::ClientSecretPost.as_str(),
    AuthMethod::PrivateKeyJwt.as_str(),
    AuthMethod::None.as_str(),
];

/// How an API can.
pub(crate) const API_METHODS: &[&str] = &[
    AuthMethod::ClientSecretBasic.as_str(),
    AuthMethod::ClientSecretPost.as_str(),
    AuthMethod::PrivateKeyJwt.as_str(),
];

/// The client that sends this request.
pub(crate) async fn authenticate_client(
    provider: &Provider,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Arc<Client>, TokenError> {
    let presented = Presented::read(headers, params)?;
    let client = provider.registry.client(&presented.id).ok_or(TokenError::ClientAuthentication)?;
    prove(provider, &presented, &client.authentication).await?;
    Ok(client)
}

/// The API that sends this request.
pub(crate) async fn authenticate_api<'a>(
    provider: &'a Provider,
    headers: &HeaderMap,
    params: &Params,
) -> Result<&'a ResourceServer, TokenError> {
    let presented = Presented::read(headers, params)?;
    let api = provider.registry.resource_server(&presented.id).ok_or(TokenError::ClientAuthentication)?;
    prove(provider, &presented, &api.authentication).await?;
    Ok(api)
}

/// By the one method that is registered: another would be a way around it.
async fn prove(provider: &Provider, presented: &Presented, registered: &Authentication) -> Result<(), TokenError> {
    match (&presented.credential, registered) {
        (Credential::None, Authentication::None) => Ok(()),
        (Credential::Basic(secret), Authentication::SecretBasic(expected))
        | (Credential::Post(secret), Authentication::SecretPost(expected)) => check_secret(secret, expected),
        (Credential::Assertion(assertion), Authentication::PrivateKeyJwt(keys)) => {
            assertion::check(provider, &presented.id, assertion, keys).await
        }
        _ => Err(TokenError::AnotherMethod),
    }
}

fn check_secret(presented: &str, expected: &Hash) -> Result<(), TokenError> {
    if expected.is(presented) { Ok(()) } else { Err(TokenError::ClientAuthentication) }
}
