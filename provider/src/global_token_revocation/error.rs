use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::{InternalError, internal_causes};
use crate::http::NO_STORE;
use crate::token::TokenError;

/// Why nothing is revoked. The status says it (GTR-03); the body is for people.
#[derive(Debug, thiserror::Error)]
pub(super) enum RevocationError {
    #[error("the caller must authenticate")]
    NoAuthentication,
    #[error("the Authorization header is not of the form that client_secret_basic has")]
    MalformedAuthentication,
    #[error("authentication failed")]
    Authentication,
    #[error("only administrators may do this, and this client is none")]
    NoAdministrator,
    #[error("the request must be sent as application/json")]
    NotJson,
    #[error("the request is not of the form {{\"sub_id\": {{\"format\": ...}}}}")]
    Malformed(#[source] serde_json::Error),
    #[error("only subject identifiers of the formats iss_sub and email are understood")]
    Format,
    #[error("the subject identifier has no {0}")]
    Incomplete(&'static str),
    #[error("there is no such user")]
    UnknownUser,
    #[error("several users have this e-mail address: name one by iss_sub")]
    AmbiguousUser,
    #[error("the provider failed; try again later")]
    Internal(InternalError),
}

#[derive(Serialize)]
struct Body {
    error_description: String,
}

impl RevocationError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotJson | Self::Malformed(_) | Self::Format | Self::Incomplete(_) => StatusCode::BAD_REQUEST,
            Self::NoAuthentication | Self::MalformedAuthentication | Self::Authentication => StatusCode::UNAUTHORIZED,
            Self::NoAdministrator => StatusCode::FORBIDDEN,
            Self::UnknownUser => StatusCode::NOT_FOUND,
            Self::AmbiguousUser => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Internal(error) => error.report(),
        }
    }
}

impl IntoResponse for RevocationError {
    fn into_response(self) -> Response {
        let status = self.status();
        tracing::warn!(error = %self, "global token revocation refused");
        let mut response = (status, [NO_STORE], Json(Body { error_description: self.to_string() })).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"global token revocation\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// Of reading the credentials.
impl From<TokenError> for RevocationError {
    fn from(_: TokenError) -> Self {
        Self::MalformedAuthentication
    }
}

internal_causes!(RevocationError);
