use futures_util::TryStreamExt as _;
use sqlx::{Row as _, SqlitePool};

use super::mirror::Mirror;
use super::sqlite::{event_of, from_db, session_of, to_db};

/// Everything that is still worth knowing about this issuer, row by row.
pub(super) async fn mirror(pool: &SqlitePool, iss: &str, now: u64) -> Result<Mirror, sqlx::Error> {
    let mut mirror = Mirror::new(iss);

    let mut rows = sqlx::query(
        "SELECT seq, iss, sid, sub, not_before, channel, keep_until FROM rp_ended WHERE iss = ? AND keep_until > ?",
    )
    .bind(iss)
    .bind(to_db(now))
    .fetch(pool);
    while let Some(row) = rows.try_next().await? {
        mirror.record(&event_of(&row)?, from_db(row.try_get("seq")?), from_db(row.try_get("keep_until")?));
    }
    drop(rows);

    let mut rows = sqlx::query(
        "SELECT seq, iss, sid, NULL AS sub, not_before, channel, keep_until FROM rp_unverified \
         WHERE iss = ? AND keep_until > ?",
    )
    .bind(iss)
    .bind(to_db(now))
    .fetch(pool);
    while let Some(row) = rows.try_next().await? {
        mirror.record_unverified(&event_of(&row)?, from_db(row.try_get("seq")?), from_db(row.try_get("keep_until")?));
    }
    drop(rows);

    let mut rows = sqlx::query("SELECT jti, exp FROM rp_revoked_token").fetch(pool);
    while let Some(row) = rows.try_next().await? {
        mirror.revoke(row.try_get("jti")?, from_db(row.try_get("exp")?));
    }
    drop(rows);

    let mut rows = sqlx::query(
        "SELECT token, iss, sid, sub, auth_time, expires_at FROM rp_token_session WHERE iss = ? AND expires_at > ?",
    )
    .bind(iss)
    .bind(to_db(now))
    .fetch(pool);
    while let Some(row) = rows.try_next().await? {
        mirror.bind(row.try_get("token")?, session_of(&row)?, from_db(row.try_get("expires_at")?));
    }
    drop(rows);
    Ok(mirror)
}
