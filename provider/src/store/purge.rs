use sqlx::SqliteConnection;

/// How long an ended session, and with it what it did, stays on record, in seconds.
const ENDED_SESSIONS_KEPT: i64 = 7 * 24 * 60 * 60;
/// How long a used code is recognised, so that its second use takes back what the first gave, in seconds.
const CODES_KEPT: i64 = 24 * 60 * 60;

/// Removes what can no longer play a part.
pub(crate) async fn purge(conn: &mut SqliteConnection, now: i64) -> Result<(), sqlx::Error> {
    let statements = [
        ("DELETE FROM parked_request WHERE expires_at <= ?", now),
        ("DELETE FROM pending_authorization WHERE expires_at <= ?", now),
        ("DELETE FROM pending_sign_out WHERE expires_at <= ?", now),
        ("DELETE FROM authorization_code WHERE expires_at <= ?", now - CODES_KEPT),
        ("DELETE FROM access_token WHERE expires_at <= ?", now),
        ("DELETE FROM outbox WHERE delivered_at IS NOT NULL AND delivered_at <= ?", now - ENDED_SESSIONS_KEPT),
        ("DELETE FROM outbox WHERE expires_at <= ?", now),
        // What is still owed to an app keeps the record of its sign-out.
        ("DELETE FROM logout_result WHERE expires_at <= ? AND id NOT IN (SELECT logout_id FROM outbox)", now),
        ("DELETE FROM session WHERE ended_at <= ?", now - ENDED_SESSIONS_KEPT),
    ];
    for (statement, until) in statements {
        sqlx::query(statement).bind(until).execute(&mut *conn).await?;
    }
    Ok(())
}
