use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use logout_event::Channel;
use serde::Serialize;

use crate::LedgerError;
use crate::response::{invalid_request, no_store, temporarily_unavailable};

/// Why an API does not answer a request (RFC 6750 section 3.1).
#[derive(Debug)]
pub(super) enum Refusal {
    /// 401 without an error code: no bearer token was sent.
    NoCredentials,
    /// 400: more than one way of authenticating at once.
    Ambiguous,
    /// 401 `invalid_token`.
    Token(Reason),
    /// 403 `insufficient_scope`.
    Scope(String),
    /// 503: the provider's keys cannot be had.
    NoKeys,
    /// 503: the ledger cannot be used.
    Ledger(LedgerError),
}

/// What is wrong with a token, for the app that sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// And how this API heard of it; not where the app itself has revoked the token.
    SessionEnded(Option<Channel>),
    Expired,
    Invalid,
    Proof,
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SessionEnded(_) => "session_ended",
            Self::Expired => "expired",
            Self::Invalid => "invalid",
            Self::Proof => "proof",
        }
    }

    /// The whole header: its parts are fixed text.
    const fn challenge(self) -> &'static str {
        match self {
            Self::SessionEnded(_) => {
                r#"Bearer error="invalid_token", error_description="the session has ended: sign in again", reason="session_ended""#
            }
            Self::Expired => {
                r#"Bearer error="invalid_token", error_description="the token has expired", reason="expired""#
            }
            Self::Invalid => {
                r#"Bearer error="invalid_token", error_description="the token is not one for this API", reason="invalid""#
            }
            Self::Proof => {
                r#"Bearer error="invalid_token", error_description="the token is bound to a key: prove its possession", reason="proof""#
            }
        }
    }
}

#[derive(Serialize)]
struct Unauthorized {
    error: &'static str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
}

fn unauthorized(reason: Reason, challenge: &'static str) -> Response {
    let channel = match reason {
        Reason::SessionEnded(channel) => channel,
        _ => None,
    };
    let body = Json(Unauthorized { error: "invalid_token", reason: reason.as_str(), channel });
    let header = [(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))];
    no_store((StatusCode::UNAUTHORIZED, header, body).into_response())
}

fn insufficient_scope(scope: &str) -> Response {
    let mut response =
        crate::response::error(StatusCode::FORBIDDEN, "insufficient_scope", "the token lacks a scope for this");
    let challenge = HeaderValue::try_from(format!(r#"Bearer error="insufficient_scope", scope="{scope}""#));
    let challenge = challenge.unwrap_or(HeaderValue::from_static(r#"Bearer error="insufficient_scope""#));
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NoCredentials => unauthorized(Reason::Invalid, "Bearer"),
            Self::Ambiguous => invalid_request("there is more than one Authorization header"),
            Self::Token(reason) => unauthorized(reason, reason.challenge()),
            Self::Scope(scope) => insufficient_scope(&scope),
            Self::NoKeys => temporarily_unavailable("the provider's keys cannot be had now: try again"),
            Self::Ledger(error) => error.into_response(),
        }
    }
}
