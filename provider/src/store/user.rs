use sqlx::SqliteConnection;

/// The `sub` of the user with this name, which is `new_sub` if there is none yet.
pub(crate) async fn ensure(conn: &mut SqliteConnection, username: &str, new_sub: &str) -> Result<String, sqlx::Error> {
    sqlx::query("INSERT INTO user (sub, username) VALUES (?, ?) ON CONFLICT (username) DO NOTHING")
        .bind(new_sub)
        .bind(username)
        .execute(&mut *conn)
        .await?;
    sqlx::query_scalar("SELECT sub FROM user WHERE username = ?").bind(username).fetch_one(conn).await
}

/// The `sub` of the user with this name, if they ever signed in.
pub(crate) async fn sub(conn: &mut SqliteConnection, username: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT sub FROM user WHERE username = ?").bind(username).fetch_optional(conn).await
}

/// The name of the user with this `sub`.
pub(crate) async fn username(conn: &mut SqliteConnection, sub: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT username FROM user WHERE sub = ?").bind(sub).fetch_optional(conn).await
}

/// The `auth_time` of a sign-in that happens now: later than any of the user's sign-outs, even within one second.
pub(crate) async fn next_auth_time(conn: &mut SqliteConnection, sub: &str, now: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT max(?, last_ended + 1) FROM user WHERE sub = ?")
        .bind(now)
        .bind(sub)
        .fetch_one(conn)
        .await
}

/// Records that a session of the user ended at this instant.
pub(crate) async fn set_last_ended(conn: &mut SqliteConnection, sub: &str, instant: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE user SET last_ended = max(last_ended, ?) WHERE sub = ?")
        .bind(instant)
        .bind(sub)
        .execute(conn)
        .await
        .map(drop)
}
