use sqlx::SqliteConnection;

/// A logout token that an app is owed.
#[derive(Clone, Debug)]
pub(crate) struct NewEntry<'a> {
    pub(crate) logout_id: i64,
    pub(crate) client_id: &'a str,
    pub(crate) sid: &'a str,
    pub(crate) sub: &'a str,
    /// When the session ended; every attempt says so.
    pub(crate) toe: i64,
    pub(crate) expires_at: i64,
}

/// Records what an app is owed; it is due at once.
pub(crate) async fn insert(conn: &mut SqliteConnection, entry: &NewEntry<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query(
        "INSERT INTO outbox (logout_id, client_id, sid, sub, toe, next_attempt_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
    )
    .bind(entry.logout_id)
    .bind(entry.client_id)
    .bind(entry.sid)
    .bind(entry.sub)
    .bind(entry.toe)
    .bind(entry.expires_at)
    .execute(conn)
    .await
    .map(|done| done.last_insert_rowid())
}

/// The app has acknowledged.
pub(crate) async fn set_delivered(conn: &mut SqliteConnection, id: i64, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE outbox SET attempts = attempts + 1, delivered_at = ?, last_error = NULL WHERE id = ?")
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
    next_attempt_at: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE outbox SET attempts = attempts + 1, last_error = ?, next_attempt_at = ? WHERE id = ?")
        .bind(error)
        .bind(next_attempt_at)
        .bind(id)
        .execute(conn)
        .await
        .map(drop)
}
