use sqlx::{FromRow, SqliteConnection};

use crate::observation::{Attempt, Sid};

/// A logout token that an app is owed.
#[derive(Clone, Debug)]
pub(crate) struct NewEntry<'a> {
    pub(crate) logout_id: i64,
    pub(crate) client_id: &'a str,
    pub(crate) sid: &'a str,
    pub(crate) sub: &'a str,
    /// When the session ended; every attempt says so.
    pub(crate) toe: i64,
    /// Milliseconds.
    pub(crate) next_attempt_ms: i64,
    pub(crate) expires_at: i64,
}

/// What apps are still owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct OutboxStatus {
    /// How many logout tokens.
    pub entries: i64,
    /// When the first of the sessions ended that they are about, in seconds since the Unix epoch.
    pub oldest: Option<i64>,
}

/// What is neither delivered nor given up.
pub(crate) async fn status(conn: &mut SqliteConnection) -> Result<OutboxStatus, sqlx::Error> {
    sqlx::query_as(
        "SELECT count(*) AS entries, min(toe) AS oldest FROM outbox WHERE delivered_at IS NULL AND given_up_at IS NULL",
    )
    .fetch_one(conn)
    .await
}

/// A logout token that is still to be delivered.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) logout_id: i64,
    pub(crate) client_id: String,
    pub(crate) sid: String,
    pub(crate) sub: String,
    /// When the session ended.
    pub(crate) toe: i64,
    /// How many attempts have failed.
    pub(crate) attempts: i64,
    /// How many of them the app answered with 400.
    pub(crate) rejections: i64,
    /// After this, no session of the app that it could end is left.
    pub(crate) expires_at: i64,
}

impl Entry {
    /// For observers: the attempt that is made with this logout token.
    pub(crate) fn observed<'a>(&'a self, jti: &'a str) -> Attempt<'a> {
        Attempt {
            sign_out: self.logout_id,
            client: &self.client_id,
            number: self.attempts + 1,
            jti,
            sid: Sid::new(&self.sid),
            sub: &self.sub,
            toe: self.toe,
        }
    }
}

/// Records what an app is owed.
pub(crate) async fn insert(conn: &mut SqliteConnection, entry: &NewEntry<'_>) -> Result<Entry, sqlx::Error> {
    sqlx::query_as(
        "INSERT INTO outbox (logout_id, client_id, sid, sub, toe, next_attempt_ms, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         RETURNING id, logout_id, client_id, sid, sub, toe, attempts, rejections, expires_at",
    )
    .bind(entry.logout_id)
    .bind(entry.client_id)
    .bind(entry.sid)
    .bind(entry.sub)
    .bind(entry.toe)
    .bind(entry.next_attempt_ms)
    .bind(entry.expires_at)
    .fetch_one(conn)
    .await
}

/// The apps for which something is due; who waits longest comes first.
pub(crate) async fn due_clients(conn: &mut SqliteConnection, now_ms: i64) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT client_id FROM outbox
         WHERE delivered_at IS NULL AND given_up_at IS NULL AND next_attempt_ms <= ?
         GROUP BY client_id ORDER BY min(next_attempt_ms)",
    )
    .bind(now_ms)
    .fetch_all(conn)
    .await
}

/// What is due for this app, the oldest first.
pub(crate) async fn due(
    conn: &mut SqliteConnection,
    client_id: &str,
    now_ms: i64,
    limit: i64,
) -> Result<Vec<Entry>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, logout_id, client_id, sid, sub, toe, attempts, rejections, expires_at FROM outbox
         WHERE delivered_at IS NULL AND given_up_at IS NULL AND client_id = ? AND next_attempt_ms <= ?
         ORDER BY next_attempt_ms, id LIMIT ?",
    )
    .bind(client_id)
    .bind(now_ms)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// Everything that this app is still owed, due or not.
pub(crate) async fn owed(conn: &mut SqliteConnection, client_id: &str) -> Result<Vec<Entry>, sqlx::Error> {
    due(conn, client_id, i64::MAX, i64::MAX).await
}

/// When something becomes due that is not due yet, in milliseconds.
pub(crate) async fn next_due(conn: &mut SqliteConnection, now_ms: i64) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT min(next_attempt_ms) FROM outbox
         WHERE delivered_at IS NULL AND given_up_at IS NULL AND next_attempt_ms > ?",
    )
    .bind(now_ms)
    .fetch_one(conn)
    .await
}

/// Keeps the entry for an attempt that begins now. Should it leave no trace, the entry is due again at `until_ms`.
pub(crate) async fn lease(conn: &mut SqliteConnection, id: i64, until_ms: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE outbox SET next_attempt_ms = ? WHERE id = ?")
        .bind(until_ms)
        .bind(id)
        .execute(conn)
        .await
        .map(drop)
}

/// The app has acknowledged.
pub(crate) async fn set_delivered(conn: &mut SqliteConnection, id: i64, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE outbox SET attempts = attempts + 1, delivered_at = ?, given_up_at = NULL, last_error = NULL WHERE id = ?",
    )
    .bind(now)
    .bind(id)
    .execute(conn)
    .await
    .map(drop)
}

/// An attempt failed; the entry stays, and is due again later.
pub(crate) async fn set_failed(
    conn: &mut SqliteConnection,
    id: i64,
    error: &str,
    was_rejected: bool,
    next_attempt_ms: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE outbox SET attempts = attempts + 1, rejections = rejections + ?, last_error = ?, next_attempt_ms = ?
         WHERE id = ?",
    )
    .bind(was_rejected)
    .bind(error)
    .bind(next_attempt_ms)
    .bind(id)
    .execute(conn)
    .await
    .map(drop)
}

/// There will be no other attempt.
pub(crate) async fn set_given_up(conn: &mut SqliteConnection, id: i64, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE outbox SET given_up_at = ? WHERE id = ?").bind(now).bind(id).execute(conn).await.map(drop)
}
