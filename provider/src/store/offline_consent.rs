use std::collections::BTreeSet;

use sqlx::SqliteConnection;

/// Records what the user lets the app do while they are away: scopes, separated by spaces. What they allowed before stays.
pub(crate) async fn insert(
    conn: &mut SqliteConnection,
    sub: &str,
    client_id: &str,
    scope: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    for scope in scope.split(' ') {
        sqlx::query(
            "INSERT INTO offline_consent (sub, client_id, scope, given_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (sub, client_id, scope) DO UPDATE SET given_at = excluded.given_at",
        )
        .bind(sub)
        .bind(client_id)
        .bind(scope)
        .bind(now)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Whether the user lets the app do all of this while they are away: scopes, separated by spaces.
pub(crate) async fn covers(
    conn: &mut SqliteConnection,
    sub: &str,
    client_id: &str,
    scope: &str,
) -> Result<bool, sqlx::Error> {
    let allowed: Vec<String> = sqlx::query_scalar("SELECT scope FROM offline_consent WHERE sub = ? AND client_id = ?")
        .bind(sub)
        .bind(client_id)
        .fetch_all(conn)
        .await?;
    let allowed: BTreeSet<&str> = allowed.iter().map(String::as_str).collect();
    Ok(scope.split(' ').all(|scope| allowed.contains(scope)))
}

/// Everybody who lets some app do something: the `sub`, the user name and the `client_id`.
pub(crate) async fn all(conn: &mut SqliteConnection) -> Result<Vec<(String, String, String)>, sqlx::Error> {
    sqlx::query_as("SELECT DISTINCT sub, username, client_id FROM offline_consent JOIN user USING (sub)")
        .fetch_all(conn)
        .await
}

/// Forgets what the user let the app do; says whether there was anything.
pub(crate) async fn delete(conn: &mut SqliteConnection, sub: &str, client_id: &str) -> Result<bool, sqlx::Error> {
    sqlx::query("DELETE FROM offline_consent WHERE sub = ? AND client_id = ?")
        .bind(sub)
        .bind(client_id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected() > 0)
}
