use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

use super::{AuthorizationRequest, issue_code};
use crate::consent;
use crate::error::InternalError;
use crate::http::{Browser, Params, see_other};
use crate::state::Provider;
use crate::store::session::Session;

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
) -> Result<Response, InternalError> {
    if consent::must_ask(conn, request, session).await? {
        return Ok(see_other(&consent::ask(conn, browser, session, params, now).await?));
    }
    let code = issue_code(conn, request, session, now).await?;
    Ok(request.target.success(&code, &provider.issuer).into_response())
}
