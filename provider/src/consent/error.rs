use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::authorize::AuthorizeFailure;
use crate::error::{InternalError, internal_causes};
use crate::http::{CrossOrigin, ParamsError};
use crate::pages::ErrorPage;

/// Why the consent page is not shown, or its answer not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsentError {
    #[error("there is no such question in this browser and session, or it was answered")]
    NotPending,
    #[error(transparent)]
    CrossOrigin(#[from] CrossOrigin),
    #[error("the form's token is not of this browser and form")]
    Csrf,
    #[error("answer must be allow or deny")]
    Answer,
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// The user said no, or the request is no longer in order.
    #[error("the app gets no code")]
    Authorize(AuthorizeFailure),
    #[error(transparent)]
    Internal(InternalError),
}

impl IntoResponse for ConsentError {
    fn into_response(self) -> Response {
        tracing::info!(error = %self, "consent refused");
        let (status, title) = match self {
            Self::Authorize(failure) => return failure.into_response(),
            Self::Internal(error) => return ErrorPage::internal(error.report()).into_response(),
            Self::NotPending => (StatusCode::BAD_REQUEST, "This question has expired"),
            Self::CrossOrigin(_) | Self::Csrf => (StatusCode::FORBIDDEN, "This form does not come from this page"),
            Self::Params(_) | Self::Answer => (StatusCode::BAD_REQUEST, "This form is not in order"),
        };
        let advice = "Nothing was allowed. Go back to the app and start again.";
        ErrorPage { status, title, advice, detail: None, link: None }.into_response()
    }
}

impl From<AuthorizeFailure> for ConsentError {
    fn from(failure: AuthorizeFailure) -> Self {
        Self::Authorize(failure)
    }
}

internal_causes!(ConsentError);
