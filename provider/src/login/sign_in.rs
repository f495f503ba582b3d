use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;
use sqlx::SqliteConnection;

use super::Form;
use super::check::Proven;
use crate::audit::Cause;
use crate::authorize::{self, AuthorizationError, FormError};
use crate::end_session::{self, Ended, EndedSession, NewLogout, tell_observers};
use crate::error::InternalError;
use crate::http::{BrowserState, browser_label};
use crate::observation::Observation;
use crate::secret::{Opaque, short_id};
use crate::state::Provider;
use crate::store::session::{self, NewSession, Session};
use crate::store::{pending_authorization, user};

/// What a browser gets whose user proved who they are.
pub(super) struct SignedIn {
    /// The new session cookie.
    pub(super) cookie: Opaque,
    /// By it the apps' frames learn that somebody has signed in. SM-17
    pub(super) browser_state: BrowserState,
    /// Back to the app, with a code; or to the question whether the app may have one.
    pub(super) response: Response,
}

/// Answers the pending authorization: all in one transaction, so that a sign-out comes before it or after it. `None`: the
/// password has been changed meanwhile.
pub(super) async fn sign_in(
    provider: &Arc<Provider>,
    form: &Form,
    proven: &Proven,
    headers: &HeaderMap,
) -> Result<Option<SignedIn>, FormError> {
    let request = &form.request;
    let now = provider.clock.now();
    let mut tx = provider.store.begin().await?;
    if !proven.still_counts(&mut tx).await? {
        return Ok(None);
    }
    if !pending_authorization::take(&mut tx, form.pending.handle.hash(), now).await? {
        return Err(FormError::NotPending);
    }
    let sub = provider.sub(&mut tx, &proven.username).await?;
    if !request.is_for(&sub) {
        // CORE-03: the app wants another user, so this sign-in is of no use to it and does not happen.
        tx.commit().await?;
        return Err(request.refuse(provider, AuthorizationError::LoginRequired).into());
    }
    let Begun { session, cookie, browser_state, replaced } =
        begin_session(&mut tx, provider, headers, &sub, now).await?;
    let request = request.in_browser_state(&browser_state);
    let finished =
        authorize::finish(&mut tx, provider, &request, &form.params, &form.pending.browser, &session, now).await?;
    tx.commit().await?;
    let client_id = &request.target.client.client_id;
    tracing::info!(client.id = client_id, "signed in");
    tell_observers(provider, &replaced);
    provider.observe(|| Observation::SignedIn {
        session: &session.public_id,
        sub: &session.sub,
        client: Some(client_id),
    });
    if !replaced.is_empty() {
        // Nobody waits for it here: the new session shares no `sid` with the old one.
        provider.back_channel.wake();
    }
    let response = finished.answer(provider, &request, &session).await?;
    Ok(Some(SignedIn { cookie, browser_state, response }))
}

/// The session of a user who has just proved who they are.
pub(crate) struct Begun {
    pub(crate) session: Session,
    /// The new session cookie.
    pub(crate) cookie: Opaque,
    /// Told by it, the apps' frames learn that somebody has signed in. SM-17
    pub(crate) browser_state: BrowserState,
    /// Another session that ended, whose apps are to be told.
    pub(crate) replaced: Vec<EndedSession>,
}

/// The same user's session goes on; any other session of this browser ends, because its cookie is about to be replaced
/// (T-12). The caller commits.
pub(crate) async fn begin_session(
    conn: &mut SqliteConnection,
    provider: &Provider,
    headers: &HeaderMap,
    sub: &str,
    now: i64,
) -> Result<Begun, InternalError> {
    let lifetime = provider.registry.lifetimes.session;
    let (cookie, browser_state) = (Opaque::random()?, BrowserState::renewed()?);
    let replaced = match provider.session(conn, headers).await? {
        Some(old) if old.sub == sub && old.is_live(now) => {
            let auth_time = user::next_auth_time(conn, sub, now).await?;
            let session = session::reauthenticate(conn, old.id, cookie.hash(), auth_time, now + lifetime).await?;
            return Ok(Begun { session, cookie, browser_state, replaced: Vec::new() });
        }
        Some(old) => {
            // The same user's has expired, or it would have gone on.
            let cause = if old.sub == sub { Cause::Expiry } else { Cause::AnotherSignIn { sub: sub.to_owned() } };
            let logout = NewLogout::without_page(provider, cause);
            let ended = end_session::end(conn, provider, &old, logout, now).await?;
            ended.map(Ended::into_sessions).unwrap_or_default()
        }
        None => Vec::new(),
    };
    let (browser, public_id) = (browser_label(headers), short_id()?);
    let session = NewSession {
        cookie: cookie.hash(),
        public_id: &public_id,
        sub,
        auth_time: user::next_auth_time(conn, sub, now).await?,
        browser: browser.as_deref(),
        now,
        expires_at: now + lifetime,
    };
    let session = session::insert(conn, &session).await?;
    Ok(Begun { session, cookie, browser_state, replaced })
}
