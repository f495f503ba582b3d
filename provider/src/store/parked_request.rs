use sqlx::SqliteConnection;

use crate::secret::Hash;

/// More than this many are not kept: the oldest goes.
const CAPACITY: i64 = 10_000;

/// Keeps a request's form for one use.
pub(crate) async fn insert(
    conn: &mut SqliteConnection,
    handle: Hash,
    endpoint: &str,
    form: &str,
    expires_at: i64,
) -> Result<(), sqlx::Error> {
    let id = sqlx::query("INSERT INTO parked_request (handle_hash, endpoint, form, expires_at) VALUES (?, ?, ?, ?)")
        .bind(handle.as_bytes())
        .bind(endpoint)
        .bind(form)
        .bind(expires_at)
        .execute(&mut *conn)
        .await?
        .last_insert_rowid();
    sqlx::query("DELETE FROM parked_request WHERE id <= ?").bind(id - CAPACITY).execute(conn).await.map(drop)
}

/// The form of the request with this handle, for the one time that it can be had.
pub(crate) async fn take(
    conn: &mut SqliteConnection,
    handle: Hash,
    endpoint: &str,
    now: i64,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "DELETE FROM parked_request WHERE handle_hash = ? AND endpoint = ? AND expires_at > ? RETURNING form",
    )
    .bind(handle.as_bytes())
    .bind(endpoint)
    .bind(now)
    .fetch_optional(conn)
    .await
}
