//! The ledger and the session index in SQLite, as parts of a caller's transaction.
//!
//! An app keeps its own session rows in the same database, with `REFERENCES rp_session (local_id) ON DELETE CASCADE`,
//! so that they go in the very transaction that records a sign-out, and come in one that checks the ledger.

use std::path::Path;
use std::time::Duration;

use logout_event::{Channel, LogoutEvent, SessionRef};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{Row as _, SqliteConnection, SqlitePool};

/// Whether a session may come into being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is in the index now.
    Admitted,
    /// It has ended already, by the event of this number; it is not in the index.
    Ended {
        /// The event's ledger sequence number.
        seq: u64,
        /// What ended it.
        event: LogoutEvent,
    },
}

/// Opens a database as this crate needs it, and makes the file if it is missing: write-ahead log, durable commits,
/// foreign keys on, and no wait for the lock or a connection longer than 2 seconds.
///
/// # Errors
/// When the file cannot be opened or made.
pub async fn open_pool(file: &Path) -> Result<SqlitePool, sqlx::Error> {
    let wait = Duration::from_secs(2);
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(wait);
    SqlitePoolOptions::new().max_connections(4).acquire_timeout(wait).connect_with(options).await
}

/// Puts a session of this app into the index, unless the ledger or the list of unverified sign-outs says that it has
/// ended. `local_id` is the app's own name for it; an entry of that name is replaced. `expires_at` is in seconds since
/// the Unix epoch.
///
/// Call it in the transaction that stores the session itself, begun with `BEGIN IMMEDIATE`.
///
/// # Errors
/// When the store fails: answer 503.
pub async fn begin_session(
    conn: &mut SqliteConnection,
    session: &SessionRef,
    local_id: &str,
    expires_at: u64,
    now: u64,
) -> Result<Admission, sqlx::Error> {
    // Written before it is checked: this takes the write lock, so no sign-out can be committed in between.
    sqlx::query(
        "INSERT INTO rp_session (local_id, iss, sid, sub, auth_time, expires_at) VALUES (?, ?, ?, ?, ?, ?) \
         ON CONFLICT (local_id) DO UPDATE SET iss = excluded.iss, sid = excluded.sid, sub = excluded.sub, \
         auth_time = excluded.auth_time, expires_at = excluded.expires_at",
    )
    .bind(local_id)
    .bind(&session.iss)
    .bind(&session.sid)
    .bind(&session.sub)
    .bind(to_db(session.auth_time))
    .bind(to_db(expires_at))
    .execute(&mut *conn)
    .await?;
    match find_ended(conn, session, now).await? {
        None => Ok(Admission::Admitted),
        Some((seq, event)) => {
            delete_session(conn, local_id).await?;
            Ok(Admission::Ended { seq, event })
        }
    }
}

/// Takes a session out of the index when the app ends it by itself. Rows that refer to it go with it.
///
/// # Errors
/// When the store fails.
pub async fn delete_session(conn: &mut SqliteConnection, local_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM rp_session WHERE local_id = ?").bind(local_id).execute(conn).await?;
    Ok(())
}

/// What ended this session, by the ledger or by the list of unverified sign-outs.
async fn find_ended(
    conn: &mut SqliteConnection,
    session: &SessionRef,
    now: u64,
) -> Result<Option<(u64, LogoutEvent)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT seq, iss, sid, sub, not_before, channel FROM rp_ended WHERE iss = ?1 AND sid = ?2 \
         UNION ALL \
         SELECT seq, iss, sid, sub, not_before, channel FROM rp_ended WHERE iss = ?1 AND sub = ?3 AND sid IS NULL \
         UNION ALL \
         SELECT seq, iss, sid, NULL, not_before, channel FROM rp_unverified \
         WHERE iss = ?1 AND sid = ?2 AND keep_until > ?4",
    )
    .bind(&session.iss)
    .bind(&session.sid)
    .bind(&session.sub)
    .bind(to_db(now))
    .fetch_all(conn)
    .await?;
    for row in &rows {
        let event = event_of(row)?;
        if event.ends(session) {
            return Ok(Some((from_db(row.try_get("seq")?), event)));
        }
    }
    Ok(None)
}

