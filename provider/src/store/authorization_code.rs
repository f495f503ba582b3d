use sqlx::{FromRow, SqliteConnection};

use crate::secret::Hash;

/// A code, with what the token request must match and what the tokens will say.
#[derive(Debug, FromRow)]
pub(crate) struct AuthorizationCode {
    pub(crate) session_id: i64,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    /// Scopes, separated by spaces.
    pub(crate) scope: String,
    /// What was asked for by name, as `ClaimsRequest` writes it.
    pub(crate) claims: Option<String>,
    pub(crate) nonce: Option<String>,
    /// Of method S256.
    pub(crate) code_challenge: Option<String>,
    /// The thumbprint of the key that the token request must prove.
    pub(crate) dpop_jkt: Option<String>,
    pub(crate) auth_time: i64,
    pub(crate) expires_at: i64,
    /// What the first use gave; `None`: not used yet.
    pub(crate) family_id: Option<i64>,
}

pub(crate) async fn insert(
    conn: &mut SqliteConnection,
    hash: Hash,
    code: &AuthorizationCode,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO authorization_code
             (code_hash, session_id, client_id, redirect_uri, scope, claims, nonce, code_challenge, dpop_jkt,
              auth_time, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(hash.as_bytes())
    .bind(code.session_id)
    .bind(&code.client_id)
    .bind(&code.redirect_uri)
    .bind(&code.scope)
    .bind(&code.claims)
    .bind(&code.nonce)
    .bind(&code.code_challenge)
    .bind(&code.dpop_jkt)
    .bind(code.auth_time)
    .bind(code.expires_at)
    .execute(conn)
    .await
    .map(drop)
}

pub(crate) async fn find(conn: &mut SqliteConnection, hash: Hash) -> Result<Option<AuthorizationCode>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM authorization_code WHERE code_hash = ?")
        .bind(hash.as_bytes())
        .fetch_optional(conn)
        .await
}

/// Marks the code as used, and keeps what it gave.
pub(crate) async fn set_used(conn: &mut SqliteConnection, hash: Hash, family_id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE authorization_code SET family_id = ? WHERE code_hash = ?")
        .bind(family_id)
        .bind(hash.as_bytes())
        .execute(conn)
        .await
        .map(drop)
}

/// The codes of a client that is gone, or may not do what it could. One that was used is kept in mind as below.
pub(crate) async fn delete_of_client(conn: &mut SqliteConnection, client_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM authorization_code WHERE client_id = ? AND family_id IS NULL")
        .bind(client_id)
        .execute(conn)
        .await
        .map(drop)
}

/// The codes of an ended session are dead. One that was used is kept in mind: should it come again, it takes back what
/// outlives the session too.
pub(crate) async fn delete_of_session(conn: &mut SqliteConnection, session_id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM authorization_code WHERE session_id = ? AND family_id IS NULL")
        .bind(session_id)
        .execute(conn)
        .await
        .map(drop)
}
