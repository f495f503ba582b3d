//! Sessions as people look at them.

use serde::Deserialize;
use sqlx::{FromRow, SqliteConnection};

/// A session that signs its user in, and where it has been.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct ListedSession {
    pub(crate) id: i64,
    pub(crate) public_id: String,
    pub(crate) username: String,
    /// What the user knows the browser by.
    pub(crate) browser: Option<String>,
    /// When it began.
    pub(crate) since: i64,
    /// When the user or an app of theirs last came with it.
    pub(crate) last_used: i64,
    /// The `client_id` of each app that it reached, in the order of the first visit.
    #[sqlx(try_from = "String")]
    pub(crate) client_ids: ClientIds,
}

/// Put together by the database.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ClientIds(pub(crate) Vec<String>);

impl TryFrom<String> for ClientIds {
    type Error = serde_json::Error;

    fn try_from(json: String) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&json)
    }
}

/// The sessions of this user, or of everybody, that live; what was used last comes first.
pub(crate) async fn live(
    conn: &mut SqliteConnection,
    sub: Option<&str>,
    now: i64,
    limit: i64,
) -> Result<Vec<ListedSession>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, public_id, username, browser, created_at AS since,
                max(created_at, coalesce(
                    (SELECT max(last_at) FROM session_client WHERE session_id = session.id), 0)) AS last_used,
                (SELECT json_group_array(client_id) FROM (
                    SELECT client_id FROM session_client WHERE session_id = session.id
                    ORDER BY first_at, client_id)) AS client_ids
         FROM session JOIN user USING (sub)
         WHERE ended_at IS NULL AND expires_at > ?1 AND (?2 IS NULL OR sub = ?2)
         ORDER BY last_used DESC, id DESC LIMIT ?3",
    )
    .bind(now)
    .bind(sub)
    .bind(limit)
    .fetch_all(conn)
    .await
}
