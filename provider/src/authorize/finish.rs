use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

use super::{AuthorizationRequest, issue};
use crate::config::ResponseType;
use crate::consent;
use crate::error::InternalError;
use crate::http::{Browser, Params, see_other};
use crate::observation::{self, Observation};
use crate::state::Provider;
use crate::store::session::Session;

/// The answer to a request, once the caller has committed.
pub(crate) struct Finished {
    response: Response,
    has_issued: bool,
}

impl Finished {
    /// Tells the observers, and gives the answer.
    pub(crate) fn observed(self, provider: &Provider, request: &AuthorizationRequest, session: &Session) -> Response {
        if self.has_issued {
            observe_issued(provider, request, session);
        }
        self.response
    }
}

/// An app has a code of this session, or tokens, and that is committed.
pub(crate) fn observe_issued(provider: &Provider, request: &AuthorizationRequest, session: &Session) {
    let (client, sub) = (request.target.client.client_id.as_str(), session.sub.as_str());
    provider.observe(|| match request.response_type {
        ResponseType::Code => Observation::CodeIssued { session: &session.public_id, sub, client },
        ResponseType::IdToken | ResponseType::IdTokenToken => {
            Observation::TokensIssued { grant: observation::Grant::Implicit, client, sub, sid: None }
        }
    });
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
        return Ok(Finished { response, has_issued: false });
    }
    let response = issue(conn, provider, request, session, now).await?.into_response();
    Ok(Finished { response, has_issued: true })
}
