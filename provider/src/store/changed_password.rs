use sqlx::SqliteConnection;

/// The argon2 hash of the password that the user has changed to, if they did.
pub(crate) async fn of_username(conn: &mut SqliteConnection, username: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT hash FROM changed_password JOIN user USING (sub) WHERE username = ?")
        .bind(username)
        .fetch_optional(conn)
        .await
}

/// When the user last did.
pub(crate) async fn changed_at(conn: &mut SqliteConnection, sub: &str) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("SELECT changed_at FROM changed_password WHERE sub = ?").bind(sub).fetch_optional(conn).await
}

/// Keeps the hash of a new password, and that of the one that is configured meanwhile.
pub(crate) async fn set(
    conn: &mut SqliteConnection,
    sub: &str,
    hash: &str,
    configured: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO changed_password (sub, hash, configured, changed_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (sub) DO UPDATE
             SET hash = excluded.hash, configured = excluded.configured, changed_at = excluded.changed_at",
    )
    .bind(sub)
    .bind(hash)
    .bind(configured)
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
}

/// Everybody who has changed their password: the user name, and the hash of what was configured then.
pub(crate) async fn all(conn: &mut SqliteConnection) -> Result<Vec<(String, String)>, sqlx::Error> {
    sqlx::query_as("SELECT username, configured FROM changed_password JOIN user USING (sub)").fetch_all(conn).await
}

/// What is configured counts again.
pub(crate) async fn delete(conn: &mut SqliteConnection, username: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM changed_password WHERE sub = (SELECT sub FROM user WHERE username = ?)")
        .bind(username)
        .execute(conn)
        .await
        .map(drop)
}
