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

/// For all sessions, or for those that this says. Not one statement for both: SQLite would use no index for the one user.
macro_rules! live {
    ($of:literal) => {
        concat!(
            "SELECT id, public_id, username, browser, created_at AS since,
                    max(created_at, coalesce(
                        (SELECT max(last_at) FROM session_client WHERE session_id = session.id), 0)) AS last_used,
                    (SELECT json_group_array(client_id) FROM (
                        SELECT client_id FROM session_client WHERE session_id = session.id
                        ORDER BY first_at, client_id)) AS client_ids
             FROM session JOIN user USING (sub)
             WHERE ended_at IS NULL AND expires_at > ?1",
            $of,
            " ORDER BY last_used DESC, id DESC LIMIT ?2"
        )
    };
}

const OF_ALL: &str = live!("");
const OF_USER: &str = live!(" AND sub = ?3");

/// The sessions of this user, or of everybody, that live; what was used last comes first.
pub(crate) async fn live(
    conn: &mut SqliteConnection,
    sub: Option<&str>,
    now: i64,
    limit: i64,
) -> Result<Vec<ListedSession>, sqlx::Error> {
    match sub {
        Some(sub) => sqlx::query_as(OF_USER).bind(now).bind(limit).bind(sub).fetch_all(conn).await,
        None => sqlx::query_as(OF_ALL).bind(now).bind(limit).fetch_all(conn).await,
    }
}

#[cfg(test)]
mod tests {
    use crate::store::Store;

    #[tokio::test]
    async fn the_sessions_of_one_user_are_found_by_the_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let mut conn = store.read().await.unwrap();
        let explain: &'static str = concat!("EXPLAIN QUERY PLAN ", live!(" AND sub = ?3"));
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explain).bind(0).bind(1).bind("s").fetch_all(&mut *conn).await.unwrap();
        assert!(plan.iter().any(|(.., step)| step.contains("session_of_user")), "{plan:?}");
    }
}
