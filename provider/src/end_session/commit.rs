//! The end of a session, in one transaction: whatever is told to anybody afterwards is already true.

use sqlx::SqliteConnection;

use super::back_channel::Delivery;
use super::decide::{Notification, whom_to_tell};
use crate::error::InternalError;
use crate::pages::NextStop;
use crate::secret::Opaque;
use crate::state::{Channels, Provider};
use crate::store::logout::{self, LogoutApp};
use crate::store::outbox::{self, NewEntry};
use crate::store::session::{self, Session};
use crate::store::{authorization_code, pending_authorization, session_client, token_family, user};

/// How long the result of a sign-out can be read, in seconds.
const RESULT_LIFETIME: i64 = 60 * 60;

/// How a session is to end.
#[derive(Debug)]
pub(crate) struct NewLogout {
    /// The channels by which apps can be told this time.
    pub(crate) channels: Channels,
    /// Where the user goes on to.
    pub(crate) next: Option<NextStop>,
}

/// A session that has ended, and what is left to do. It is recorded: what gets lost here is not lost.
#[derive(Debug)]
pub(crate) struct Ended {
    /// By which the result is found.
    pub(super) handle: Opaque,
    pub(super) logout_id: i64,
    pub(super) next: Option<NextStop>,
    pub(super) notifications: Vec<Notification>,
    pub(super) deliveries: Vec<Delivery>,
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
    let mut deliveries = Vec::new();
    for notification in &notifications {
        let app = LogoutApp {
            client_id: notification.client_id.clone(),
            name: notification.name.clone(),
            framed: notification.frame.is_some(),
            outcome: notification.first_outcome(),
        };
        logout::insert_app(conn, logout_id, &app).await?;
        deliveries.extend(record_delivery(conn, notification, logout_id, &session.sub, now).await?);
    }
    tracing::info!(logout.apps = notifications.len(), "session ended");
    Ok(Some(Ended { handle, logout_id, next: logout.next, notifications, deliveries }))
}

async fn record_delivery(
    conn: &mut SqliteConnection,
    notification: &Notification,
    logout_id: i64,
    sub: &str,
    now: i64,
) -> Result<Option<Delivery>, sqlx::Error> {
    let Some(target) = &notification.back_channel else { return Ok(None) };
    let entry = NewEntry {
        logout_id,
        client_id: &notification.client_id,
        sid: &notification.sid,
        sub,
        toe: now,
        expires_at: now + target.worth_seconds,
    };
    let outbox_id = outbox::insert(conn, &entry).await?;
    Ok(Some(Delivery {
        outbox_id,
        logout_id,
        client_id: notification.client_id.clone(),
        sid: notification.sid.clone(),
        sub: sub.to_owned(),
        toe: now,
        target: target.clone(),
    }))
}
