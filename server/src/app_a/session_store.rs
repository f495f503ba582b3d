//! The store behind tower-sessions.
//!
//! Two things differ from a general store. A session is created in the transaction that checks the ledger and enters the
//! session index. And `save` is a plain UPDATE: a request that loaded a session before a sign-out deleted it cannot save
//! it back, nor make one live longer than the sign-out is remembered.

use std::fmt;

use async_trait::async_trait;
use logout_event::SessionRef;
use relying_party::Clock;
use relying_party::ledger::sqlite::{Admission, begin_session, delete_session};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use sqlx::SqlitePool;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::signed_in::KEY;

/// App A's sessions in SQLite: what its requests load and save.
#[derive(Clone)]
pub struct WebSessionStore {
    pool: SqlitePool,
    clock: Clock,
}

/// What `create` says when the session ended while the user was still signing in.
pub(super) const ALREADY_ENDED: &str = "the provider has ended this session already";

impl WebSessionStore {
    /// The sessions in this database, which App A has opened before; by this clock they expire.
    #[must_use]
    pub fn new(pool: SqlitePool, clock: Clock) -> Self {
        Self { pool, clock }
    }
}

impl fmt::Debug for WebSessionStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WebSessionStore").finish_non_exhaustive()
    }
}

/// The database knows a session by the hash of what the cookie holds.
fn key(id: &Id) -> String {
    let digest = Sha256::digest(id.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn backend(error: impl fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

/// The part of `SignedIn` that says whose session it is.
#[derive(Deserialize)]
struct Owner {
    session: SessionRef,
}

#[async_trait]
impl SessionStore for WebSessionStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let owner = record.data.get(KEY).cloned().ok_or_else(|| backend("only a sign-in makes a session"))?;
        let Owner { session } = serde_json::from_value(owner).map_err(|error| Error::Decode(error.to_string()))?;
        let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        let expires_at = record.expiry_date.unix_timestamp();
        // The identifier has 128 random bits; should two ever meet, the primary key refuses the second.
        let id = key(&record.id);

        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(backend)?;
        let now = self.clock.now();
        let admission = begin_session(&mut transaction, &session, &id, expires_at.unsigned_abs(), now).await;
        match admission.map_err(backend)? {
            Admission::Admitted => {}
            Admission::Ended { .. } => return Err(backend(ALREADY_ENDED)),
        }
        sqlx::query("INSERT INTO web_session (id, data, expires_at) VALUES (?, ?, ?)")
            .bind(&id)
            .bind(&data)
            .bind(expires_at)
            .execute(&mut *transaction)
            .await
            .map_err(backend)?;
        transaction.commit().await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        // A request that sets no expiry says "in two weeks".
        sqlx::query("UPDATE web_session SET data = ?, expires_at = min(expires_at, ?) WHERE id = ?")
            .bind(data)
            .bind(record.expiry_date.unix_timestamp())
            .bind(key(&record.id))
            .execute(&self.pool)
            .await
            .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row: Option<(String, i64)> =
            sqlx::query_as("SELECT data, expires_at FROM web_session WHERE id = ? AND expires_at > ?")
                .bind(key(id))
                .bind(self.clock.now().cast_signed())
                .fetch_optional(&self.pool)
                .await
                .map_err(backend)?;
        let Some((data, expires_at)) = row else { return Ok(None) };
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?,
            expiry_date: OffsetDateTime::from_unix_timestamp(expires_at)
                .map_err(|error| Error::Decode(error.to_string()))?,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut connection = self.pool.acquire().await.map_err(backend)?;
        delete_session(&mut connection, &key(id)).await.map_err(backend)
    }
}

#[cfg(test)]
mod tests;
