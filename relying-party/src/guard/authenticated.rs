use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use logout_event::SessionRef;

use super::AccessTokenClaims;
use crate::response;

/// Who sent a request, by an access token that the [`Guard`](super::Guard) has let pass.
///
/// An extractor for handlers behind the guard; elsewhere it answers 500.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The session at the provider.
    pub session: SessionRef,
    /// The rest of what the token says.
    pub claims: AccessTokenClaims,
}

/// A handler asks who sent the request on a route without a guard.
#[derive(Clone, Copy, Debug)]
pub struct NotGuarded;

impl IntoResponse for NotGuarded {
    fn into_response(self) -> Response {
        tracing::error!("a handler takes Authenticated, but its route has no guard: add the layer");
        response::error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "this route is not set up")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Authenticated {
    type Rejection = NotGuarded;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(NotGuarded)
    }
}
