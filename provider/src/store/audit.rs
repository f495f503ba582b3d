use serde::Serialize;
use sqlx::{FromRow, SqliteConnection};

/// More entries than this are not kept, however young they are.
const CAPACITY: i64 = 500_000;

/// An entry that is about to be written.
#[derive(Debug)]
pub(crate) struct NewEntry<'a> {
    pub(crate) at: i64,
    /// What happened.
    pub(crate) event: &'static str,
    /// The kind of who did it.
    pub(crate) actor: &'static str,
    pub(crate) actor_id: Option<&'a str>,
    pub(crate) reason: Option<&'static str>,
    /// Whose it was.
    pub(crate) sub: Option<&'a str>,
    /// The public id of a session.
    pub(crate) session: Option<&'a str>,
    pub(crate) client_id: Option<&'a str>,
    pub(crate) channel: Option<&'static str>,
    pub(crate) outcome: Option<&'static str>,
    pub(crate) attempts: Option<i64>,
}

impl NewEntry<'_> {
    pub(crate) fn new(event: &'static str, actor: &'static str, at: i64) -> Self {
        Self {
            at,
            event,
            actor,
            actor_id: None,
            reason: None,
            sub: None,
            session: None,
            client_id: None,
            channel: None,
            outcome: None,
            attempts: None,
        }
    }
}

/// An entry of the audit log, as it is exported. What does not apply is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow)]
pub struct AuditEntry {
    /// Its number; later entries have greater ones.
    pub id: i64,
    /// When, in seconds since the Unix epoch.
    pub at: i64,
    /// What happened: `session_ended`, `app_to_be_told`, `app_delivered`, `app_given_up`, `app_acknowledged`,
    /// `app_not_loaded`, `offline_access_ended`, `password_changed`, `sign_in_throttled`, `client_registered`,
    /// `client_changed` or `client_deleted`.
    pub event: String,
    /// Who did it: `user`, `client`, `administrator`, `operator`, `provider`, or `unknown`.
    pub actor: String,
    /// Their `sub` (if it is not the user whose it was), `client_id` or `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whose it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Their user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The session that it is about, by its public id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The app that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// How the app heard: `back-channel` or `front-channel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// What is known of the app from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// How many attempts it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i64>,
}

pub(crate) async fn insert(conn: &mut SqliteConnection, entry: &NewEntry<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO audit
             (at, event, actor, actor_id, reason, sub, session, client_id, channel, outcome, attempts)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(entry.at)
    .bind(entry.event)
    .bind(entry.actor)
    .bind(entry.actor_id)
    .bind(entry.reason)
    .bind(entry.sub)
    .bind(entry.session)
    .bind(entry.client_id)
    .bind(entry.channel)
    .bind(entry.outcome)
    .bind(entry.attempts)
    .execute(conn)
    .await
    .map(drop)
}

/// The same about the session of a sign-out.
pub(crate) async fn insert_of_logout(
    conn: &mut SqliteConnection,
    logout_id: i64,
    entry: &NewEntry<'_>,
) -> Result<(), sqlx::Error> {
    let (sub, session): (String, Option<String>) =
        sqlx::query_as("SELECT sub, session FROM logout_result WHERE id = ?")
            .bind(logout_id)
            .fetch_one(&mut *conn)
            .await?;
    insert(conn, &NewEntry { sub: Some(&sub), session: session.as_deref(), ..*entry }).await
}

/// Whether it is on record that sign-ins of this user, or of names that are nobody's, were refused since then.
pub(crate) async fn is_throttled_since(
    conn: &mut SqliteConnection,
    sub: Option<&str>,
    since: i64,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM audit WHERE event = 'sign_in_throttled' AND sub IS ? AND at > ?)")
        .bind(sub)
        .bind(since)
        .fetch_one(conn)
        .await
}

/// Entries of that time and later that come after this one, in their order.
pub(crate) async fn page(
    conn: &mut SqliteConnection,
    since: i64,
    after: i64,
    limit: i64,
) -> Result<Vec<AuditEntry>, sqlx::Error> {
    sqlx::query_as(
        "SELECT audit.*, user.username AS user FROM audit LEFT JOIN user ON user.sub = audit.sub
         WHERE audit.id > ? AND audit.at >= ? ORDER BY audit.id LIMIT ?",
    )
    .bind(after)
    .bind(since)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// Removes the oldest entries: those from before `keep_from`, and those that are too many. Says how many of the latter
/// there were.
pub(crate) async fn purge(conn: &mut SqliteConnection, keep_from: i64) -> Result<u64, sqlx::Error> {
    purge_to(conn, keep_from, CAPACITY).await
}

async fn purge_to(conn: &mut SqliteConnection, keep_from: i64, capacity: i64) -> Result<u64, sqlx::Error> {
    // Up to the first that is young enough: where a clock was set back, an entry may be older than its predecessor.
    sqlx::query(
        "DELETE FROM audit WHERE id < (SELECT coalesce(
             (SELECT min(id) FROM audit WHERE at >= ?), (SELECT max(id) + 1 FROM audit)))",
    )
    .bind(keep_from)
    .execute(&mut *conn)
    .await?;
    sqlx::query("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?")
        .bind(capacity)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    async fn ids(conn: &mut SqliteConnection) -> Vec<i64> {
        page(conn, 0, 0, 100).await.unwrap().into_iter().map(|entry| entry.id).collect()
    }

    #[tokio::test]
    async fn nothing_is_changed_and_only_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        for at in [10, 20, 15, 30, 40] {
            insert(&mut tx, &NewEntry::new("session_ended", "user", at)).await.unwrap();
        }
        for statement in [
            "UPDATE audit SET at = 0",
            "UPDATE audit SET actor = 'provider' WHERE id = 1",
            "DELETE FROM audit WHERE id = 3",
            "DELETE FROM audit WHERE at > 10",
            "DELETE FROM audit WHERE id IN (1, 3)",
        ] {
            let refused = sqlx::query(statement).execute(&mut *tx).await.unwrap_err();
            assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
        }
        assert_eq!(ids(&mut tx).await, [1, 2, 3, 4, 5]);

        assert_eq!(purge_to(&mut tx, 20, 100).await.unwrap(), 0);
        assert_eq!(ids(&mut tx).await, [2, 3, 4, 5], "up to the first that is young enough");
        assert_eq!(purge_to(&mut tx, 0, 2).await.unwrap(), 2);
        assert_eq!(ids(&mut tx).await, [4, 5]);
        assert_eq!(purge_to(&mut tx, 1000, 100).await.unwrap(), 0);
        assert_eq!(ids(&mut tx).await, [0; 0]);
        insert(&mut tx, &NewEntry::new("session_ended", "user", 50)).await.unwrap();
        assert_eq!(ids(&mut tx).await, [6], "no number is given twice");
    }
}
