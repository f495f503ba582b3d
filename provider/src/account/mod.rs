//! The account page: where its user is signed in, what apps may do while they are away, and their password. It works without
//! script; whoever is not signed in is asked to, and comes back to it.

mod end;
mod error;
mod password;
mod sign_in;
mod withdraw;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

pub(crate) use end::end;
use error::AccountError;
pub(crate) use password::{SHORTEST as SHORTEST_PASSWORD, password};
pub(crate) use sign_in::sign_in;
pub(crate) use withdraw::withdraw;

use crate::config::User;
use crate::http::{Browser, Params, form_body, require_same_origin};
use crate::offline_access;
use crate::pages::{AccountPage, Notice};
use crate::state::Provider;
use crate::store::changed_password;
use crate::store::session::Session;
use crate::store::session_list;

pub(crate) const PATH: &str = "/account";

/// So many sessions are shown at most; all of them can be ended.
const SHOWN: usize = 50;
/// For so many seconds the page says that the password was changed.
const CHANGE_IS_NEWS: i64 = 10 * 60;

/// `GET /account`
pub(crate) async fn get(
    State(provider): State<Arc<Provider>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    show(&provider, &query, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

async fn show(provider: &Provider, query: &str, headers: &HeaderMap) -> Result<Response, AccountError> {
    let params = Params::parse(query.as_bytes(), &["password", "withdrawn"])?;
    let mut conn = provider.store.read().await?;
    let Some(visitor) = Visitor::find(&mut conn, provider, headers).await? else {
        drop(conn);
        return sign_in::form(provider, headers);
    };
    let notice = notice(&mut conn, provider, &visitor, &params).await?;
    page(&mut conn, provider, &visitor, StatusCode::OK, notice, None).await
}

/// The user of a browser with a session that signs them in.
struct Visitor {
    session: Session,
    user: Arc<User>,
    browser: Browser,
}

impl Visitor {
    async fn find(
        conn: &mut SqliteConnection,
        provider: &Provider,
        headers: &HeaderMap,
    ) -> Result<Option<Self>, AccountError> {
        let browser = Browser::of(&provider.cookies, headers)?;
        let now = provider.clock.now();
        let session = provider.session(conn, headers).await?.filter(|session| session.is_live(now));
        let Some(session) = session else { return Ok(None) };
        let user = provider.user_of(conn, &session.sub).await?;
        Ok(user.map(|user| Self { session, user, browser }))
    }

    /// The sender of a form of this page, with those of its parameters that are known.
    async fn of_form(
        provider: &Provider,
        headers: &HeaderMap,
        body: &Bytes,
        known: &[&'static str],
    ) -> Result<(Self, Params), AccountError> {
        require_same_origin(headers, &provider.issuer)?;
        let params = Params::parse(form_body(headers, body)?, known)?;
        let mut conn = provider.store.read().await?;
        let visitor = Self::find(&mut conn, provider, headers).await?.ok_or(AccountError::NotSignedIn)?;
        let is_of_page = visitor.browser.is_csrf_token(&visitor.csrf_handle(), params.get("csrf").unwrap_or_default());
        if is_of_page { Ok((visitor, params)) } else { Err(AccountError::Csrf) }
    }

    /// Of this session: a form that was loaded in an earlier one, maybe by somebody else, does nothing in this.
    fn csrf_handle(&self) -> String {
        format!("account {}", self.session.public_id)
    }
}

/// What has just been done. An address says nothing of what is so.
async fn notice(
    conn: &mut SqliteConnection,
    provider: &Provider,
    visitor: &Visitor,
    params: &Params,
) -> Result<Option<Notice>, AccountError> {
    if params.get("password").is_some() {
        let changed_at = changed_password::changed_at(conn, &visitor.session.sub).await?;
        let is_news = changed_at.is_some_and(|changed_at| provider.clock.now() - changed_at < CHANGE_IS_NEWS);
        return Ok(is_news.then_some(Notice::PasswordChanged));
    }
    let Some(client) = params.get("withdrawn").and_then(|client_id| provider.registry.client(client_id)) else {
        return Ok(None);
    };
    let offline = offline_access::apps(conn, provider, &visitor.session.sub).await?;
    let has_it = offline.iter().any(|app| app.client_id == client.client_id);
    Ok((!has_it).then_some(Notice::Withdrawn {
        name: client.name.clone(),
        access_token_seconds: provider.registry.lifetimes.access_token,
    }))
}

async fn page(
    conn: &mut SqliteConnection,
    provider: &Provider,
    visitor: &Visitor,
    status: StatusCode,
    notice: Option<Notice>,
    password_error: Option<&str>,
) -> Result<Response, AccountError> {
    let now = provider.clock.now();
    let sub = &visitor.session.sub;
    let mut sessions = session_list::live(conn, Some(sub), now, SHOWN as i64 + 1).await?;
    let there_are_more = sessions.len() > SHOWN;
    sessions.truncate(SHOWN);
    let offline = offline_access::apps(conn, provider, sub).await?;
    let page = AccountPage {
        status,
        username: &visitor.user.username,
        here: visitor.session.id,
        sessions: &sessions,
        there_are_more,
        registry: &provider.registry,
        offline: &offline,
        csrf_token: &visitor.browser.csrf_token(&visitor.csrf_handle()),
        notice,
        password_error,
        now,
    };
    let mut response = page.into_response();
    visitor.browser.attach(&provider.cookies, &mut response);
    Ok(response)
}
