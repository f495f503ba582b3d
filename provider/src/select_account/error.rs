use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::authorize::AuthorizeFailure;
use crate::error::{InternalError, internal_causes};
use crate::http::{CrossOrigin, ParamsError};
use crate::pages::ErrorPage;

/// Why the accounts are not shown, or the answer not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectAccountError {
    #[error("there is no such choice in this browser and session, or it was made")]
    NotPending,
    #[error(transparent)]
    CrossOrigin(#[from] CrossOrigin),
    #[error("the form's token is not of this browser and form")]
    Csrf,
    #[error("answer must be this or another")]
    Answer,
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// The request is no longer in order.
    #[error("the app gets no code")]
    Authorize(AuthorizeFailure),
    #[error(transparent)]
    Internal(InternalError),
}

impl IntoResponse for SelectAccountError {
    fn into_response(self) -> Response {
        tracing::info!(error = %self, "choice of an account refused");
        let (status, title) = match self {
            Self::Authorize(failure) => return failure.into_response(),
            Self::Internal(error) => return ErrorPage::internal(error.report()).into_response(),
            Self::NotPending => (StatusCode::BAD_REQUEST, "This question has expired"),
            Self::CrossOrigin(_) | Self::Csrf => (StatusCode::FORBIDDEN, "This form does not come from this page"),
            Self::Params(_) | Self::Answer => (StatusCode::BAD_REQUEST, "This form is not in order"),
        };
        let advice = "Nothing was changed. Go back to the app and start again.";
        ErrorPage { status, title, advice, detail: None, link: None }.into_response()
    }
}

impl From<AuthorizeFailure> for SelectAccountError {
    fn from(failure: AuthorizeFailure) -> Self {
        Self::Authorize(failure)
    }
}

internal_causes!(SelectAccountError);
