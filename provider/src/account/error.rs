use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::error::{InternalError, internal_causes};
use crate::http::{CrossOrigin, ParamsError, see_other};
use crate::login::VerifyError;
use crate::pages::ErrorPage;

/// Why the account page is not shown, or a form of it not taken. What is wrong with a password is no error: the form says so.
#[derive(Debug, thiserror::Error)]
pub(super) enum AccountError {
    #[error("nobody is signed in in this browser")]
    NotSignedIn,
    #[error(transparent)]
    CrossOrigin(#[from] CrossOrigin),
    #[error("the form's token is not of this browser and session")]
    Csrf,
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error("either session, or which: others or all")]
    Which,
    #[error("the client is not registered here")]
    UnknownClient,
    #[error("too many passwords are being checked at once")]
    Busy,
    #[error(transparent)]
    Internal(InternalError),
}

impl IntoResponse for AccountError {
    fn into_response(self) -> Response {
        tracing::info!(error = %self, "request to the account page refused");
        let (status, title) = match self {
            // It asks to sign in.
            Self::NotSignedIn => return see_other(super::PATH),
            Self::Internal(error) => return ErrorPage::internal(error.report()).into_response(),
            Self::CrossOrigin(_) | Self::Csrf => (StatusCode::FORBIDDEN, "This form does not come from this page"),
            Self::Params(_) | Self::Which | Self::UnknownClient => {
                (StatusCode::BAD_REQUEST, "This form is not in order")
            }
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "Too many people are signing in"),
        };
        let advice = "Nothing was changed. Open your account again, and try once more.";
        ErrorPage { status, title, advice, detail: None, link: Some(("Your account", super::PATH)) }.into_response()
    }
}

impl From<VerifyError> for AccountError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Busy => Self::Busy,
            VerifyError::Internal(error) => Self::Internal(error),
        }
    }
}

internal_causes!(AccountError);
