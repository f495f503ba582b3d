//! The consent page: whether the user lets an app have what it asks for
//! ([OpenID Connect Core 1.0 section 3.1.2.4](https://openid.net/specs/openid-connect-core-1_0.html#Consent)). When it is
//! shown is decided by [`must_ask`].

mod error;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

use error::ConsentError;

use crate::authorize::{self, AuthorizationError, AuthorizationRequest, issue, observe_issued};
use crate::config::User;
use crate::error::InternalError;
use crate::http::{Browser, BrowserState, Params, form_body, origin, require_same_origin};
use crate::pages::ConsentPage;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::pending_consent::{self, Pending};
use crate::store::session::Session;
use crate::store::{offline_consent, session_consent};

/// How long the user has to answer, in seconds.
const LIFETIME: i64 = 10 * 60;

/// Whether the user must be asked: because the app wants it so (section 3.1.2.1, `prompt`), or because it wants access while
/// the user is away and was not allowed all of that before; or because it is a third party, once in a session, and each time
/// where its address could be another's: any program can listen on loopback, or claim a scheme (RFC 8252 section 8.6). For
/// nothing else: the configured apps belong to whoever runs the provider.
pub(crate) async fn must_ask(
    conn: &mut SqliteConnection,
    request: &AuthorizationRequest,
    session: &Session,
) -> Result<bool, sqlx::Error> {
    if request.prompt.wants_consent() {
        return Ok(true);
    }
    let client = &request.target.client;
    let (client_id, scope) = (&client.client_id, request.consent_scope());
    let is_anybodys = request.target.redirect_uri.url().scheme() != "https";
    if client.is_third_party && client.is_public() && is_anybodys {
        return Ok(true);
    }
    if request.is_offline() {
        return Ok(!offline_consent::covers(conn, &session.sub, client_id, &scope).await?);
    }
    Ok(client.is_third_party && !session_consent::covers(conn, session.id, client_id, &scope).await?)
}

/// Keeps the request until the user has answered; gives the path of the page that asks.
pub(crate) async fn ask(
    conn: &mut SqliteConnection,
    browser: &Browser,
    session: &Session,
    params: &Params,
    now: i64,
) -> Result<String, InternalError> {
    let handle = Opaque::random()?;
    let pending = Pending { session_id: session.id, form: params.to_form() };
    pending_consent::insert(conn, handle.hash(), browser.hash(), &pending, now + LIFETIME).await?;
    Ok(format!("/consent?request={}", handle.as_str()))
}

/// `GET /consent`
pub(crate) async fn get(
    State(provider): State<Arc<Provider>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    show(&provider, &query, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

/// `POST /consent`
pub(crate) async fn post(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&provider, &headers, &body).await.unwrap_or_else(IntoResponse::into_response)
}

/// A question that is open, in the browser and the session that it was asked in.
struct Question {
    session: Session,
    user: Arc<User>,
    request: AuthorizationRequest,
}

impl Question {
    /// Finds it; its request is checked again, because the configuration may have changed.
    async fn find(
        conn: &mut SqliteConnection,
        provider: &Provider,
        headers: &HeaderMap,
        browser: &Browser,
        handle: &Opaque,
    ) -> Result<Self, ConsentError> {
        let now = provider.clock.now();
        let pending = pending_consent::find(conn, handle.hash(), browser.hash(), now).await?;
        let pending = pending.ok_or(ConsentError::NotPending)?;
        let session = provider.session(conn, headers).await?.filter(|session| session.is_live(now));
        let session = session.filter(|session| session.id == pending.session_id).ok_or(ConsentError::NotPending)?;
        let user = provider.user_of(conn, &session.sub).await?.ok_or(ConsentError::NotPending)?;
        let browser_state = BrowserState::of(&provider.cookies, headers)?;
        let params = authorize::parse(pending.form.as_bytes())?;
        let request = AuthorizationRequest::parse(&params, provider, &browser_state)?;
        Ok(Self { session, user, request })
    }
}

async fn show(provider: &Provider, query: &str, headers: &HeaderMap) -> Result<Response, ConsentError> {
    let params = Params::parse(query.as_bytes(), &["request"])?;
    let handle = Opaque::presented(params.get("request").ok_or(ConsentError::NotPending)?);
    let browser = Browser::of(&provider.cookies, headers)?;
    let mut conn = provider.store.read().await?;
    let question = Question::find(&mut conn, provider, headers, &browser, &handle).await?;
    let target = &question.request.target;
    let page = ConsentPage {
        client_name: &target.client.name,
        is_third_party: target.client.is_third_party,
        username: &question.user.username,
        scope: &question.request.consent_scope(),
        offline_days: days(provider.registry.lifetimes.offline_access),
        request: handle.as_str(),
        csrf_token: &browser.csrf_token(handle.as_str()),
        redirect_origin: origin(target.redirect_uri.url()),
        links: &target.client.links,
    };
    Ok(page.into_response())
}

async fn answer(provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<Response, ConsentError> {
    require_same_origin(headers, &provider.issuer)?;
    let params = Params::parse(form_body(headers, body)?, &["request", "csrf", "answer"])?;
    let allows = parse_answer(&params)?;
    let handle = Opaque::presented(params.get("request").ok_or(ConsentError::NotPending)?);
    let browser = Browser::of(&provider.cookies, headers)?;
    if !browser.is_csrf_token(handle.as_str(), params.get("csrf").unwrap_or_default()) {
        return Err(ConsentError::Csrf);
    }

    // All in one transaction, so that a sign-out comes before it or after it.
    let mut tx = provider.store.begin().await?;
    let Question { session, request, .. } = Question::find(&mut tx, provider, headers, &browser, &handle).await?;
    if !pending_consent::take(&mut tx, handle.hash()).await? {
        return Err(ConsentError::NotPending);
    }
    if !allows {
        tx.commit().await?;
        return Err(request.refuse(provider, AuthorizationError::AccessDenied).into());
    }
    let now = provider.clock.now();
    let client = &request.target.client;
    if request.is_offline() {
        offline_consent::insert(&mut tx, &session.sub, &client.client_id, &request.consent_scope(), now).await?;
    }
    if client.is_third_party {
        session_consent::insert(&mut tx, session.id, &client.client_id, &request.consent_scope()).await?;
    }
    let response = issue(&mut tx, provider, &request, &session, now).await?;
    tx.commit().await?;
    tracing::info!(client.id = request.target.client.client_id, "consent given");
    observe_issued(provider, &request, &session);
    Ok(response.into_response())
}

/// In whole days, rounded up: what is promised is an upper limit.
fn days(seconds: i64) -> i64 {
    const DAY: i64 = 24 * 60 * 60;
    (seconds + DAY - 1) / DAY
}

fn parse_answer(params: &Params) -> Result<bool, ConsentError> {
    match params.get("answer") {
        Some("allow") => Ok(true),
        Some("deny") => Ok(false),
        _ => Err(ConsentError::Answer),
    }
}
