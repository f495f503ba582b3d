use axum::response::Response;
use sqlx::SqliteConnection;

use super::{AuthorizationRequest, Issued, issue};
use crate::consent;
use crate::error::InternalError;
use crate::http::{Browser, Params, see_other};
use crate::state::Provider;
use crate::store::session::Session;

/// What a request comes to. It counts once the caller has committed.
#[must_use = "the caller commits, and then answers"]
pub(crate) enum Finished {
    /// The user is asked first.
    Asked(Response),
    Issued(Issued),
}

impl Finished {
    /// Answers, and tells the observers. The caller has committed.
    pub(crate) async fn answer(
        self,
        provider: &Provider,
        request: &AuthorizationRequest,
        session: &Session,
    ) -> Result<Response, InternalError> {
        match self {
            Self::Asked(question) => Ok(question),
            Self::Issued(issued) => issued.answer(provider, request, session).await,
        }
    }
}

/// Answers a request whose user is known now: with a code, or with the question whether the app may have one. The caller
/// commits before it sends the answer.
pub(crate) async fn finish(
    conn: &mut SqliteConnection,
    provider: &Provider,
    request: &AuthorizationRequest,
    params: &Params,
    browser: &Browser,
    session: &Session,
    now: i64,
) -> Result<Finished, InternalError> {
    if consent::must_ask(conn, request, session).await? {
        let question = see_other(&consent::ask(conn, browser, session, params, now).await?);
        return Ok(Finished::Asked(question));
    }
    Ok(Finished::Issued(issue(conn, provider, request, session, now).await?))
}
