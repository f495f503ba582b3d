use sqlx::SqliteConnection;

/// How long an ended session, and with it what it did, stays on record, in seconds; what was owed to apps likewise, from
/// when it was delivered or given up.
const ENDED_SESSIONS_KEPT: i64 = 7 * 24 * 60 * 60;
/// How long a used code is recognised, so that its second use takes back what the first gave, in seconds.
const CODES_KEPT: i64 = 24 * 60 * 60;

/// Removes what can no longer play a part.
pub(crate) async fn purge(conn: &mut SqliteConnection, now: i64) -> Result<(), sqlx::Error> {
    let statements = [
        ("DELETE FROM parked_request WHERE expires_at <= ?", now),
        ("DELETE FROM pending_authorization WHERE expires_at <= ?", now),
        ("DELETE FROM pending_consent WHERE expires_at <= ?", now),
        ("DELETE FROM pending_sign_out WHERE expires_at <= ?", now),
        ("DELETE FROM authorization_code WHERE expires_at <= ?", now - CODES_KEPT),
        ("DELETE FROM client_assertion WHERE remember_until <= ?", now),
        ("DELETE FROM access_token WHERE expires_at <= ?", now),
        // As long as the family could be renewed, a used token is remembered: its second use is somebody else's.
        ("DELETE FROM refresh_token WHERE family_id IN (SELECT id FROM token_family WHERE expires_at <= ?)", now),
        // T-04: never before its end is known.
        ("DELETE FROM outbox WHERE coalesce(delivered_at, given_up_at) <= ?", now - ENDED_SESSIONS_KEPT),
        // What is or was owed to an app keeps the record of its sign-out, and of those that are shown with it.
        (
            "DELETE FROM logout_result WHERE part_of IS NULL AND expires_at <= ? AND id NOT IN (
                 SELECT coalesce(owed.part_of, owed.id) FROM outbox JOIN logout_result AS owed ON owed.id = logout_id)",
            now,
        ),
        // Its codes, which refer to it, have gone long before.
        (
            "DELETE FROM token_family WHERE offline_sub IS NOT NULL AND coalesce(revoked_at, expires_at) <= ?",
            now - ENDED_SESSIONS_KEPT,
        ),
        // BCL-43: what outlives the session keeps its record.
        (
            "DELETE FROM session WHERE ended_at <= ? AND NOT EXISTS (
                 SELECT 1 FROM token_family WHERE session_id = session.id AND offline_sub IS NOT NULL)",
            now - ENDED_SESSIONS_KEPT,
        ),
    ];
    for (statement, until) in statements {
        sqlx::query(statement).bind(until).execute(&mut *conn).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, outbox};

    async fn count(conn: &mut SqliteConnection, table: &str) -> i64 {
        sqlx::query_scalar(&format!("SELECT count(*) FROM {table}")).fetch_one(conn).await.unwrap()
    }

    /// T-04: what is owed to an app, and the record that it belongs to, outlive the time that the result can be read.
    #[tokio::test]
    async fn nothing_goes_that_still_plays_a_part() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        sqlx::raw_sql(
            "INSERT INTO user (sub, username) VALUES ('s', 'alice');
             INSERT INTO session (id, cookie_hash, sub, auth_time, created_at, expires_at, ended_at)
                 VALUES (1, x'01', 's', 0, 0, 100, NULL), (2, x'02', 's', 0, 0, 100, 10);
             INSERT INTO session_client (session_id, client_id, sid, first_at, last_at)
                 VALUES (1, 'a', 'sid1', 0, 0), (2, 'a', 'sid2', 0, 0);
             INSERT INTO token_family (id, session_id, client_id, scope, created_at) VALUES (1, 2, 'a', 'openid', 0);
             INSERT INTO authorization_code (code_hash, session_id, client_id, redirect_uri, scope, auth_time, expires_at,
                 family_id) VALUES (x'01', 2, 'a', 'u', 'openid', 0, 60, 1);
             INSERT INTO logout_result (id, handle_hash, sub, toe, expires_at)
                 VALUES (1, x'01', 's', 10, 3610), (2, x'02', 's', 10, 3610);
             INSERT INTO logout_app (logout_id, client_id, name, framed, outcome)
                 VALUES (1, 'a', 'A', 0, 'pending'), (2, 'a', 'A', 0, 'unreachable');
             INSERT INTO outbox (logout_id, client_id, sid, sub, toe, next_attempt_ms, expires_at)
                 VALUES (1, 'a', 'sid2', 's', 10, 11000, 86410);",
        )
        .execute(&mut *tx)
        .await
        .unwrap();

        purge(&mut tx, 3609).await.unwrap();
        assert_eq!(count(&mut tx, "logout_result").await, 2);
        purge(&mut tx, 3610).await.unwrap();
        assert_eq!((count(&mut tx, "logout_result").await, count(&mut tx, "logout_app").await), (1, 1));
        assert_eq!(count(&mut tx, "authorization_code").await, 1, "its second use is still recognised");
        purge(&mut tx, 86410).await.unwrap();
        assert_eq!(count(&mut tx, "outbox").await, 1, "its time is over, but nobody has recorded that");
        outbox::set_given_up(&mut tx, 1, 86410).await.unwrap();
        purge(&mut tx, 86410 + ENDED_SESSIONS_KEPT - 1).await.unwrap();
        assert_eq!((count(&mut tx, "outbox").await, count(&mut tx, "logout_result").await), (1, 1));
        purge(&mut tx, 86410 + ENDED_SESSIONS_KEPT).await.unwrap();
        assert_eq!((count(&mut tx, "outbox").await, count(&mut tx, "logout_result").await), (0, 0));
        let left = (count(&mut tx, "session").await, count(&mut tx, "session_client").await);
        assert_eq!(left, (1, 1), "a session that was never ended is not forgotten");
        assert_eq!(count(&mut tx, "token_family").await, 0);
    }
}
