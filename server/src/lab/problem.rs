//! What the lab's API answers when it cannot do what it is asked: `{"error": "sentence"}`.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request is refused, in words for whoever sees them in the lab.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// A name that only leads here.
    #[error("The lab answers at its own address only.")]
    Host,
    /// Another origin's page.
    #[error("Only the lab's own page may do this.")]
    Foreign,
    /// A form, or nothing.
    #[error("Send application/json.")]
    NotJson,
    /// A body that is too long, or is not what the endpoint takes.
    #[error("{0}")]
    Body(#[from] JsonRejection),
    /// A value outside what is allowed.
    #[error("{0}")]
    Value(String),
    /// Not one of the demo's parties.
    #[error("Only the parties of this demo report here.")]
    NotAParty,
    /// As many streams are open as there may be.
    #[error("Too many pages of the lab are open: close one.")]
    TooManyListeners,
    /// A party did not stop, or did not start again.
    #[error("The demo could not be changed: {0}.")]
    Switch(String),
    /// A party that the lab's server asked.
    #[error("{0} cannot be reached: is it switched off?")]
    Unreachable(&'static str),
    /// A party that the lab's server asked.
    #[error("{0} refused with the status {1}.")]
    Refused(&'static str, u16),
    /// The folder of the runs.
    #[error("The runs cannot be read or written: {0}.")]
    Disk(std::io::Error),
    /// There is nothing of this name.
    #[error("There is nothing here.")]
    NotFound,
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Body(rejection) => rejection.status(),
            Self::Value(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotAParty => StatusCode::UNAUTHORIZED,
            Self::TooManyListeners => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreachable(_) | Self::Refused(..) => StatusCode::BAD_GATEWAY,
            Self::Switch(_) | Self::Disk(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotFound => StatusCode::NOT_FOUND,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status(), Json(json!({ "error": self.to_string() }))).into_response()
    }
}

pub(super) async fn not_found() -> Problem {
    Problem::NotFound
}
