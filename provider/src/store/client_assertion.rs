use sqlx::SqliteConnection;

/// So many of one client are remembered; more are refused until the first are forgotten. Only what was signed with the
/// client's key gets here, so nobody but the client can bring that about.
const CAPACITY: i64 = 10_000;

/// Whether an assertion is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    First,
    Replayed,
    /// There is no room to remember it.
    Full,
}

/// Remembers an assertion of this client, if it is new.
pub(crate) async fn first_sight(
    conn: &mut SqliteConnection,
    client_id: &str,
    jti_hash: &[u8],
    remember_until: i64,
    now: i64,
) -> Result<Sight, sqlx::Error> {
    let remembered: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT 1 FROM client_assertion WHERE client_id = ? AND remember_until > ? LIMIT ?)",
    )
    .bind(client_id)
    .bind(now)
    .bind(CAPACITY)
    .fetch_one(&mut *conn)
    .await?;
    if remembered >= CAPACITY {
        return Ok(Sight::Full);
    }
    let is_new = sqlx::query(
        "INSERT INTO client_assertion (client_id, jti_hash, remember_until) VALUES (?, ?, ?)
         ON CONFLICT (client_id, jti_hash) DO NOTHING",
    )
    .bind(client_id)
    .bind(jti_hash)
    .bind(remember_until)
    .execute(conn)
    .await
    .map(|done| done.rows_affected() == 1)?;
    Ok(if is_new { Sight::First } else { Sight::Replayed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::purge::purge;

    #[tokio::test]
    async fn what_cannot_be_remembered_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        assert_eq!(first_sight(&mut tx, "app", b"1", 100, 0).await.unwrap(), Sight::First);
        assert_eq!(first_sight(&mut tx, "app", b"1", 200, 99).await.unwrap(), Sight::Replayed);
        assert_eq!(first_sight(&mut tx, "other", b"1", 100, 0).await.unwrap(), Sight::First, "a jti is of its client");
        sqlx::query(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
             INSERT INTO client_assertion SELECT 'app', CAST('x' || n AS BLOB), 100 FROM n",
        )
        .bind(CAPACITY - 1)
        .execute(&mut *tx)
        .await
        .unwrap();
        assert_eq!(first_sight(&mut tx, "app", b"2", 100, 99).await.unwrap(), Sight::Full);
        assert_eq!(first_sight(&mut tx, "other", b"2", 100, 99).await.unwrap(), Sight::First);
        assert_eq!(first_sight(&mut tx, "app", b"2", 200, 100).await.unwrap(), Sight::First);
        purge(&mut tx, 100).await.unwrap();
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM client_assertion").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(left, 1, "what could not be used again is forgotten");
    }
}
