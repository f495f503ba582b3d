use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;
use sqlx::SqliteConnection;

use super::Form;
use super::error::LoginError;
use crate::authorize::{self, AuthorizationError};
use crate::end_session::{self, FirstAttempt, NewLogout};
use crate::error::InternalError;
use crate::http::BrowserState;
use crate::secret::Opaque;
use crate::state::{Channels, Provider};
use crate::store::session::{self, Session};
use crate::store::{pending_authorization, user};

/// What a browser gets whose user proved who they are.
pub(super) struct SignedIn {
    /// The new session cookie.
    pub(super) cookie: Opaque,
    /// Told by it, the apps' frames learn that somebody has signed in. SM-17
    pub(super) browser_state: BrowserState,
    /// Back to the app, with a code; or to the question whether the app may have one.
    pub(super) response: Response,
}

/// Answers the pending authorization: all in one transaction, so that a sign-out comes before it or after it.
pub(super) async fn sign_in(
    provider: &Arc<Provider>,
    form: &Form,
    username: &str,
    headers: &HeaderMap,
) -> Result<SignedIn, LoginError> {
    let request = &form.request;
    let now = provider.clock.now();
    let mut tx = provider.store.begin().await?;
    if !pending_authorization::take(&mut tx, form.handle.hash(), now).await? {
        return Err(LoginError::NotPending);
    }
    let sub = provider.sub(&mut tx, username).await?;
    if !request.is_for(&sub) {
        // CORE-03: the app wants another user, so this sign-in is of no use to it and does not happen.
        tx.commit().await?;
        return Err(request.refuse(provider, AuthorizationError::LoginRequired).into());
    }
    let cookie = Opaque::random()?;
    let browser_state = BrowserState::renewed()?;
    let old = provider.session(&mut tx, headers).await?;
    let (session, replaced) = begin_or_go_on(&mut tx, provider, old, &sub, &cookie, now).await?;
    let request = request.in_browser_state(&browser_state);
    let response = authorize::finish(&mut tx, provider, &request, &form.params, &form.browser, &session, now).await?;
    tx.commit().await?;
    tracing::info!(client.id = request.target.client.client_id, "signed in");
    if replaced {
        // Nobody waits for it here: the new session shares no `sid` with the old one.
        provider.back_channel.wake();
    }
    Ok(SignedIn { cookie, browser_state, response })
}

/// The same user's session goes on; any other session of this browser ends, because its cookie is about to be replaced
/// (T-12). Also whether it did.
async fn begin_or_go_on(
    conn: &mut SqliteConnection,
    provider: &Provider,
    old: Option<Session>,
    sub: &str,
    cookie: &Opaque,
    now: i64,
) -> Result<(Session, bool), InternalError> {
    let lifetime = provider.registry.lifetimes.session;
    let replaced = match old {
        Some(old) if old.sub == sub && old.is_live(now) => {
            let auth_time = user::next_auth_time(conn, sub, now).await?;
            let session = session::reauthenticate(conn, old.id, cookie.hash(), auth_time, now + lifetime).await?;
            return Ok((session, false));
        }
        Some(old) => {
            // The user is on the way to an app, so there is no page for frames.
            let channels = Channels { front: false, back: provider.channels.back };
            let logout = NewLogout { channels, next: None, first_attempt: FirstAttempt::Worker };
            end_session::end(conn, provider, &old, logout, now).await?.is_some()
        }
        None => false,
    };
    let auth_time = user::next_auth_time(conn, sub, now).await?;
    let session = session::insert(conn, cookie.hash(), sub, auth_time, now, lifetime).await?;
    Ok((session, replaced))
}
