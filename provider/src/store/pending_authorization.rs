use sqlx::{FromRow, SqliteConnection};

use crate::secret::Hash;

/// More than this many are not kept: the oldest goes.
const CAPACITY: i64 = 10_000;

/// An authorization request whose user is at the login form, or at the choice of an account.
#[derive(Debug, FromRow)]
pub(crate) struct Pending {
    /// The session that the browser had.
    pub(crate) session_id: Option<i64>,
    /// The request's parameters, to be parsed again: the configuration may have changed.
    pub(crate) form: String,
}

/// Keeps the request for the browser that holds this cookie.
pub(crate) async fn insert(
    conn: &mut SqliteConnection,
    handle: Hash,
    browser: Hash,
    pending: &Pending,
    expires_at: i64,
) -> Result<(), sqlx::Error> {
    let id = sqlx::query(
        "INSERT INTO pending_authorization (handle_hash, browser_hash, session_id, form, expires_at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(handle.as_bytes())
    .bind(browser.as_bytes())
    .bind(pending.session_id)
    .bind(&pending.form)
    .bind(expires_at)
    .execute(&mut *conn)
    .await?
    .last_insert_rowid();
    sqlx::query("DELETE FROM pending_authorization WHERE id <= ?").bind(id - CAPACITY).execute(conn).await.map(drop)
}

/// The request with this handle, if it is this browser's and not too old.
pub(crate) async fn find(
    conn: &mut SqliteConnection,
    handle: Hash,
    browser: Hash,
    now: i64,
) -> Result<Option<Pending>, sqlx::Error> {
    sqlx::query_as(
        "SELECT session_id, form FROM pending_authorization
         WHERE handle_hash = ? AND browser_hash = ? AND expires_at > ?",
    )
    .bind(handle.as_bytes())
    .bind(browser.as_bytes())
    .bind(now)
    .fetch_optional(conn)
    .await
}

/// Takes the request away, so that it is answered once. Whoever gets `false` came too late.
pub(crate) async fn take(conn: &mut SqliteConnection, handle: Hash, now: i64) -> Result<bool, sqlx::Error> {
    sqlx::query("DELETE FROM pending_authorization WHERE handle_hash = ? AND expires_at > ?")
        .bind(handle.as_bytes())
        .bind(now)
        .execute(conn)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// Forgets what the ended session was to confirm.
pub(crate) async fn delete_of_session(conn: &mut SqliteConnection, session_id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM pending_authorization WHERE session_id = ?").bind(session_id).execute(conn).await.map(drop)
}
