//! The end of a session, or of several, in one transaction: whatever is told to anybody afterwards is already true.

use sqlx::SqliteConnection;

use super::decide::{Notification, whom_to_tell};
use super::outcome::ResultKind;
use crate::audit::{self, Cause, News};
use crate::error::InternalError;
use crate::observation::{App, Observation};
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
#[derive(Clone, Debug)]
pub(crate) struct NewLogout {
    /// Why, and at whose word.
    pub(crate) cause: Cause,
    /// The channels by which apps can be told this time.
    pub(crate) channels: Channels,
    /// What it does for the browser that shows the result.
    pub(crate) kind: ResultKind,
    /// Where the user goes on to.
    pub(crate) next: Option<NextStop>,
    pub(crate) first_attempt: FirstAttempt,
}

impl NewLogout {
    /// For a session whose browser is not there, or on its way to an app: no page can load frames.
    pub(crate) fn without_page(provider: &Provider, cause: Cause) -> Self {
        Self {
            cause,
            channels: Channels { front: false, back: provider.channels.back },
            kind: ResultKind::Elsewhere,
            next: None,
            first_attempt: FirstAttempt::Worker,
        }
    }
}

/// Who is the first to try to deliver logout tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstAttempt {
    /// Whoever ends the session, with what [`Ended`] holds, before it does anything else.
    Caller,
    /// The worker, which the caller wakes after the commit.
    Worker,
}

/// What has ended, and what is left to do. It is recorded: what gets lost here is not lost.
#[derive(Debug)]
pub(crate) struct Ended {
    /// By which the result is found.
    pub(super) handle: Opaque,
    pub(super) logout_id: i64,
    pub(super) next: Option<NextStop>,
    /// Not empty.
    pub(super) sessions: Vec<EndedSession>,
    /// What the apps are owed, of all sessions.
    pub(super) entries: Vec<Entry>,
}

/// One of the sessions that have ended.
#[derive(Debug)]
pub(crate) struct EndedSession {
    pub(crate) session: Session,
    pub(super) notifications: Vec<Notification>,
    cause: Cause,
    logout_id: i64,
    part_of: Option<i64>,
}

impl Ended {
    /// Each of them.
    pub(crate) fn into_sessions(self) -> Vec<EndedSession> {
        self.sessions
    }

    pub(crate) fn sessions(&self) -> &[EndedSession] {
        &self.sessions
    }

    /// Whom to tell of the end of the first session, which is that of the browser if any is.
    pub(super) fn first_notifications(&self) -> &[Notification] {
        self.sessions.first().map_or(&[], |first| &first.notifications)
    }
}

/// For whoever has committed the end of these sessions.
pub(crate) fn tell_observers(provider: &Provider, sessions: &[EndedSession]) {
    if provider.observers.is_empty() {
        return;
    }
    for EndedSession { session, notifications, cause, logout_id, part_of } in sessions {
        let apps: Vec<App<'_>> = notifications.iter().map(Notification::observed).collect();
        provider.observe(|| Observation::SessionEnded {
            sign_out: *logout_id,
            part_of: *part_of,
            session: &session.public_id,
            sub: &session.sub,
            cause: cause.observed(),
            apps: &apps,
        });
    }
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
    end_one(conn, provider, session, logout, None, now).await
}

/// Ends several sessions, the first as `logout` says and the others without a page. Each app is told of each by its own
/// `sid`: nobody else's session can be meant, and none that begins later. What became of them is shown together. The caller
/// commits. `None`: there was nothing to end.
pub(crate) async fn end_all(
    conn: &mut SqliteConnection,
    provider: &Provider,
    sessions: &[Session],
    logout: &NewLogout,
    now: i64,
) -> Result<Option<Ended>, InternalError> {
    let others = Channels { front: false, ..logout.channels };
    let mut all: Option<Ended> = None;
    for session in sessions {
        match &mut all {
            None => all = end_one(conn, provider, session, logout.clone(), None, now).await?,
            Some(first) => {
                let logout = NewLogout { channels: others, next: None, ..logout.clone() };
                let ended = end_one(conn, provider, session, logout, Some(first.logout_id), now).await?;
                if let Some(ended) = ended {
                    first.entries.extend(ended.entries);
                    first.sessions.extend(ended.sessions);
                }
            }
        }
    }
    Ok(all)
}

async fn end_one(
    conn: &mut SqliteConnection,
    provider: &Provider,
    session: &Session,
    logout: NewLogout,
    part_of: Option<i64>,
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
    audit::session_ended(conn, session, &logout.cause, now).await?;

    let reached = session_client::of_session(conn, session.id).await?;
    let notifications = whom_to_tell(&reached, &provider.registry, logout.channels, &provider.issuer);
    let handle = Opaque::random()?;
    let record = logout::NewLogout {
        handle: handle.hash(),
        sub: &session.sub,
        session: &session.public_id,
        part_of,
        kind: logout.kind,
        toe: now,
        return_to: logout.next.as_ref().map(|next| next.url.as_str()),
        return_to_name: logout.next.as_ref().map(|next| next.name.as_str()),
        expires_at: now + RESULT_LIFETIME,
    };
    let logout_id = logout::insert(conn, &record).await?;
    let entries = record_apps(conn, provider, session, logout_id, &notifications, logout.first_attempt, now).await?;
    tracing::info!(logout.apps = notifications.len(), "session ended");
    let (session, cause) = (session.clone(), logout.cause);
    let sessions = vec![EndedSession { session, notifications, cause, logout_id, part_of }];
    Ok(Some(Ended { handle, logout_id, next: logout.next, sessions, entries }))
}

/// Records what is known of each app, and what it is owed.
async fn record_apps(
    conn: &mut SqliteConnection,
    provider: &Provider,
    session: &Session,
    logout_id: i64,
    notifications: &[Notification],
    first_attempt: FirstAttempt,
    now: i64,
) -> Result<Vec<Entry>, InternalError> {
    // Leased to the caller, so that the worker leaves it alone.
    let next_attempt_ms = match first_attempt {
        FirstAttempt::Caller => provider.clock.now_ms() + provider.back_channel.lease_ms(),
        FirstAttempt::Worker => provider.clock.now_ms(),
    };
    let mut entries = Vec::new();
    for notification in notifications {
        let app = LogoutApp {
            client_id: notification.client_id.clone(),
            name: notification.name.clone(),
            framed: notification.frame.is_some(),
            outcome: notification.first_outcome(),
        };
        logout::insert_app(conn, logout_id, &app).await?;
        audit::app_news(conn, logout_id, &app.client_id, News::ToBeTold, app.outcome, now).await?;
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
    Ok(entries)
}
