use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

use super::{AuthorizationRequest, issue_code};
use crate::consent;
use crate::error::InternalError;
use crate::http::{Browser, Params, see_other};
use crate::observation::Observation;
use crate::state::Provider;
use crate::store::session::Session;

/// The answer to a request, once the caller has committed.
pub(crate) struct Finished {
    response: Response,
    has_code: bool,
}

impl Finished {
    /// Tells the observers, and gives the answer.
    pub(crate) fn observed(self, provider: &Provider, client_id: &str, session: &Session) -> Response {
        if self.has_code {
            observe_code(provider, client_id, session);
        }
        self.response
    }
}

/// An app has a code of this session, and that is committed.
pub(crate) fn observe_code(provider: &Provider, client_id: &str, session: &Session) {
    provider.observe(|| Observation::CodeIssued { session: &session.public_id, sub: &session.sub, client: client_id });
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
        let response = see_other(&consent::ask(conn, browser, session, params, now).await?);
        return Ok(Finished { response, has_code: false });
    }
    let code = issue_code(conn, request, session, now).await?;
    let response = request.target.success(&code, &provider.issuer).into_response();
    Ok(Finished { response, has_code: true })
}
