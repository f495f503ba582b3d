use sqlx::{FromRow, SqliteConnection};

use crate::end_session::{Outcome, ResultKind};
use crate::secret::Hash;

/// A sign-out and where its user goes on to.
#[derive(Debug, FromRow)]
pub(crate) struct LogoutResult {
    pub(crate) id: i64,
    pub(crate) sub: String,
    #[sqlx(try_from = "String")]
    pub(crate) kind: ResultKind,
    pub(crate) return_to: Option<String>,
    pub(crate) return_to_name: Option<String>,
}

/// What is known of one app.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct LogoutApp {
    pub(crate) client_id: String,
    pub(crate) name: String,
    pub(crate) framed: bool,
    #[sqlx(try_from = "String")]
    pub(crate) outcome: Outcome,
}

/// A sign-out that is about to be recorded.
#[derive(Debug)]
pub(crate) struct NewLogout<'a> {
    pub(crate) handle: Hash,
    pub(crate) sub: &'a str,
    /// The public id of the session.
    pub(crate) session: &'a str,
    /// The sign-out that it is shown with.
    pub(crate) part_of: Option<i64>,
    pub(crate) kind: ResultKind,
    pub(crate) toe: i64,
    pub(crate) return_to: Option<&'a str>,
    pub(crate) return_to_name: Option<&'a str>,
    pub(crate) expires_at: i64,
}

pub(crate) async fn insert(conn: &mut SqliteConnection, logout: &NewLogout<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query(
        "INSERT INTO logout_result
             (handle_hash, sub, session, part_of, kind, toe, return_to, return_to_name, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(logout.handle.as_bytes())
    .bind(logout.sub)
    .bind(logout.session)
    .bind(logout.part_of)
    .bind(logout.kind.as_str())
    .bind(logout.toe)
    .bind(logout.return_to)
    .bind(logout.return_to_name)
    .bind(logout.expires_at)
    .execute(conn)
    .await
    .map(|done| done.last_insert_rowid())
}

pub(crate) async fn insert_app(
    conn: &mut SqliteConnection,
    logout_id: i64,
    app: &LogoutApp,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO logout_app (logout_id, client_id, name, framed, outcome) VALUES (?, ?, ?, ?, ?)")
        .bind(logout_id)
        .bind(&app.client_id)
        .bind(&app.name)
        .bind(app.framed)
        .bind(app.outcome.as_str())
        .execute(conn)
        .await
        .map(drop)
}

/// The sign-out with this handle. While an app is still being told, it is not too old.
pub(crate) async fn by_handle(
    conn: &mut SqliteConnection,
    handle: Hash,
    now: i64,
) -> Result<Option<LogoutResult>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, sub, kind, return_to, return_to_name FROM logout_result AS shown
         WHERE handle_hash = ? AND (expires_at > ? OR EXISTS (
             SELECT 1 FROM outbox
             WHERE logout_id IN (SELECT id FROM logout_result WHERE id = shown.id OR part_of = shown.id)
               AND delivered_at IS NULL AND given_up_at IS NULL))",
    )
    .bind(handle.as_bytes())
    .bind(now)
    .fetch_optional(conn)
    .await
}

/// Keeps the result that this sign-out is shown with readable until then at least.
pub(crate) async fn keep_until(conn: &mut SqliteConnection, logout_id: i64, instant: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE logout_result SET expires_at = max(expires_at, ?)
         WHERE id = (SELECT coalesce(part_of, id) FROM logout_result WHERE id = ?)",
    )
    .bind(instant)
    .bind(logout_id)
    .execute(conn)
    .await
    .map(drop)
}

/// The apps of the one session.
pub(crate) async fn apps(conn: &mut SqliteConnection, logout_id: i64) -> Result<Vec<LogoutApp>, sqlx::Error> {
    sqlx::query_as("SELECT client_id, name, framed, outcome FROM logout_app WHERE logout_id = ? ORDER BY rowid")
        .bind(logout_id)
        .fetch_all(conn)
        .await
}

/// The apps of all sessions that are shown with this one, each once: what is known of all of its sessions together.
pub(crate) async fn all_apps(conn: &mut SqliteConnection, logout_id: i64) -> Result<Vec<LogoutApp>, sqlx::Error> {
    let of_sessions: Vec<LogoutApp> = sqlx::query_as(
        "SELECT client_id, name, framed, outcome FROM logout_app
         WHERE logout_id = ?1 OR logout_id IN (SELECT id FROM logout_result WHERE part_of = ?1)
         ORDER BY logout_id, rowid",
    )
    .bind(logout_id)
    .fetch_all(conn)
    .await?;
    let mut apps: Vec<LogoutApp> = Vec::new();
    for app in of_sessions {
        match apps.iter_mut().find(|known| known.client_id == app.client_id) {
            Some(known) => known.outcome = known.outcome.together_with(app.outcome),
            None => apps.push(app),
        }
    }
    Ok(apps)
}

pub(crate) async fn app(
    conn: &mut SqliteConnection,
    logout_id: i64,
    client_id: &str,
) -> Result<Option<LogoutApp>, sqlx::Error> {
    sqlx::query_as("SELECT client_id, name, framed, outcome FROM logout_app WHERE logout_id = ? AND client_id = ?")
        .bind(logout_id)
        .bind(client_id)
        .fetch_optional(conn)
        .await
}

pub(crate) async fn set_outcome(
    conn: &mut SqliteConnection,
    logout_id: i64,
    client_id: &str,
    outcome: Outcome,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE logout_app SET outcome = ? WHERE logout_id = ? AND client_id = ?")
        .bind(outcome.as_str())
        .bind(logout_id)
        .bind(client_id)
        .execute(conn)
        .await
        .map(drop)
}
