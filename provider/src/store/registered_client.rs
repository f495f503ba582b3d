use sqlx::{FromRow, SqliteConnection};

use crate::secret::Hash;

/// A client that has registered itself.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct RegisteredClient {
    pub(crate) client_id: String,
    /// JSON.
    pub(crate) metadata: String,
    pub(crate) secret_hash: Option<Vec<u8>>,
    pub(crate) token_hash: Vec<u8>,
    pub(crate) issued_at: i64,
}

pub(crate) async fn insert(conn: &mut SqliteConnection, client: &RegisteredClient) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO registered_client (client_id, metadata, secret_hash, token_hash, issued_at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(&client.client_id)
    .bind(&client.metadata)
    .bind(&client.secret_hash)
    .bind(&client.token_hash)
    .bind(client.issued_at)
    .execute(conn)
    .await
    .map(drop)
}

/// Gives the client other metadata, and what is kept of its secret.
pub(crate) async fn update(
    conn: &mut SqliteConnection,
    client_id: &str,
    metadata: &str,
    secret: Option<Hash>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE registered_client SET metadata = ?, secret_hash = ? WHERE client_id = ?")
        .bind(metadata)
        .bind(secret.as_ref().map(Hash::as_bytes))
        .bind(client_id)
        .execute(conn)
        .await
        .map(drop)
}

pub(crate) async fn delete(conn: &mut SqliteConnection, client_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM registered_client WHERE client_id = ?").bind(client_id).execute(conn).await.map(drop)
}

pub(crate) async fn by_id(
    conn: &mut SqliteConnection,
    client_id: &str,
) -> Result<Option<RegisteredClient>, sqlx::Error> {
    sqlx::query_as(
        "SELECT client_id, metadata, secret_hash, token_hash, issued_at FROM registered_client WHERE client_id = ?",
    )
    .bind(client_id)
    .fetch_optional(conn)
    .await
}

pub(crate) async fn all(conn: &mut SqliteConnection) -> Result<Vec<RegisteredClient>, sqlx::Error> {
    sqlx::query_as("SELECT client_id, metadata, secret_hash, token_hash, issued_at FROM registered_client")
        .fetch_all(conn)
        .await
}

pub(crate) async fn count(conn: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM registered_client").fetch_one(conn).await
}

/// Somebody comes back to the client with a code.
pub(crate) async fn set_used(conn: &mut SqliteConnection, client_id: &str, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE registered_client SET last_used_at = ? WHERE client_id = ?")
        .bind(now)
        .bind(client_id)
        .execute(conn)
        .await
        .map(drop)
}

/// Clients that were registered by then and never used, the oldest first.
pub(crate) async fn unused(
    conn: &mut SqliteConnection,
    issued_until: i64,
    limit: i64,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT client_id FROM registered_client WHERE last_used_at IS NULL AND issued_at <= ?
         ORDER BY issued_at LIMIT ?",
    )
    .bind(issued_until)
    .bind(limit)
    .fetch_all(conn)
    .await
}
