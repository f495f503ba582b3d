use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::VerifyError;
use crate::authorize::AuthorizeFailure;
use crate::error::{InternalError, internal_causes};
use crate::http::{CrossOrigin, ParamsError};
use crate::pages::ErrorPage;

/// Why a login form is not shown, or not taken. A wrong password is no error: the form says so.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("there is no pending authorization with this handle in this browser")]
    NotPending,
    #[error(transparent)]
    CrossOrigin(#[from] CrossOrigin),
    #[error("the form's token is not of this browser and form")]
    Csrf,
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error("the authorization request is no longer in order")]
    Authorize(AuthorizeFailure),
    #[error("too many sign-ins at once")]
    Busy,
    #[error(transparent)]
    Internal(InternalError),
}

impl IntoResponse for LoginError {
    fn into_response(self) -> Response {
        tracing::info!(error = %self, "login form refused");
        let start_again = "Nobody was signed in. Go back to the app and start again.";
        let (status, title, advice) = match self {
            Self::Authorize(failure) => return failure.into_response(),
            Self::Internal(error) => return ErrorPage::internal(error.report()).into_response(),
            Self::NotPending => (StatusCode::BAD_REQUEST, "This sign-in has expired", start_again),
            Self::CrossOrigin(_) | Self::Csrf => {
                (StatusCode::FORBIDDEN, "This form does not come from this page", start_again)
            }
            Self::Params(_) => (StatusCode::BAD_REQUEST, "This form is not in order", start_again),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many people are signing in",
                "Nobody was signed in. Go back and try again in a moment.",
            ),
        };
        ErrorPage { status, title, advice, detail: None, link: None }.into_response()
    }
}

impl From<AuthorizeFailure> for LoginError {
    fn from(failure: AuthorizeFailure) -> Self {
        Self::Authorize(failure)
    }
}

impl From<VerifyError> for LoginError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Busy => Self::Busy,
            VerifyError::Internal(error) => Self::Internal(error),
        }
    }
}

internal_causes!(LoginError);
