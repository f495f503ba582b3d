//! The page that lets the user go on as who they are, or as somebody else: `prompt=select_account`
//! ([OpenID Connect Core 1.0 section 3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)).

mod error;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

use error::SelectAccountError;

use crate::authorize::{self, AuthorizationRequest};
use crate::config::User;
use crate::http::{Browser, BrowserState, Params, form_body, origin, require_same_origin, see_other};
use crate::login;
use crate::pages::SelectAccountPage;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::pending_authorization;
use crate::store::session::Session;

/// The path of the page for a pending authorization.
pub(crate) fn path(handle: &Opaque) -> String {
    format!("/select_account?request={}", handle.as_str())
}

/// `GET /select_account`
pub(crate) async fn get(
    State(provider): State<Arc<Provider>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    show(&provider, &query, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

/// `POST /select_account`
pub(crate) async fn post(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&provider, &headers, &body).await.unwrap_or_else(IntoResponse::into_response)
}

/// A choice that is open, in the browser and the session that it was given in.
struct Choice {
    session: Session,
    user: Arc<User>,
    /// What the request was parsed from.
    params: Params,
    request: AuthorizationRequest,
}

impl Choice {
    /// Finds it; its request is checked again, because the configuration may have changed.
    async fn find(
        conn: &mut SqliteConnection,
        provider: &Provider,
        headers: &HeaderMap,
        browser: &Browser,
        handle: &Opaque,
    ) -> Result<Self, SelectAccountError> {
        let now = provider.clock.now();
        let pending = pending_authorization::find(conn, handle.hash(), browser.hash(), now).await?;
        let pending = pending.ok_or(SelectAccountError::NotPending)?;
        let session = provider.session(conn, headers).await?.filter(|session| session.is_live(now));
        let session = session.filter(|session| Some(session.id) == pending.session_id);
        let session = session.ok_or(SelectAccountError::NotPending)?;
        let user = provider.user_of(conn, &session.sub).await?.ok_or(SelectAccountError::NotPending)?;
        let params = authorize::parse(pending.form.as_bytes())?;
        let browser_state = BrowserState::of(&provider.cookies, headers)?;
        let request = AuthorizationRequest::parse(&params, provider, &browser_state)?;
        Ok(Self { session, user, params, request })
    }
}

async fn show(provider: &Provider, query: &str, headers: &HeaderMap) -> Result<Response, SelectAccountError> {
    let params = Params::parse(query.as_bytes(), &["request"])?;
    let handle = Opaque::presented(params.get("request").ok_or(SelectAccountError::NotPending)?);
    let browser = Browser::of(&provider.cookies, headers)?;
    let mut conn = provider.store.read().await?;
    let choice = Choice::find(&mut conn, provider, headers, &browser, &handle).await?;
    let target = &choice.request.target;
    let page = SelectAccountPage {
        client_name: &target.client.name,
        username: &choice.user.username,
        request: handle.as_str(),
        csrf_token: &browser.csrf_token(handle.as_str()),
        redirect_origin: origin(target.redirect_uri.url()),
    };
    Ok(page.into_response())
}

async fn answer(provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<Response, SelectAccountError> {
    require_same_origin(headers, &provider.issuer)?;
    let params = Params::parse(form_body(headers, body)?, &["request", "csrf", "answer"])?;
    let goes_on = parse_answer(&params)?;
    let handle = Opaque::presented(params.get("request").ok_or(SelectAccountError::NotPending)?);
    let browser = Browser::of(&provider.cookies, headers)?;
    if !browser.is_csrf_token(handle.as_str(), params.get("csrf").unwrap_or_default()) {
        return Err(SelectAccountError::Csrf);
    }

    // All in one transaction, so that a sign-out comes before it or after it.
    let mut tx = provider.store.begin().await?;
    let Choice { session, params, request, .. } = Choice::find(&mut tx, provider, headers, &browser, &handle).await?;
    let now = provider.clock.now();
    if !goes_on || !request.is_answered_by(&session, now) {
        // The request waits on, for whoever signs in.
        return Ok(see_other(&login::path(&handle)));
    }
    if !pending_authorization::take(&mut tx, handle.hash(), now).await? {
        return Err(SelectAccountError::NotPending);
    }
    let finished = authorize::finish(&mut tx, provider, &request, &params, &browser, &session, now).await?;
    tx.commit().await?;
    Ok(finished.observed(provider, &request, &session))
}

fn parse_answer(params: &Params) -> Result<bool, SelectAccountError> {
    match params.get("answer") {
        Some("this") => Ok(true),
        Some("another") => Ok(false),
        _ => Err(SelectAccountError::Answer),
    }
}
