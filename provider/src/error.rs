use axum::http::StatusCode;

use crate::keys::SignError;
use crate::secret::RandomError;

/// The provider failed; the request may be in order. Logged in full, shown as "try again".
#[derive(Debug, thiserror::Error)]
pub(crate) enum InternalError {
    #[error("the store failed: {0}")]
    Store(#[from] sqlx::Error),
    #[error("signing failed: {0}")]
    Sign(#[from] SignError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error("a task died: {0}")]
    Task(#[from] tokio::task::JoinError),
    #[error("a password cannot be hashed: {0}")]
    PasswordHash(argon2::password_hash::Error),
    #[error("what is kept as JSON cannot be written or read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Inconsistent(&'static str),
}

impl InternalError {
    /// What to answer; logs, once, what must not be shown.
    pub(crate) fn report(&self) -> StatusCode {
        tracing::error!(error = %self, "request failed");
        match self {
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Lets `?` turn what is never the request's fault into the variant `Internal` of an endpoint's error.
macro_rules! internal_causes {
    ($error:ty) => {
        impl From<$crate::error::InternalError> for $error {
            fn from(error: $crate::error::InternalError) -> Self {
                Self::Internal(error)
            }
        }

        impl From<sqlx::Error> for $error {
            fn from(error: sqlx::Error) -> Self {
                Self::Internal(error.into())
            }
        }

        impl From<$crate::secret::RandomError> for $error {
            fn from(error: $crate::secret::RandomError) -> Self {
                Self::Internal(error.into())
            }
        }
    };
}
pub(crate) use internal_causes;
