use sqlx::{FromRow, SqliteConnection};

use crate::secret::Hash;

/// A refresh token, used or not.
#[derive(Debug, FromRow)]
pub(crate) struct RefreshToken {
    pub(crate) family_id: i64,
    pub(crate) expires_at: i64,
    /// When it was used for the first time.
    pub(crate) used_at: Option<i64>,
    /// Whether what its use gave is there, and was not used in its turn.
    pub(crate) has_unused_successor: bool,
}

pub(crate) async fn insert(
    conn: &mut SqliteConnection,
    token: Hash,
    family_id: i64,
    expires_at: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO refresh_token (token_hash, family_id, expires_at) VALUES (?, ?, ?)")
        .bind(token.as_bytes())
        .bind(family_id)
        .bind(expires_at)
        .execute(conn)
        .await
        .map(drop)
}

pub(crate) async fn find(conn: &mut SqliteConnection, token: Hash) -> Result<Option<RefreshToken>, sqlx::Error> {
    sqlx::query_as(
        "SELECT token.family_id, token.expires_at, token.used_at,
                next.token_hash IS NOT NULL AND next.used_at IS NULL AS has_unused_successor
         FROM refresh_token AS token LEFT JOIN refresh_token AS next ON next.token_hash = token.successor
         WHERE token.token_hash = ?",
    )
    .bind(token.as_bytes())
    .fetch_optional(conn)
    .await
}

/// Records what the token was exchanged for. A successor that it had before counts as used from now on.
pub(crate) async fn set_successor(
    conn: &mut SqliteConnection,
    token: Hash,
    successor: Hash,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE refresh_token SET used_at = ?
         WHERE used_at IS NULL AND token_hash = (SELECT successor FROM refresh_token WHERE token_hash = ?)",
    )
    .bind(now)
    .bind(token.as_bytes())
    .execute(&mut *conn)
    .await?;
    sqlx::query("UPDATE refresh_token SET used_at = coalesce(used_at, ?), successor = ? WHERE token_hash = ?")
        .bind(now)
        .bind(successor.as_bytes())
        .bind(token.as_bytes())
        .execute(conn)
        .await
        .map(drop)
}
