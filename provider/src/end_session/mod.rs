//! Sign-out. Four endpoints: ask (`/end_session`), confirm, result, and withdraw what outlives it; and five steps, a file each:
//! [`request`] parses, [`decide`] says what to do and whom to tell, [`commit`] ends the session in one transaction,
//! [`back_channel`] delivers, [`finish`] shows.
//!
//! [RP-Initiated Logout 1.0](https://openid.net/specs/openid-connect-rpinitiated-1_0.html),
//! [Front-Channel Logout 1.0](https://openid.net/specs/openid-connect-frontchannel-1_0.html),
//! [Back-Channel Logout 1.0](https://openid.net/specs/openid-connect-backchannel-1_0.html).

mod ask;
mod back_channel;
mod commit;
mod confirm;
mod decide;
mod error;
mod finish;
mod front_channel;
mod logout_token;
mod outcome;
mod report;
mod request;
mod result;
mod several;
mod withdraw;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

pub(crate) use back_channel::{BackChannel, GivenUp, give_up_all, worker};
pub(crate) use commit::{Ended, EndedSession, NewLogout, end, end_all, tell_observers};
pub(crate) use confirm::confirm;
use decide::{Decision, decide};
use error::EndSessionError;
pub use outcome::Outcome;
pub(crate) use outcome::ResultKind;
pub(crate) use report::report;
use request::EndSessionRequest;
pub(crate) use result::result;
pub(crate) use several::{Which, end_other_sessions, end_which, tell_elsewhere};
pub(crate) use withdraw::withdraw;

use crate::audit::Cause;
use crate::http::{Params, form_body, see_other};
use crate::observation::{Method, Observation};
use crate::parked::{self, park, unpark};
use crate::state::Provider;
use crate::store::session::{self, Session};
use crate::store::session_client;

const PATH: &str = "/end_session";

/// `GET /end_session`
pub(crate) async fn get(
    State(provider): State<Arc<Provider>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    answer_get(&provider, &query, &headers).await.unwrap_or_else(|error| refuse(&provider, error))
}

/// `POST /end_session`
pub(crate) async fn post(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    answer_post(&provider, &headers, &body).await.unwrap_or_else(|error| refuse(&provider, error))
}

fn refuse(provider: &Provider, error: EndSessionError) -> Response {
    provider.observe(|| Observation::SignOutRefused);
    error.into_response()
}

async fn answer_get(provider: &Arc<Provider>, query: &str, headers: &HeaderMap) -> Result<Response, EndSessionError> {
    let handle = Params::parse(query.as_bytes(), &[parked::HANDLE])?;
    let (method, params) = match handle.get(parked::HANDLE) {
        None => (Method::Get, Params::parse(query.as_bytes(), request::PARAMETERS)?),
        Some(handle) => {
            let form = unpark(provider, PATH, handle).await?.ok_or(EndSessionError::Gone)?;
            (Method::Post, Params::parse(form.as_bytes(), request::PARAMETERS)?)
        }
    };
    end_session(provider, method, &params, headers).await
}

async fn answer_post(provider: &Arc<Provider>, headers: &HeaderMap, body: &Bytes) -> Result<Response, EndSessionError> {
    let params = Params::parse(form_body(headers, body)?, request::PARAMETERS)?;
    if provider.cookies.session(headers).is_none() {
        // A POST from another site comes without the cookie: only a GET shows whether there is a session.
        return Ok(see_other(&park(provider, PATH, &params).await?));
    }
    end_session(provider, Method::Post, &params, headers).await
}

/// The session that the hint was issued in, if it goes on.
async fn named_by_hint(
    conn: &mut SqliteConnection,
    request: &EndSessionRequest,
) -> Result<Option<Session>, EndSessionError> {
    let Some(hint) = &request.hint else { return Ok(None) };
    let session = session::by_sid(conn, &hint.client_id, &hint.sid).await?;
    Ok(session.filter(|session| session.sub == hint.sub))
}

async fn end_session(
    provider: &Arc<Provider>,
    method: Method,
    params: &Params,
    headers: &HeaderMap,
) -> Result<Response, EndSessionError> {
    let request = EndSessionRequest::parse(params, provider)?;
    provider.observe(|| Observation::SignOutRequested {
        method,
        client: request.client.as_ref().map(|client| client.client_id.as_str()),
        with_hint: request.hint.is_some(),
    });
    let mut conn = provider.store.read().await?;
    let of_browser = provider.session(&mut conn, headers).await?;
    let is_of_browser = of_browser.is_some();
    let session = match of_browser {
        Some(session) => Some(session),
        // A browser that was closed may have lost the cookie of a session that goes on.
        None => named_by_hint(&mut conn, &request).await?,
    };
    let reached = match &session {
        Some(session) => session_client::of_session(&mut conn, session.id).await?,
        None => Vec::new(),
    };
    drop(conn);
    match decide(&request, session.as_ref(), is_of_browser, &reached) {
        Decision::AlreadySignedOut => Ok(finish::already_signed_out(provider, &request)),
        Decision::Ask(session) => ask::ask(provider, &request, params, session, &reached, headers).await,
        Decision::End(session, client_id) => {
            let cause = Cause::App { client_id: client_id.to_owned() };
            Ok(finish::end_and_finish(provider, session.clone(), request.next.clone(), cause).await?)
        }
    }
}
