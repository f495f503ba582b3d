use sqlx::{FromRow, SqliteConnection};

/// Everything that came of one authorization.
#[derive(Debug, FromRow)]
pub(crate) struct TokenFamily {
    pub(crate) session_id: i64,
    pub(crate) client_id: String,
    /// Scopes, separated by spaces.
    pub(crate) scope: String,
    /// What was asked for by name, as `ClaimsRequest` writes it.
    pub(crate) claims: Option<String>,
    /// When the user proved who they are.
    pub(crate) auth_time: i64,
    /// When no refresh token of it is good any more; `None`: it has none.
    pub(crate) expires_at: Option<i64>,
    /// The thumbprint of the key that every renewal must prove, if the client is public and began with one.
    pub(crate) jkt: Option<String>,
    pub(crate) revoked_at: Option<i64>,
    /// The `sub` for whom it goes on when the session has ended; `None`: it ends with the session.
    pub(crate) offline_sub: Option<String>,
}

/// Begins the family of what one authorization gives.
pub(crate) async fn insert(conn: &mut SqliteConnection, family: &TokenFamily, now: i64) -> Result<i64, sqlx::Error> {
    sqlx::query(
        "INSERT INTO token_family (session_id, client_id, scope, claims, auth_time, expires_at, jkt, offline_sub, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(family.session_id)
    .bind(&family.client_id)
    .bind(&family.scope)
    .bind(&family.claims)
    .bind(family.auth_time)
    .bind(family.expires_at)
    .bind(&family.jkt)
    .bind(&family.offline_sub)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.last_insert_rowid())
}

pub(crate) async fn by_id(conn: &mut SqliteConnection, id: i64) -> Result<Option<TokenFamily>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM token_family WHERE id = ?").bind(id).fetch_optional(conn).await
}

/// Adds an access token to the family; one of the session ends with it.
pub(crate) async fn insert_access_token(
    conn: &mut SqliteConnection,
    jti: &str,
    family_id: i64,
    of_session: bool,
    expires_at: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO access_token (jti, family_id, of_session, expires_at) VALUES (?, ?, ?, ?)")
        .bind(jti)
        .bind(family_id)
        .bind(of_session)
        .bind(expires_at)
        .execute(conn)
        .await
        .map(drop)
}

/// Whether this access token is still good: its family is not revoked, and its session lives if it is of one.
pub(crate) async fn is_access_token_live(
    conn: &mut SqliteConnection,
    jti: &str,
    now: i64,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT 1 FROM access_token
             JOIN token_family ON token_family.id = access_token.family_id
             JOIN session ON session.id = token_family.session_id
             WHERE access_token.jti = ? AND token_family.revoked_at IS NULL
               AND (NOT access_token.of_session OR (session.ended_at IS NULL AND session.expires_at > ?))
         )",
    )
    .bind(jti)
    .bind(now)
    .fetch_one(conn)
    .await
}

/// The scopes that were granted when this access token's family began, and what was asked for by name then, if anything was.
pub(crate) async fn claims_of_access_token(
    conn: &mut SqliteConnection,
    jti: &str,
) -> Result<Option<(String, String)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT scope, claims FROM token_family JOIN access_token ON access_token.family_id = token_family.id
         WHERE access_token.jti = ? AND claims IS NOT NULL",
    )
    .bind(jti)
    .fetch_optional(conn)
    .await
}

/// Takes back one access token.
pub(crate) async fn delete_access_token(conn: &mut SqliteConnection, jti: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM access_token WHERE jti = ?").bind(jti).execute(conn).await.map(drop)
}

/// Takes back everything that one authorization gave.
pub(crate) async fn revoke(conn: &mut SqliteConnection, id: i64, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE token_family SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")
        .bind(now)
        .bind(id)
        .execute(conn)
        .await
        .map(drop)
}

/// Takes back everything that a session gave and that ends with it. BCL-42, BCL-43
pub(crate) async fn revoke_of_session(
    conn: &mut SqliteConnection,
    session_id: i64,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE token_family SET revoked_at = ? WHERE session_id = ? AND offline_sub IS NULL AND revoked_at IS NULL",
    )
    .bind(now)
    .bind(session_id)
    .execute(conn)
    .await
    .map(drop)
}

/// The apps that can renew their tokens while this user is away.
pub(crate) async fn offline_clients(
    conn: &mut SqliteConnection,
    sub: &str,
    now: i64,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT DISTINCT client_id FROM token_family
         WHERE offline_sub = ? AND revoked_at IS NULL AND EXISTS (
             SELECT 1 FROM refresh_token
             WHERE family_id = token_family.id AND used_at IS NULL AND refresh_token.expires_at > ?)
         ORDER BY client_id",
    )
    .bind(sub)
    .bind(now)
    .fetch_all(conn)
    .await
}

/// The apps that this user allowed something while they are away, or that have something left of it.
pub(crate) async fn all_offline_clients(conn: &mut SqliteConnection, sub: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT client_id FROM offline_consent WHERE sub = ?1
         UNION SELECT client_id FROM token_family WHERE offline_sub = ?1 AND revoked_at IS NULL",
    )
    .bind(sub)
    .fetch_all(conn)
    .await
}

/// Takes back what the app could do while the user is away; says whether there was anything.
pub(crate) async fn revoke_offline(
    conn: &mut SqliteConnection,
    sub: &str,
    client_id: &str,
    now: i64,
) -> Result<bool, sqlx::Error> {
    sqlx::query("UPDATE token_family SET revoked_at = ? WHERE offline_sub = ? AND client_id = ? AND revoked_at IS NULL")
        .bind(now)
        .bind(sub)
        .bind(client_id)
        .execute(conn)
        .await
        .map(|done| done.rows_affected() > 0)
}

/// The users who allowed this app something while they are away, or of whom it has something left.
pub(crate) async fn offline_users(conn: &mut SqliteConnection, client_id: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT sub FROM offline_consent WHERE client_id = ?1
         UNION SELECT offline_sub FROM token_family
         WHERE client_id = ?1 AND offline_sub IS NOT NULL AND revoked_at IS NULL",
    )
    .bind(client_id)
    .fetch_all(conn)
    .await
}

/// Takes back everything that a client was given.
pub(crate) async fn revoke_of_client(
    conn: &mut SqliteConnection,
    client_id: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE token_family SET revoked_at = ? WHERE client_id = ? AND revoked_at IS NULL")
        .bind(now)
        .bind(client_id)
        .execute(conn)
        .await
        .map(drop)
}
