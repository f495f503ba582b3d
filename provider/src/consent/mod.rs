//! The consent page: whether the user lets an app have what it asks for
//! ([OpenID Connect Core 1.0 section 3.1.2.4](https://openid.net/specs/openid-connect-core-1_0.html#Consent)). When it is
//! shown is decided by [`must_ask`].

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

use crate::authorize::{
    AuthorizationError, AuthorizationRequest, FormError, PendingForm, issue, kept_request, session_of_page,
};
use crate::config::User;
use crate::error::InternalError;
use crate::http::{Browser, Params, origin};
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
    show(&provider, &query, &headers).await.unwrap_or_else(refused)
}

/// `POST /consent`
pub(crate) async fn post(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&provider, &headers, &body).await.unwrap_or_else(refused)
}

fn refused(error: FormError) -> Response {
    error.told("This question has expired", "Nothing was allowed.")
}

/// A question that is open, in the browser and the session that it was asked in.
struct Question {
    session: Session,
    user: Arc<User>,
    request: AuthorizationRequest,
}

impl Question {
    async fn find(
        conn: &mut SqliteConnection,
        provider: &Provider,
        headers: &HeaderMap,
        form: &PendingForm,
    ) -> Result<Self, FormError> {
        let now = provider.clock.now();
        let pending = pending_consent::find(conn, form.handle.hash(), form.browser.hash(), now).await?;
        let pending = pending.ok_or(FormError::NotPending)?;
        let (session, user) = session_of_page(conn, provider, headers, Some(pending.session_id)).await?;
        let (_, request) = kept_request(provider, headers, &pending.form)?;
        Ok(Self { session, user, request })
    }
}

async fn show(provider: &Provider, query: &str, headers: &HeaderMap) -> Result<Response, FormError> {
    let form = PendingForm::asked_for(provider, query, headers)?;
    let mut conn = provider.store.read().await?;
    let question = Question::find(&mut conn, provider, headers, &form).await?;
    let target = &question.request.target;
    let page = ConsentPage {
        client_name: &target.client.name,
        is_third_party: target.client.is_third_party,
        username: &question.user.username,
        scope: &question.request.consent_scope(),
        offline_days: days(provider.registry.lifetimes.offline_access),
        request: form.handle.as_str(),
        csrf_token: &form.csrf_token(),
        redirect_origin: origin(target.redirect_uri.url()),
        links: &target.client.links,
    };
    Ok(page.into_response())
}

async fn answer(provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<Response, FormError> {
    let (form, params) = PendingForm::submitted(provider, headers, body, &["answer"])?;
    form.require_csrf(&params)?;
    let allows = parse_answer(&params)?;

    // All in one transaction, so that a sign-out comes before it or after it.
    let mut tx = provider.store.begin().await?;
    let Question { session, request, .. } = Question::find(&mut tx, provider, headers, &form).await?;
    if !pending_consent::take(&mut tx, form.handle.hash()).await? {
        return Err(FormError::NotPending);
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
    let issued = issue(&mut tx, provider, &request, &session, now).await?;
    tx.commit().await?;
    tracing::info!(client.id = request.target.client.client_id, "consent given");
    Ok(issued.answer(provider, &request, &session).await?)
}

/// In whole days, rounded up: what is promised is an upper limit.
fn days(seconds: i64) -> i64 {
    const DAY: i64 = 24 * 60 * 60;
    (seconds + DAY - 1) / DAY
}

fn parse_answer(params: &Params) -> Result<bool, FormError> {
    match params.get("answer") {
        Some("allow") => Ok(true),
        Some("deny") => Ok(false),
        _ => Err(FormError::Answer),
    }
}
