//! The authorization endpoint: [OpenID Connect Core 1.0 section 3.1.2](https://openid.net/specs/openid-connect-core-1_0.html#AuthorizationEndpoint).

mod checks;
mod code;
mod error;
mod finish;
mod interaction;
mod pending_form;
mod request;
mod request_object;
mod response;
mod response_mode;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

use checks::Target;
pub(crate) use code::{Issued, issue};
pub(crate) use error::{AuthorizationError, AuthorizeFailure, Unredirectable};
pub(crate) use finish::finish;
use interaction::Interaction;
pub(crate) use pending_form::{FormError, PendingForm, kept_request, session_of_page};
pub(crate) use request::AuthorizationRequest;
pub(crate) use response::AuthorizationResponse;
pub(crate) use response_mode::RESPONSE_MODES;

use crate::http::{Browser, BrowserState, Params, form_body, see_other};
use crate::parked::{self, park, unpark};
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::pending_authorization::{self, Pending};
use crate::store::session::{self, Session};
use crate::{consent, login, select_account};

const PATH: &str = "/authorize";

/// How long a user has to sign in, in seconds.
const PENDING_LIFETIME: i64 = 10 * 60;

/// `GET /authorize`
pub(crate) async fn get(
    State(provider): State<Arc<Provider>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    answer_get(&provider, &query, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

/// `POST /authorize`
pub(crate) async fn post(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    answer_post(&provider, &headers, &body).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer_get(provider: &Provider, query: &str, headers: &HeaderMap) -> Result<Response, AuthorizeFailure> {
    let handle = Params::parse(query.as_bytes(), &[parked::HANDLE])?;
    let params = match handle.get(parked::HANDLE) {
        None => parse(query.as_bytes())?,
        Some(handle) => {
            let form = unpark(provider, PATH, handle).await?.ok_or(Unredirectable::Gone)?;
            parse(form.as_bytes())?
        }
    };
    authorize(provider, &params, headers).await
}

async fn answer_post(provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<Response, AuthorizeFailure> {
    let params = parse(form_body(headers, body)?)?;
    if provider.cookies.session(headers).is_none() {
        // A POST from another site comes without the cookie: only a GET shows whether there is a session.
        return Ok(see_other(&park(provider, PATH, &params).await?));
    }
    authorize(provider, &params, headers).await
}

/// The parameters that this endpoint knows. Used again for a request that was kept.
fn parse(raw: &[u8]) -> Result<Params, AuthorizeFailure> {
    Ok(Params::parse(raw, request::PARAMETERS)?)
}

/// Answers, and gives a browser that has no state one. Only here, where it has sent the cookies that it has: after a POST from
/// another site, which comes without, the one that it has would be overwritten.
async fn authorize(provider: &Provider, params: &Params, headers: &HeaderMap) -> Result<Response, AuthorizeFailure> {
    let browser_state = BrowserState::of(&provider.cookies, headers)?;
    let answer = match request_object::resolve(provider, params).await {
        Ok(params) => answer(provider, &params, headers, &browser_state).await,
        // What the parameters beside it say of where the answer goes has to do.
        Err(error) => Err(match Target::parse(params, &provider.registry, &browser_state) {
            Ok(target) => target.refuse(&error, &provider.issuer),
            Err(error) => error.into(),
        }),
    };
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    browser_state.attach(&provider.cookies, &mut response);
    Ok(response)
}

async fn answer(
    provider: &Provider,
    params: &Params,
    headers: &HeaderMap,
    browser_state: &BrowserState,
) -> Result<Response, AuthorizeFailure> {
    let request = AuthorizationRequest::parse(params, provider, browser_state)?;
    let mut conn = provider.store.read().await?;
    let session = current_session(&mut conn, provider, headers).await?;
    let must_ask = match &session {
        Some(session) => consent::must_ask(&mut conn, &request, session).await?,
        None => false,
    };
    drop(conn);
    match interaction::needed(&request, session.as_ref(), must_ask, provider.clock.now()) {
        Interaction::None(session) => match answer_with_code(provider, &request, session).await? {
            Some(response) => Ok(response),
            // It ended between the look and the write.
            None if request.prompt.forbids_interaction() => {
                Err(request.refuse(provider, AuthorizationError::LoginRequired))
            }
            None => show_page(provider, params, None, headers, login::path).await,
        },
        Interaction::Consent(session) => match ask_for_consent(provider, params, session, headers).await? {
            Some(response) => Ok(response),
            None => show_page(provider, params, None, headers, login::path).await,
        },
        Interaction::SelectAccount(session) => {
            show_page(provider, params, Some(session), headers, select_account::path).await
        }
        Interaction::SignIn => show_page(provider, params, session.as_ref(), headers, login::path).await,
        Interaction::Refused(error) => Err(request.refuse(provider, error)),
    }
}

/// The session of this browser, if it signs its user in: it lives, and the user is still configured.
async fn current_session(
    conn: &mut SqliteConnection,
    provider: &Provider,
    headers: &HeaderMap,
) -> Result<Option<Session>, AuthorizeFailure> {
    let Some(session) = provider.session(conn, headers).await? else { return Ok(None) };
    let user = provider.user_of(conn, &session.sub).await?;
    Ok(Some(session).filter(|session| session.is_live(provider.clock.now()) && user.is_some()))
}

async fn answer_with_code(
    provider: &Provider,
    request: &AuthorizationRequest,
    session: &Session,
) -> Result<Option<Response>, AuthorizeFailure> {
    let mut tx = provider.store.begin().await?;
    let now = provider.clock.now();
    let session = session::by_id(&mut tx, session.id).await?.filter(|session| session.is_live(now));
    let Some(session) = session else { return Ok(None) };
    let issued = issue(&mut tx, provider, request, &session, now).await?;
    tx.commit().await?;
    Ok(Some(issued.answer(provider, request, &session).await?))
}

async fn ask_for_consent(
    provider: &Provider,
    params: &Params,
    session: &Session,
    headers: &HeaderMap,
) -> Result<Option<Response>, AuthorizeFailure> {
    let browser = Browser::of(&provider.cookies, headers)?;
    let mut tx = provider.store.begin().await?;
    let now = provider.clock.now();
    let session = session::by_id(&mut tx, session.id).await?.filter(|session| session.is_live(now));
    let Some(session) = session else { return Ok(None) };
    let page = consent::ask(&mut tx, &browser, &session, params, now).await?;
    tx.commit().await?;
    let mut response = see_other(&page);
    browser.attach(&provider.cookies, &mut response);
    Ok(Some(response))
}

/// Keeps the request for the page that has to be seen first, and sends the browser there.
async fn show_page(
    provider: &Provider,
    params: &Params,
    session: Option<&Session>,
    headers: &HeaderMap,
    path: fn(&Opaque) -> String,
) -> Result<Response, AuthorizeFailure> {
    let browser = Browser::of(&provider.cookies, headers)?;
    let handle = Opaque::random()?;
    let now = provider.clock.now();
    let mut tx = provider.store.begin().await?;
    // It may have ended between the look and the write: then nobody is signed in who could choose.
    let session = match session {
        Some(session) => session::by_id(&mut tx, session.id).await?.filter(|session| session.is_live(now)),
        None => None,
    };
    let path = if session.is_some() { path } else { login::path };
    let pending = Pending { session_id: session.map(|session| session.id), form: params.to_form() };
    let expires_at = now + PENDING_LIFETIME;
    pending_authorization::insert(&mut tx, handle.hash(), browser.hash(), &pending, expires_at).await?;
    tx.commit().await?;
    let mut response = see_other(&path(&handle));
    browser.attach(&provider.cookies, &mut response);
    Ok(response)
}
