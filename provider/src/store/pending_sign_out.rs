use sqlx::{FromRow, SqliteConnection};

use crate::secret::Hash;

/// More than this many are not kept: the oldest goes.
const CAPACITY: i64 = 10_000;

/// A sign-out whose user is at the question.
#[derive(Debug, FromRow)]
pub(crate) struct Pending {
    /// The session that the browser had.
    pub(crate) session_id: i64,
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
        "INSERT INTO pending_sign_out (handle_hash, browser_hash, session_id, form, expires_at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(handle.as_bytes())
    .bind(browser.as_bytes())
    .bind(pending.session_id)
    .bind(&pending.form)
    .bind(expires_at)
    .execute(&mut *conn)
    .await?
    .last_insert_rowid();
    sqlx::query("DELETE FROM pending_sign_out WHERE id <= ?").bind(id - CAPACITY).execute(conn).await.map(drop)
}

/// The request with this handle, if it is this browser's and not too old, for the one time that it can be had.
pub(crate) async fn take(
    conn: &mut SqliteConnection,
    handle: Hash,
    browser: Hash,
    now: i64,
) -> Result<Option<Pending>, sqlx::Error> {
    sqlx::query_as(
        "DELETE FROM pending_sign_out WHERE handle_hash = ? AND browser_hash = ? AND expires_at > ?
         RETURNING session_id, form",
    )
    .bind(handle.as_bytes())
    .bind(browser.as_bytes())
    .bind(now)
    .fetch_optional(conn)
    .await
}
