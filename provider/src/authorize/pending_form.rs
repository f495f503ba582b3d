//! What the pages between a request and its answer have in common ([login], [select_account], [consent]): a form of one browser
//! for one request that was kept, which is checked again when it comes back, because the configuration may have changed.
//!
//! [login]: crate::login
//! [select_account]: crate::select_account
//! [consent]: crate::consent

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

use super::{AuthorizationRequest, AuthorizeFailure};
use crate::config::User;
use crate::error::{InternalError, internal_causes};
use crate::http::{Browser, BrowserState, CrossOrigin, Params, ParamsError, form_body, require_same_origin};
use crate::login::VerifyError;
use crate::pages::ErrorPage;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::session::Session;

/// The form of one request that was kept, in one browser.
pub(crate) struct PendingForm {
    pub(crate) handle: Opaque,
    pub(crate) browser: Browser,
}

impl PendingForm {
    /// The form that a page is to show.
    pub(crate) fn asked_for(provider: &Provider, query: &str, headers: &HeaderMap) -> Result<Self, FormError> {
        Self::named(provider, &Params::parse(query.as_bytes(), &["request"])?, headers)
    }

    /// The form that comes back from a page of this origin, with what the user has put into these `fields`. That it is this
    /// browser's is for [`Self::require_csrf`] to say.
    pub(crate) fn submitted(
        provider: &Provider,
        headers: &HeaderMap,
        body: &Bytes,
        fields: &[&'static str],
    ) -> Result<(Self, Params), FormError> {
        require_same_origin(headers, &provider.issuer)?;
        let params = Params::parse(form_body(headers, body)?, &[&["request", "csrf"], fields].concat())?;
        Ok((Self::named(provider, &params, headers)?, params))
    }

    fn named(provider: &Provider, params: &Params, headers: &HeaderMap) -> Result<Self, FormError> {
        let handle = Opaque::presented(params.get("request").ok_or(FormError::NotPending)?);
        Ok(Self { handle, browser: Browser::of(&provider.cookies, headers)? })
    }

    /// Only the page that was shown in this browser for this request has the token.
    pub(crate) fn require_csrf(&self, params: &Params) -> Result<(), FormError> {
        let presented = params.get("csrf").unwrap_or_default();
        if self.browser.is_csrf_token(self.handle.as_str(), presented) { Ok(()) } else { Err(FormError::Csrf) }
    }

    pub(crate) fn csrf_token(&self) -> String {
        self.browser.csrf_token(self.handle.as_str())
    }
}

/// The request that was kept in this `form`, with the parameters that it is parsed from.
pub(crate) fn kept_request(
    provider: &Provider,
    headers: &HeaderMap,
    form: &str,
) -> Result<(Params, AuthorizationRequest), FormError> {
    let params = super::parse(form.as_bytes())?;
    let browser_state = BrowserState::of(&provider.cookies, headers)?;
    let request = AuthorizationRequest::parse(&params, provider, &browser_state)?;
    Ok((params, request))
}

/// The session that the page was shown in and its user, if it is still that of the browser.
pub(crate) async fn session_of_page(
    conn: &mut SqliteConnection,
    provider: &Provider,
    headers: &HeaderMap,
    session_id: Option<i64>,
) -> Result<(Session, Arc<User>), FormError> {
    let session = provider.session(conn, headers).await?.filter(|session| session.is_live(provider.clock.now()));
    let session = session.filter(|session| Some(session.id) == session_id).ok_or(FormError::NotPending)?;
    let user = provider.user_of(conn, &session.sub).await?.ok_or(FormError::NotPending)?;
    Ok((session, user))
}

/// Why a page is not shown, or its form not taken. A wrong password is no error: the form says so.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormError {
    #[error("there is no such request in this browser and session, or it was answered")]
    NotPending,
    #[error(transparent)]
    CrossOrigin(#[from] CrossOrigin),
    #[error("the form's token is not of this browser and form")]
    Csrf,
    #[error("answer is none of those that the page offers")]
    Answer,
    #[error("too many sign-ins at once")]
    Busy,
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// The user said no, or the request is no longer in order.
    #[error("the app gets no code")]
    Authorize(AuthorizeFailure),
    #[error(transparent)]
    Internal(InternalError),
}

impl FormError {
    /// What the user is told: how it is said that the form is `expired`, and what was `not_done`.
    pub(crate) fn told(self, expired: &'static str, not_done: &'static str) -> Response {
        tracing::info!(error = %self, not_done, "form of a pending request refused");
        let (status, title, next) = match self {
            Self::Authorize(failure) => return failure.into_response(),
            Self::Internal(error) => return ErrorPage::internal(error.report()).into_response(),
            Self::NotPending => (StatusCode::BAD_REQUEST, expired, START_AGAIN),
            Self::CrossOrigin(_) | Self::Csrf => {
                (StatusCode::FORBIDDEN, "This form does not come from this page", START_AGAIN)
            }
            Self::Params(_) | Self::Answer => (StatusCode::BAD_REQUEST, "This form is not in order", START_AGAIN),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many people are signing in",
                "Go back and try again in a moment.",
            ),
        };
        let advice = &format!("{not_done} {next}");
        ErrorPage { status, title, advice, detail: None, link: None }.into_response()
    }
}

const START_AGAIN: &str = "Go back to the app and start again.";

impl From<AuthorizeFailure> for FormError {
    fn from(failure: AuthorizeFailure) -> Self {
        Self::Authorize(failure)
    }
}

impl From<VerifyError> for FormError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Busy => Self::Busy,
            VerifyError::Internal(error) => Self::Internal(error),
        }
    }
}

internal_causes!(FormError);
