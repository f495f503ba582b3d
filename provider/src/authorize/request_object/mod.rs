//! Requests as JWTs, by value or by reference: [OpenID Connect Core 1.0 section 6](https://openid.net/specs/openid-connect-core-1_0.html#JWTRequests).
//!
//! They are turned into plain parameters before anything else is looked at: what is kept while a user signs in is what the
//! object said when it was read.

mod object;

use std::sync::Arc;

pub(crate) use object::ObjectError;

use super::AuthorizationError;
use super::request::PARAMETERS;
use crate::config::{Client, RegisteredUri};
use crate::http::{Params, ParamsError};
use crate::outbound::FetchError;
use crate::state::Provider;

/// Why a `request_uri` is not followed (section 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestUriError {
    #[error("is not one of the request_uris that the client has registered")]
    Unregistered,
    #[error("{0}")]
    Fetch(#[from] FetchError),
    #[error("does not answer with a JWT")]
    NotAJwt,
}

/// The parameters that the request is made of: those of its object, and beside them what the object does not say.
pub(super) async fn resolve(provider: &Provider, params: &Params) -> Result<Params, AuthorizationError> {
    let jwt = match (params.get("request"), params.get("request_uri")) {
        (None, None) => return Ok(params.clone()),
        (Some(_), Some(_)) => return Err(AuthorizationError::TwoRequests),
        (Some(jwt), None) => {
            let client = client(provider, params)?;
            return merge(provider, &client, params, jwt).await;
        }
        (None, Some(uri)) => uri,
    };
    let client = client(provider, params)?;
    let jwt = fetch(provider, &client, jwt).await?;
    merge(provider, &client, params, &jwt).await
}

/// Section 6.1: `client_id` always comes as a parameter. That it is there and known has been checked.
fn client(provider: &Provider, params: &Params) -> Result<Arc<Client>, AuthorizationError> {
    let client_id = params.get("client_id").unwrap_or_default();
    provider.registry.client(client_id).ok_or(AuthorizationError::RequestObject(ObjectError::Client))
}

/// Section 6.2: only from where the client has registered, so that nobody can send the provider anywhere. Nothing is kept: what
/// is there may be different the next time.
async fn fetch(provider: &Provider, client: &Client, uri: &str) -> Result<String, AuthorizationError> {
    if provider.registry.registration.is_none() {
        return Err(AuthorizationError::RequestUriNotSupported);
    }
    // A fragment is a hash of the contents, for those who keep them.
    let address = uri.split_once('#').map_or(uri, |(address, _)| address);
    let registered: Option<&RegisteredUri> = client.request_uris.iter().find(|registered| registered.matches(address));
    let registered = registered.ok_or(RequestUriError::Unregistered)?;
    let body = provider.fetcher.request(&client.client_id, registered.url(), provider.clock.now()).await;
    let body = body.map_err(RequestUriError::Fetch)?;
    let jwt = String::from_utf8(body).map_err(|_| RequestUriError::NotAJwt)?;
    Ok(jwt.trim().to_owned())
}

/// Section 6.1: what the object says comes before what the parameters say.
async fn merge(provider: &Provider, client: &Client, params: &Params, jwt: &str) -> Result<Params, AuthorizationError> {
    let claims = object::read(provider, client, jwt).await?;
    if let (Some(inside), Some(outside)) = (claims.get("response_type"), params.get("response_type"))
        && inside != outside
    {
        return Err(ObjectError::ResponseType.into());
    }
    let mut said = Vec::new();
    for (name, value) in &claims {
        // What else is in there is for others, as it is with parameters.
        if let Some(known) = PARAMETERS.iter().find(|known| *known == name) {
            said.push((*known, object::parameter(known, value)?));
        }
    }
    params.overridden_by(said, &["request", "request_uri"]).map_err(|error| match error {
        ParamsError::TooLong(_) => ObjectError::TooLong.into(),
        ParamsError::Duplicate(_) | ParamsError::NotAForm => ObjectError::Malformed.into(),
    })
}

impl From<ObjectError> for AuthorizationError {
    fn from(error: ObjectError) -> Self {
        Self::RequestObject(error)
    }
}

impl From<RequestUriError> for AuthorizationError {
    fn from(error: RequestUriError) -> Self {
        Self::RequestUri(error)
    }
}
