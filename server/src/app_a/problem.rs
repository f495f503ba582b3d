//! What can go wrong in front of the user: a page that says what happened and what to do, and a line in the log.

use app::app_a::Problem as Page;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use openidconnect::core::CoreErrorResponseType;
use openidconnect::{ClaimsVerificationError, RequestTokenError, StandardErrorResponse};
use relying_party::CLOCK_SKEW;

use super::oidc::HttpError;
use crate::csrf::CsrfError;

type TokenError = RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>;

/// A request that App A cannot fulfil.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("the provider's discovery document or keys have not been fetched yet")]
    ProviderUnknown,
    #[error("the provider's metadata cannot be used: {0}")]
    UnusableMetadata(String),
    #[error("the state is missing, unknown, used, expired or another browser's")]
    UnknownState,
    #[error("the authorization response's issuer is missing or not the configured one")]
    WrongIssuer,
    #[error("the provider refused: {0}")]
    RefusedByProvider(&'static str),
    #[error("the provider refused the code")]
    CodeRefused,
    #[error("the token endpoint cannot be reached or gave no usable answer")]
    TokenEndpoint,
    #[error("the token response has no ID token")]
    NoIdToken,
    #[error("the ID token is no JWT, lacks one of iss, sub, aud, exp and iat, or has a claim of the wrong type")]
    UnreadableIdToken,
    #[error("the ID token is refused: {0}")]
    IdToken(ClaimsVerificationError),
    #[error(
        "the ID token expired more than {CLOCK_SKEW} seconds ago (exp): do the clocks of App A and the provider agree?"
    )]
    Expired,
    #[error(
        "the ID token was issued more than {CLOCK_SKEW} seconds from now (iat): do the clocks of App A and the provider agree?"
    )]
    IssuedInFuture,
    #[error("the ID token was issued to another app (azp)")]
    AuthorizedParty,
    #[error("the access token is not the one that the ID token names (at_hash)")]
    WrongAccessToken,
    #[error("the ID token's sub or sid is empty, too long or not text: no sign-out could name this session")]
    Identifiers,
    #[error("the UserInfo endpoint answers for somebody else than the ID token, or does not say for whom (sub)")]
    WrongUser,
    #[error("the provider ended this session while the user was signing in")]
    EndedMeanwhile,
    #[error("the post is refused: {0}")]
    Csrf(#[from] CsrfError),
    #[error("the session store failed: {0}")]
    SessionStore(String),
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

impl Problem {
    pub(super) fn session_store(error: impl std::fmt::Display) -> Self {
        Self::SessionStore(error.to_string())
    }

    pub(super) fn unusable_metadata(error: impl std::fmt::Display) -> Self {
        Self::UnusableMetadata(error.to_string())
    }

    /// An `error` parameter; only the registered codes are repeated, so that nobody can write a text of their own.
    pub(super) fn refused_by_provider(code: &str) -> Self {
        const KNOWN: [&str; 8] = [
            "access_denied",
            "login_required",
            "consent_required",
            "interaction_required",
            "invalid_request",
            "invalid_scope",
            "server_error",
            "temporarily_unavailable",
        ];
        Self::RefusedByProvider(KNOWN.into_iter().find(|known| *known == code).unwrap_or("an error it did not explain"))
    }

    pub(super) fn code_refused(error: TokenError) -> Self {
        match error {
            RequestTokenError::ServerResponse(_) => Self::CodeRefused,
            // What serde says quotes claims, so it is not for the log.
            RequestTokenError::Parse(_, body) if has_id_token(&body) => Self::UnreadableIdToken,
            _ => Self::TokenEndpoint,
        }
    }

    pub(super) fn id_token(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::Expired(_) => Self::Expired,
            other => Self::IdToken(other),
        }
    }

    /// In a word or two, for observers.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::ProviderUnknown | Self::UnusableMetadata(_) => "provider-unknown",
            Self::UnknownState => "state",
            Self::WrongIssuer => "issuer",
            Self::RefusedByProvider(_) => "refused-by-provider",
            Self::CodeRefused => "code-refused",
            Self::TokenEndpoint => "token-endpoint",
            Self::NoIdToken
            | Self::UnreadableIdToken
            | Self::IdToken(_)
            | Self::Expired
            | Self::IssuedInFuture
            | Self::AuthorizedParty
            | Self::Identifiers => "id-token",
            Self::WrongAccessToken => "access-token",
            Self::WrongUser => "userinfo",
            Self::EndedMeanwhile => "session-ended",
            Self::Csrf(_) => "csrf",
            Self::SessionStore(_) | Self::Database(_) => "unavailable",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::ProviderUnknown | Self::SessionStore(_) | Self::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnusableMetadata(_) | Self::TokenEndpoint => StatusCode::BAD_GATEWAY,
            Self::Csrf(_) => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Title and text for the user.
    fn words(&self) -> (&'static str, String) {
        let text = |text: &str| text.to_owned();
        match self {
            Self::ProviderUnknown | Self::UnusableMetadata(_) | Self::TokenEndpoint => (
                "The sign-in service cannot be reached",
                text("You are not signed in. App A works again as soon as the service does; try again in a moment."),
            ),
            Self::UnknownState => (
                "This sign-in cannot be continued",
                text(
                    "It was begun in another browser, has taken more than ten minutes, or was already used. Nothing was \
                     changed; start again from App A.",
                ),
            ),
            Self::RefusedByProvider(why) => {
                ("You are not signed in", format!("The sign-in service refused: {why}. Nothing was changed."))
            }
            Self::EndedMeanwhile => (
                "You have been signed out",
                text("This session was ended, in another tab or app, while you were signing in. Sign in again."),
            ),
            Self::Identifiers => (
                "You are not signed in",
                text(
                    "The sign-in service gave this sign-in a name by which it could never be ended again. Whoever runs the \
                     service has to mend that.",
                ),
            ),
            Self::WrongUser => (
                "You are not signed in",
                text(
                    "The sign-in service named one user at first and then another, or none. Nothing was changed; start \
                     again from App A.",
                ),
            ),
            Self::WrongIssuer
            | Self::CodeRefused
            | Self::NoIdToken
            | Self::UnreadableIdToken
            | Self::IdToken(_)
            | Self::Expired
            | Self::IssuedInFuture
            | Self::AuthorizedParty
            | Self::WrongAccessToken => (
                "You are not signed in",
                text("What came back from the sign-in service did not pass App A's checks. Start again from App A."),
            ),
            Self::Csrf(_) => (
                "Nothing was done",
                text("The request did not come from a current page of App A. Open App A and try again there."),
            ),
            Self::SessionStore(_) | Self::Database(_) => (
                "App A cannot look up your session",
                text("Nothing is lost and you have not been signed out. Try again in a moment."),
            ),
        }
    }
}

/// Whether this is a token response, of which only the ID token can be what cannot be read.
fn has_id_token(body: &[u8]) -> bool {
    let body: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    body.is_some_and(|body| body["access_token"].is_string() && body["id_token"].is_string())
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(party = "app-a", problem = %self, "a request failed");
        } else {
            tracing::info!(party = "app-a", problem = %self, "a request was refused");
        }
        let (title, text) = self.words();
        (status, Html(app::app_a::problem(Page { title: title.to_owned(), text }))).into_response()
    }
}

pub(super) async fn not_found() -> Response {
    let page = Page {
        title: "There is no such page".to_owned(),
        text: "The address is not one of App A's. Its start page is at the root.".to_owned(),
    };
    (StatusCode::NOT_FOUND, Html(app::app_a::problem(page))).into_response()
}
