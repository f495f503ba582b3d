use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::error::{InternalError, internal_causes};
use crate::http::{CrossOrigin, ParamsError};
use crate::id_token_hint::HintError;
use crate::pages::ErrorPage;

/// Why a sign-out request is refused. It is said on a page; nothing is ended and nobody is redirected. RPI-32, RPI-34
#[derive(Debug, thiserror::Error)]
pub(crate) enum EndSessionError {
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error(transparent)]
    Hint(#[from] HintError),
    #[error("client_id is not the client that the id_token_hint was issued to")]
    TwoClients,
    #[error("the client is not registered here")]
    UnknownClient,
    #[error("post_logout_redirect_uri needs an id_token_hint or a client_id")]
    NobodysRedirectUri,
    #[error("post_logout_redirect_uri is not one of those registered for this client")]
    UnregisteredRedirectUri,
    #[error("this address is good for one use, within a minute")]
    Gone,
    #[error(transparent)]
    CrossOrigin(#[from] CrossOrigin),
    #[error("the form's token is not of this browser and form")]
    Csrf,
    #[error("there is no such question in this browser, or it was answered")]
    NoQuestion,
    #[error("the session is not the one that the question was about")]
    AnotherSession,
    #[error("answer must be sign-out or stay")]
    Answer,
    #[error("there is no such result, or it is too old")]
    NoResult,
    #[error(transparent)]
    Internal(InternalError),
}

impl IntoResponse for EndSessionError {
    fn into_response(self) -> Response {
        let (status, title) = match &self {
            Self::Internal(error) => return ErrorPage::internal(error.report()).into_response(),
            Self::NoResult => (StatusCode::NOT_FOUND, "This result is not kept any longer"),
            Self::Gone | Self::NoQuestion | Self::AnotherSession => {
                (StatusCode::BAD_REQUEST, "This question has expired")
            }
            Self::CrossOrigin(_) | Self::Csrf => (StatusCode::FORBIDDEN, "This form does not come from this page"),
            _ => (StatusCode::BAD_REQUEST, "This sign-out cannot go on"),
        };
        tracing::info!(error = %self, "sign-out request refused");
        let (advice, link) = match &self {
            Self::NoResult => ("Results of a sign-out can be read for an hour after the last app was told.", None),
            _ => (
                "Nothing was changed: if you were signed in here, you still are. You can sign out here all the same.",
                Some(("Sign out here", "/end_session")),
            ),
        };
        let detail = self.to_string();
        ErrorPage { status, title, advice, detail: Some(&detail), link }.into_response()
    }
}

internal_causes!(EndSessionError);
