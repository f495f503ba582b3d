//! The end of everything that a user has here, at the word of somebody who is not at their browser.

use sqlx::SqliteConnection;

use crate::audit::Cause;
use crate::end_session::{self, Ended, EndedSession, NewLogout};
use crate::error::InternalError;
use crate::offline_access;
use crate::state::Provider;
use crate::store::session;

/// Ends all sessions of the user, and records what their apps are owed. The caller commits, tells the observers, and wakes the
/// worker. Gives what has ended.
pub(crate) async fn end_sessions(
    conn: &mut SqliteConnection,
    provider: &Provider,
    sub: &str,
    cause: &Cause,
    now: i64,
) -> Result<Vec<EndedSession>, InternalError> {
    let sessions = session::of_user(conn, sub).await?;
    let logout = NewLogout::without_page(provider, cause.clone());
    let ended = end_session::end_all(conn, provider, &sessions, &logout, now).await?;
    Ok(ended.map(Ended::into_sessions).unwrap_or_default())
}

/// The same, and what apps could do while the user is away.
pub(crate) async fn end_everything(
    conn: &mut SqliteConnection,
    provider: &Provider,
    sub: &str,
    cause: &Cause,
    now: i64,
) -> Result<Vec<EndedSession>, InternalError> {
    let sessions = end_sessions(conn, provider, sub, cause, now).await?;
    offline_access::withdraw_all(conn, sub, cause, now).await?;
    Ok(sessions)
}
