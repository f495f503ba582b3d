//! The end of a session, in one transaction: whatever is told to anybody afterwards is already true.

use sqlx::SqliteConnection;

use super::decide::{Notification, whom_to_tell};
use crate::error::InternalError;
use crate::pages::NextStop;
use crate::secret::Opaque;
use crate::state::{Channels, Provider};
use crate::store::logout::{self, LogoutApp};
use crate::store::outbox::{self, Entry, NewEntry};
use crate::store::session::{self, Session};
use crate::store::{authorization_code, pending_authorization, pending_consent, session_client, token_family, user};

/// How long the result of a sign-out can be read, in seconds, from the sign-out and from the last news of an app.
pub(super) const RESULT_LIFETIME: i64 = 60 * 60;

/// How a session is to end.
#[derive(Debug)]
pub(crate) struct NewLogout {
    /// The channels by which apps can be told this time.
    pub(crate) channels: Channels,
    /// Where the user goes on to.
    pub(crate) next: Option<NextStop>,
    pub(crate) first_attempt: FirstAttempt,
}

/// Who is the first to try to deliver logout tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstAttempt {
    /// Whoever ends the session, with what [`Ended`] holds, before it does anything else.
    Caller,
    /// The worker, which the caller wakes after the commit.
    Worker,
}

/// A session that has ended, and what is left to do. It is recorded: what gets lost here is not lost.
#[derive(Debug)]
pub(crate) struct Ended {
    /// By which the result is found.
    pub(super) handle: Opaque,
    pub(super) logout_id: i64,
    pub(super) next: Option<NextStop>,
    pub(super) notifications: Vec<Notification>,
    /// What the apps are owed.
    pub(super) entries: Vec<Entry>,
}

/// Ends the session, its codes, its pending authorizations and its tokens, and records what each app is owed. The caller
/// commits. `None`: somebody else came first.
pub(crate) async fn end(
    conn: &mut SqliteConnection,
    provider: &Provider,
    session: &Session,
    logout: NewLogout,
    now: i64,
) -> Result<Option<Ended>, InternalError> {
    if !session::end(conn, session.id, now).await? {
        return Ok(None);
    }
    authorization_code::delete_of_session(conn, session.id).await?;
    pending_authorization::delete_of_session(conn, session.id).await?;
    pending_consent::delete_of_session(conn, session.id).await?;
    token_family::revoke_of_session(conn, session.id, now).await?;
    user::set_last_ended(conn, &session.sub, now).await?;

    let reached = session_client::of_session(conn, session.id).await?;
    let notifications = whom_to_tell(&reached, &provider.registry, logout.channels, &provider.issuer);
    let handle = Opaque::random()?;
    let record = logout::NewLogout {
        handle: handle.hash(),
        sub: &session.sub,
        toe: now,
        return_to: logout.next.as_ref().map(|next| next.url.as_str()),
        return_to_name: logout.next.as_ref().map(|next| next.name.as_str()),
        expires_at: now + RESULT_LIFETIME,
    };
    let logout_id = logout::insert(conn, &record).await?;
    // Leased to the caller, so that the worker leaves it alone.
    let next_attempt_ms = match logout.first_attempt {
        FirstAttempt::Caller => provider.clock.now_ms() + provider.back_channel.lease_ms(),
        FirstAttempt::Worker => provider.clock.now_ms(),
    };
    let mut entries = Vec::new();
    for notification in &notifications {
        let app = LogoutApp {
            client_id: notification.client_id.clone(),
            name: notification.name.clone(),
            framed: notification.frame.is_some(),
            outcome: notification.first_outcome(),
        };
        logout::insert_app(conn, logout_id, &app).await?;
        if let Some(target) = &notification.back_channel {
            let entry = NewEntry {
                logout_id,
                client_id: &notification.client_id,
                sid: &notification.sid,
                sub: &session.sub,
                toe: now,
                next_attempt_ms,
                expires_at: now + target.worth_seconds,
            };
            entries.push(outbox::insert(conn, &entry).await?);
        }
    }
    tracing::info!(logout.apps = notifications.len(), "session ended");
    Ok(Some(Ended { handle, logout_id, next: logout.next, notifications, entries }))
}
