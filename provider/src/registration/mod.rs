//! Clients that register themselves: [RFC 7591](https://www.rfc-editor.org/rfc/rfc7591) at `/register`, and
//! [RFC 7592](https://www.rfc-editor.org/rfc/rfc7592) below it; the metadata is that of
//! [OpenID Connect Dynamic Client Registration 1.0](https://openid.net/specs/openid-connect-registration-1_0.html) and of the
//! logout specifications.
//!
//! Such a client is a third party: nobody has looked at it. Its users are asked whether they trust it
//! ([`consent`](crate::consent)), and the provider calls it only where everybody could ([`outbound`](crate::outbound)).
//! Why it is kept as it is: `docs/adr/0006-registered-clients-are-third-parties.md`.

mod about;
mod change;
mod choices;
mod error;
mod keys;
mod manage;
mod metadata;
mod register;
mod response;
mod throttle;
mod uris;

pub(crate) use change::{expire_unused, load};
pub(crate) use manage::{delete, get, put};
pub(crate) use register::post;
pub(crate) use throttle::Throttle;

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::error::InternalError;
use crate::state::Provider;
use error::RegistrationError;

/// Where clients register, and below which each finds its own registration.
const PATH: &str = "/register";

/// The largest request that is read, in bytes: room for a JWK Set.
pub(crate) const BODY_LIMIT: usize = 16 * 1024;

/// The bearer token of a request (RFC 6750 section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, token) = authorization.next()?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && authorization.next().is_none()).then(|| token.trim())
}

/// Does what a request asks for in a task of its own: who goes away must not leave a registration that has changed on disk only.
async fn to_the_end(
    provider: &Provider,
    work: impl Future<Output = Result<Response, RegistrationError>> + Send + 'static,
) -> Response {
    let answer = provider.spawn(work).await.map_err(|died| RegistrationError::from(InternalError::from(died)));
    answer.flatten().unwrap_or_else(IntoResponse::into_response)
}

fn require_json(headers: &HeaderMap) -> Result<(), RegistrationError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(RegistrationError::NotJson) }
}