/// The verified entry of the session, or of the user, that an event names.
struct Entry {
    seq: i64,
    /// Whether it says what the event says.
    covers: bool,
}

async fn find_entry(conn: &mut SqliteConnection, event: &LogoutEvent) -> Result<Option<Entry>, sqlx::Error> {
    let (condition, key) = match &event.sid {
        Some(sid) => ("sid = ?", Some(sid)),
        None => ("sub = ? AND sid IS NULL", event.sub.as_ref()),
    };
    let found = sqlx::query(&format!("SELECT seq, not_before FROM rp_ended WHERE iss = ? AND {condition}"))
        .bind(&event.iss)
        .bind(key)
        .fetch_optional(conn)
        .await?;
    let Some(row) = found else { return Ok(None) };
    let (seq, not_before): (i64, i64) = (row.try_get("seq")?, row.try_get("not_before")?);
    Ok(Some(Entry { seq, covers: event.sid.is_some() || event.not_before <= from_db(not_before) }))
}

/// Whether the ledger says already what this event says.
pub(super) async fn is_recorded(conn: &mut SqliteConnection, event: &LogoutEvent) -> Result<bool, sqlx::Error> {
    Ok(find_entry(conn, event).await?.is_some_and(|entry| entry.covers))
}

/// Records a verified event, once. Returns its number, which is the old one if the ledger already says as much.
pub(super) async fn record(
    conn: &mut SqliteConnection,
    event: &LogoutEvent,
    now: u64,
    keep_until: u64,
) -> Result<u64, sqlx::Error> {
    match find_entry(conn, event).await? {
        Some(Entry { seq, covers: true }) => return Ok(from_db(seq)),
        // A later instant for the same user takes the place of the earlier one, under a number of its own.
        Some(Entry { seq, .. }) => {
            sqlx::query("DELETE FROM rp_ended WHERE seq = ?").bind(seq).execute(&mut *conn).await?;
        }
        None => {}
    }
    let seq = next_seq(conn).await?;
    sqlx::query(
        "INSERT INTO rp_ended (seq, iss, sid, sub, not_before, channel, recorded_at, keep_until) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(seq)
    .bind(&event.iss)
    .bind(&event.sid)
    .bind(&event.sub)
    .bind(to_db(event.not_before))
    .bind(event.channel.as_str())
    .bind(to_db(now))
    .bind(to_db(keep_until))
    .execute(&mut *conn)
    .await?;
    if let Some(sid) = &event.sid {
        sqlx::query("DELETE FROM rp_unverified WHERE iss = ? AND sid = ?")
            .bind(&event.iss)
            .bind(sid)
            .execute(&mut *conn)
            .await?;
    }
    Ok(from_db(seq))
}

/// Records an unsigned event for a session that is not known, in the list of its own.
pub(super) async fn record_unverified(
    conn: &mut SqliteConnection,
    event: &LogoutEvent,
    keep_until: u64,
) -> Result<u64, sqlx::Error> {
    let seq = next_seq(conn).await?;
    sqlx::query(
        "INSERT OR REPLACE INTO rp_unverified (iss, sid, seq, channel, not_before, keep_until) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(&event.iss)
    .bind(&event.sid)
    .bind(seq)
    .bind(event.channel.as_str())
    .bind(to_db(event.not_before))
    .bind(to_db(keep_until))
    .execute(conn)
    .await?;
    Ok(from_db(seq))
}

/// Whether the index has a session with this `sid`.
pub(super) async fn knows(conn: &mut SqliteConnection, iss: &str, sid: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT 1 FROM rp_session WHERE iss = ? AND sid = ? LIMIT 1").bind(iss).bind(sid);
    Ok(row.fetch_optional(conn).await?.is_some())
}

/// Takes the sessions that the event ends out of the index and returns the app's names for them.
pub(super) async fn end_sessions(conn: &mut SqliteConnection, event: &LogoutEvent) -> Result<Vec<String>, sqlx::Error> {
    let (condition, key) = match &event.sid {
        Some(sid) => ("sid = ?", Some(sid)),
        None => ("sub = ?", event.sub.as_ref()),
    };
    let rows = sqlx::query(&format!(
        "SELECT local_id, iss, sid, sub, auth_time FROM rp_session WHERE iss = ? AND {condition}"
    ))
    .bind(&event.iss)
    .bind(key)
    .fetch_all(&mut *conn)
    .await?;
    let mut ended = Vec::new();
    for row in rows {
        let session = session_of(&row)?;
        if event.ends(&session) {
            let local_id: String = row.try_get("local_id")?;
            delete_session(conn, &local_id).await?;
            ended.push(local_id);
        }
    }
    Ok(ended)
}

/// Remembers a logout token. `false` when it was known already.
pub(super) async fn remember_token(
    conn: &mut SqliteConnection,
    iss: &str,
    jti: &str,
    keep_until: u64,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query("INSERT OR IGNORE INTO rp_logout_token (iss, jti, keep_until) VALUES (?, ?, ?)")
        .bind(iss)
        .bind(jti)
        .bind(to_db(keep_until))
        .execute(conn)
        .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Remembers an access token that this app has revoked.
pub(super) async fn revoke_token(conn: &mut SqliteConnection, jti: &str, exp: u64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO rp_revoked_token (jti, exp) VALUES (?, ?) \
         ON CONFLICT (jti) DO UPDATE SET exp = max(exp, excluded.exp)",
    )
    .bind(jti)
    .bind(to_db(exp))
    .execute(conn)
    .await?;
    Ok(())
}

/// Remembers the session of an access token that does not name it itself. Returns the one that is remembered: the first
/// stays, or whoever has two sessions could move a token out of the one that ends.
pub(super) async fn bind_token(
    conn: &mut SqliteConnection,
    token: &str,
    session: &SessionRef,
    expires_at: u64,
) -> Result<SessionRef, sqlx::Error> {
    sqlx::query(
        "INSERT OR IGNORE INTO rp_token_session (token, iss, sid, sub, auth_time, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(token)
    .bind(&session.iss)
    .bind(&session.sid)
    .bind(&session.sub)
    .bind(to_db(session.auth_time))
    .bind(to_db(expires_at))
    .execute(&mut *conn)
    .await?;
    let row = sqlx::query("SELECT iss, sid, sub, auth_time FROM rp_token_session WHERE token = ?").bind(token);
    session_of(&row.fetch_one(conn).await?)
}

/// Deletes what nothing can need any more, sessions of the index that have expired included.
pub(super) async fn prune(conn: &mut SqliteConnection, now: u64, skew: u64) -> Result<(), sqlx::Error> {
    for (statement, time) in [
        ("DELETE FROM rp_ended WHERE keep_until <= ?", now),
        ("DELETE FROM rp_unverified WHERE keep_until <= ?", now),
        ("DELETE FROM rp_logout_token WHERE keep_until <= ?", now),
        ("DELETE FROM rp_session WHERE expires_at <= ?", now),
        ("DELETE FROM rp_token_session WHERE expires_at <= ?", now),
        ("DELETE FROM rp_revoked_token WHERE exp <= ?", now.saturating_sub(skew)),
    ] {
        sqlx::query(statement).bind(to_db(time)).execute(&mut *conn).await?;
    }
    Ok(())
}

async fn next_seq(conn: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("UPDATE rp_sequence SET seq = seq + 1 RETURNING seq").fetch_one(conn).await
}

pub(super) fn event_of(row: &SqliteRow) -> Result<LogoutEvent, sqlx::Error> {
    let channel: String = row.try_get("channel")?;
    let unknown = || sqlx::Error::Decode(format!("unknown channel {channel:?} in the ledger").into());
    Ok(LogoutEvent {
        iss: row.try_get("iss")?,
        sid: row.try_get("sid")?,
        sub: row.try_get("sub")?,
        channel: Channel::from_name(&channel).ok_or_else(unknown)?,
        not_before: from_db(row.try_get("not_before")?),
    })
}

pub(super) fn session_of(row: &SqliteRow) -> Result<SessionRef, sqlx::Error> {
    Ok(SessionRef {
        iss: row.try_get("iss")?,
        sid: row.try_get("sid")?,
        sub: row.try_get("sub")?,
        auth_time: from_db(row.try_get("auth_time")?),
    })
}

/// SQLite counts to `i64::MAX`; a later instant means "always".
pub(super) fn to_db(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn from_db(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
