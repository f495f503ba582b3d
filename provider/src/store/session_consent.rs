use std::collections::BTreeSet;

use sqlx::SqliteConnection;

/// Records what the user lets the app have while this session lasts: scopes, separated by spaces.
pub(crate) async fn insert(
    conn: &mut SqliteConnection,
    session_id: i64,
    client_id: &str,
    scope: &str,
) -> Result<(), sqlx::Error> {
    for scope in scope.split(' ') {
        sqlx::query(
            "INSERT INTO session_consent (session_id, client_id, scope) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(session_id)
        .bind(client_id)
        .bind(scope)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Whether the user lets the app have all of this: scopes, separated by spaces.
pub(crate) async fn covers(
    conn: &mut SqliteConnection,
    session_id: i64,
    client_id: &str,
    scope: &str,
) -> Result<bool, sqlx::Error> {
    let allowed: Vec<String> =
        sqlx::query_scalar("SELECT scope FROM session_consent WHERE session_id = ? AND client_id = ?")
            .bind(session_id)
            .bind(client_id)
            .fetch_all(conn)
            .await?;
    let allowed: BTreeSet<&str> = allowed.iter().map(String::as_str).collect();
    Ok(scope.split(' ').all(|scope| allowed.contains(scope)))
}

/// The app is another one now, or none: whoever allowed it something is asked again.
pub(crate) async fn delete_of_client(conn: &mut SqliteConnection, client_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM session_consent WHERE client_id = ?").bind(client_id).execute(conn).await.map(drop)
}
