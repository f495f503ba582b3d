use sqlx::{FromRow, SqliteConnection};

/// An app that a session reached, and the `sid` by which it knows the session.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct SessionClient {
    pub(crate) client_id: String,
    pub(crate) sid: String,
}

/// Records that the session reaches this app. The `sid` is `new_sid` the first time, and stays.
pub(crate) async fn reach(
    conn: &mut SqliteConnection,
    session_id: i64,
    client_id: &str,
    new_sid: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO session_client (session_id, client_id, sid, first_at, last_at) VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT (session_id, client_id) DO UPDATE SET last_at = excluded.last_at",
    )
    .bind(session_id)
    .bind(client_id)
    .bind(new_sid)
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
}

/// Records that the app has just come with this session.
pub(crate) async fn touch(
    conn: &mut SqliteConnection,
    session_id: i64,
    client_id: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE session_client SET last_at = ? WHERE session_id = ? AND client_id = ?")
        .bind(now)
        .bind(session_id)
        .bind(client_id)
        .execute(conn)
        .await
        .map(drop)
}

/// The `sid` of the session at this app, if it was reached.
pub(crate) async fn sid(
    conn: &mut SqliteConnection,
    session_id: i64,
    client_id: &str,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT sid FROM session_client WHERE session_id = ? AND client_id = ?")
        .bind(session_id)
        .bind(client_id)
        .fetch_optional(conn)
        .await
}

/// Every app that the session reached, in the order of the first visit.
pub(crate) async fn of_session(
    conn: &mut SqliteConnection,
    session_id: i64,
) -> Result<Vec<SessionClient>, sqlx::Error> {
    sqlx::query_as("SELECT client_id, sid FROM session_client WHERE session_id = ? ORDER BY first_at, client_id")
        .bind(session_id)
        .fetch_all(conn)
        .await
}
