use sqlx::{FromRow, SqliteConnection};

use crate::secret::Hash;

/// A session that has not been ended. It may have expired: then it signs nobody in, but it can still be ended.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Session {
    pub(crate) id: i64,
    /// By which people name it; no secret, and no `sid`.
    pub(crate) public_id: String,
    pub(crate) sub: String,
    pub(crate) auth_time: i64,
    pub(crate) expires_at: i64,
}

impl Session {
    /// Whether it still signs its user in.
    pub(crate) fn is_live(&self, now: i64) -> bool {
        now < self.expires_at
    }
}

/// The session that this cookie stands for, unless it has been ended.
pub(crate) async fn by_cookie(conn: &mut SqliteConnection, cookie: Hash) -> Result<Option<Session>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, public_id, sub, auth_time, expires_at FROM session WHERE cookie_hash = ? AND ended_at IS NULL",
    )
    .bind(cookie.as_bytes())
    .fetch_optional(conn)
    .await
}

/// The session with this id, unless it has been ended.
pub(crate) async fn by_id(conn: &mut SqliteConnection, id: i64) -> Result<Option<Session>, sqlx::Error> {
    sqlx::query_as("SELECT id, public_id, sub, auth_time, expires_at FROM session WHERE id = ? AND ended_at IS NULL")
        .bind(id)
        .fetch_optional(conn)
        .await
}

/// The session that this app knows by this `sid`, unless it has been ended.
pub(crate) async fn by_sid(
    conn: &mut SqliteConnection,
    client_id: &str,
    sid: &str,
) -> Result<Option<Session>, sqlx::Error> {
    sqlx::query_as(
        "SELECT session.id, public_id, sub, auth_time, expires_at FROM session
         JOIN session_client ON session_client.session_id = session.id
         WHERE client_id = ? AND sid = ? AND ended_at IS NULL",
    )
    .bind(client_id)
    .bind(sid)
    .fetch_optional(conn)
    .await
}

/// Sessions that have expired and were not ended yet, the oldest first.
pub(crate) async fn expired(conn: &mut SqliteConnection, now: i64, limit: i64) -> Result<Vec<Session>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, public_id, sub, auth_time, expires_at FROM session WHERE expires_at <= ? AND ended_at IS NULL
         ORDER BY expires_at LIMIT ?",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// The session that people name so, unless it has been ended.
pub(crate) async fn by_public_id(conn: &mut SqliteConnection, public_id: &str) -> Result<Option<Session>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, public_id, sub, auth_time, expires_at FROM session WHERE public_id = ? AND ended_at IS NULL",
    )
    .bind(public_id)
    .fetch_optional(conn)
    .await
}

/// All sessions of the user that have not been ended.
pub(crate) async fn of_user(conn: &mut SqliteConnection, sub: &str) -> Result<Vec<Session>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, public_id, sub, auth_time, expires_at FROM session WHERE sub = ? AND ended_at IS NULL ORDER BY id",
    )
    .bind(sub)
    .fetch_all(conn)
    .await
}

/// A session that begins.
#[derive(Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) cookie: Hash,
    pub(crate) public_id: &'a str,
    pub(crate) sub: &'a str,
    pub(crate) auth_time: i64,
    /// What the user knows the browser by.
    pub(crate) browser: Option<&'a str>,
    pub(crate) now: i64,
    pub(crate) expires_at: i64,
}

/// Begins a session.
pub(crate) async fn insert(conn: &mut SqliteConnection, session: &NewSession<'_>) -> Result<Session, sqlx::Error> {
    sqlx::query_as(
        "INSERT INTO session (cookie_hash, public_id, sub, auth_time, browser, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id, public_id, sub, auth_time, expires_at",
    )
    .bind(session.cookie.as_bytes())
    .bind(session.public_id)
    .bind(session.sub)
    .bind(session.auth_time)
    .bind(session.browser)
    .bind(session.now)
    .bind(session.expires_at)
    .fetch_one(conn)
    .await
}

/// The user proved again who they are: the session goes on under a new cookie.
pub(crate) async fn reauthenticate(
    conn: &mut SqliteConnection,
    id: i64,
    cookie: Hash,
    auth_time: i64,
    expires_at: i64,
) -> Result<Session, sqlx::Error> {
    sqlx::query_as(
        "UPDATE session SET cookie_hash = ?, auth_time = ?, expires_at = ? WHERE id = ? AND ended_at IS NULL
         RETURNING id, public_id, sub, auth_time, expires_at",
    )
    .bind(cookie.as_bytes())
    .bind(auth_time)
    .bind(expires_at)
    .bind(id)
    .fetch_one(conn)
    .await
}

/// Marks the session as ended. Whoever gets `false` came second.
pub(crate) async fn end(conn: &mut SqliteConnection, id: i64, now: i64) -> Result<bool, sqlx::Error> {
    sqlx::query("UPDATE session SET ended_at = ? WHERE id = ? AND ended_at IS NULL")
        .bind(now)
        .bind(id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected() == 1)
}
