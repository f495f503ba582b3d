//! The answers that every endpoint of this crate shares: JSON errors that nothing may cache.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Seconds after which a client may try again what could not be answered now.
const RETRY_AFTER_SECONDS: &str = "2";

/// The error body of RFC 6749 section 5.2, which Back-Channel Logout 1.0 section 2.8 uses as well.
#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// Marks a response as one that depends on a session: nobody may store it.
pub(crate) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// 400: the request is wrong, and nothing was changed.
pub(crate) fn invalid_request(description: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "invalid_request", description)
}

/// 503: the question cannot be answered now, which is neither a yes nor a sign-out.
pub(crate) fn temporarily_unavailable(description: &str) -> Response {
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", description);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    response
}

pub(crate) fn error(status: StatusCode, error: &str, error_description: &str) -> Response {
    no_store((status, Json(ErrorBody { error, error_description })).into_response())
}
