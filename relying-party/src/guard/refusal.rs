use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use dpop::ProofError;
use logout_event::{Channel, SessionRef};
use serde::Serialize;

use crate::LedgerError;
use crate::observation::RefusalReason;
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
    /// 401: the token is bound to a key, and this is wrong with the proof of it (RFC 9449 section 7.1).
    Proof(ProofError),
    /// 403 `insufficient_scope`.
    Scope(String),
    /// 503: the provider's keys cannot be had.
    NoKeys,
    /// 503: the ledger cannot be used.
    Ledger(LedgerError),
}

/// A refusal, and of whose request where that is known: for observers.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    pub(super) session: Option<SessionRef>,
}

impl Refusal {
    /// It is a request of this session that is refused.
    pub(super) fn of(self, session: &SessionRef) -> Refused {
        Refused { refusal: self, session: Some(session.clone()) }
    }

    /// For observers.
    pub(super) const fn reason(&self) -> RefusalReason {
        match self {
            Self::NoCredentials | Self::Ambiguous => RefusalReason::Credentials,
            Self::Token(Reason::SessionEnded(channel)) => RefusalReason::SessionEnded(*channel),
            Self::Token(Reason::Expired) => RefusalReason::Expired,
            Self::Token(Reason::Invalid) => RefusalReason::Invalid,
            Self::Proof(ProofError::Full) | Self::NoKeys | Self::Ledger(_) => RefusalReason::Unavailable,
            Self::Proof(_) => RefusalReason::Proof,
            Self::Scope(_) => RefusalReason::Scope,
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, session: None }
    }
}

/// What is wrong with a token, for the app that sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// And how this API heard of it; not where the app itself has revoked the token.
    SessionEnded(Option<Channel>),
    Expired,
    Invalid,
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SessionEnded(_) => "session_ended",
            Self::Expired => "expired",
            Self::Invalid => "invalid",
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
        }
    }
}

#[derive(Serialize)]
struct Unauthorized {
    error: &'static str,
    reason: &'static str,
    /// `other` where the proof is made with another key than the token's: it will never be accepted from this browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
}

fn unauthorized(reason: Reason, challenge: &'static str) -> Response {
    let channel = match reason {
        Reason::SessionEnded(channel) => channel,
        _ => None,
    };
    let body = Unauthorized { error: "invalid_token", reason: reason.as_str(), key: None, channel };
    unauthorized_with(HeaderValue::from_static(challenge), body)
}

fn unauthorized_with(challenge: HeaderValue, body: Unauthorized) -> Response {
    no_store((StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)], Json(body)).into_response())
}

/// The proof's own error is in the challenge, where RFC 9449 looks for it; `use_dpop_nonce` is no fault of the app.
fn unproven(error: ProofError) -> Response {
    if error == ProofError::Full {
        return temporarily_unavailable(&error.to_string());
    }
    let code = match error {
        ProofError::Missing | ProofError::OtherKey => "invalid_token",
        error => error.code(),
    };
    let challenge = format!(r#"DPoP error="{code}", error_description="{error}", algs="ES256", reason="proof""#);
    let challenge = HeaderValue::try_from(challenge).unwrap_or(HeaderValue::from_static("DPoP"));
    let key = (error == ProofError::OtherKey).then_some("other");
    unauthorized_with(challenge, Unauthorized { error: "invalid_token", reason: "proof", key, channel: None })
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
            Self::Proof(error) => unproven(error),
            Self::Scope(scope) => insufficient_scope(&scope),
            Self::NoKeys => temporarily_unavailable("the provider's keys cannot be had now: try again"),
            Self::Ledger(error) => error.into_response(),
        }
    }
}
