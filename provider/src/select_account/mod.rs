//! The page that lets the user go on as who they are, or as somebody else: `prompt=select_account`
//! ([OpenID Connect Core 1.0 section 3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

use crate::authorize::{self, AuthorizationRequest, FormError, PendingForm, kept_request, session_of_page};
use crate::config::User;
use crate::http::{Params, origin, see_other};
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
    show(&provider, &query, &headers).await.unwrap_or_else(refused)
}

/// `POST /select_account`
pub(crate) async fn post(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&provider, &headers, &body).await.unwrap_or_else(refused)
}

fn refused(error: FormError) -> Response {
    error.told("This question has expired", "Nothing was changed.")
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
    async fn find(
        conn: &mut SqliteConnection,
        provider: &Provider,
        headers: &HeaderMap,
        form: &PendingForm,
    ) -> Result<Self, FormError> {
        let now = provider.clock.now();
        let pending = pending_authorization::find(conn, form.handle.hash(), form.browser.hash(), now).await?;
        let pending = pending.ok_or(FormError::NotPending)?;
        let (session, user) = session_of_page(conn, provider, headers, pending.session_id).await?;
        let (params, request) = kept_request(provider, headers, &pending.form)?;
        Ok(Self { session, user, params, request })
    }
}

async fn show(provider: &Provider, query: &str, headers: &HeaderMap) -> Result<Response, FormError> {
    let form = PendingForm::asked_for(provider, query, headers)?;
    let mut conn = provider.store.read().await?;
    let choice = Choice::find(&mut conn, provider, headers, &form).await?;
    let target = &choice.request.target;
    let page = SelectAccountPage {
        client_name: &target.client.name,
        username: &choice.user.username,
        request: form.handle.as_str(),
        csrf_token: &form.csrf_token(),
        redirect_origin: origin(target.redirect_uri.url()),
    };
    Ok(page.into_response())
}

async fn answer(provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<Response, FormError> {
    let (form, params) = PendingForm::submitted(provider, headers, body, &["answer"])?;
    form.require_csrf(&params)?;
    let goes_on = parse_answer(&params)?;

    // All in one transaction, so that a sign-out comes before it or after it.
    let mut tx = provider.store.begin().await?;
    let Choice { session, params, request, .. } = Choice::find(&mut tx, provider, headers, &form).await?;
    let now = provider.clock.now();
    if !goes_on || !request.is_answered_by(&session, now) {
        // The request waits on, for whoever signs in.
        return Ok(see_other(&login::path(&form.handle)));
    }
    if !pending_authorization::take(&mut tx, form.handle.hash(), now).await? {
        return Err(FormError::NotPending);
    }
    let finished = authorize::finish(&mut tx, provider, &request, &params, &form.browser, &session, now).await?;
    tx.commit().await?;
    Ok(finished.answer(provider, &request, &session).await?)
}

fn parse_answer(params: &Params) -> Result<bool, FormError> {
    match params.get("answer") {
        Some("this") => Ok(true),
        Some("another") => Ok(false),
        _ => Err(FormError::Answer),
    }
}
