//! What the tests share: a key that signs, a provider that serves it, and a relying party in a folder of its own.

mod provider;
mod signing;
pub(crate) mod vector;

use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CACHE_CONTROL;
use axum::http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use relying_party::ledger::sqlite::open_pool;
use relying_party::{Channel, Clock, LogoutEvent, Refresh, RelyingParty, SessionRef, Settings};
use serde_json::Value;
use sqlx::SqlitePool;
use tempfile::TempDir;

pub(crate) use provider::{Document, StubProvider};
pub(crate) use signing::{TestKey, base64url, unsigned};

/// The instant at which the tests happen.
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) const CLIENT_ID: &str = "app-b";

pub(crate) const AUDIENCE: &str = "http://127.0.0.1:4002/api";

/// A relying party and all that it stands on.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) provider: StubProvider,
    pub(crate) clock: Clock,
    pub(crate) pool: SqlitePool,
    pub(crate) party: RelyingParty,
}

impl Fixture {
    /// Ready, with a provider that signs with one ES256 key.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let provider = StubProvider::start().await;
        let clock = Clock::manual(NOW);
        let pool = open_pool(&folder.path().join("app.sqlite")).await.unwrap();
        let mut settings = settings(provider.issuer(), folder.path());
        change(&mut settings);
        let party = RelyingParty::open(settings, pool.clone(), clock.clone()).await.unwrap();
        soon(party.until_ready()).await;
        Self { folder, provider, clock, pool, party }
    }

    /// Stops the relying party and opens it again, as a restart of the app does.
    pub(crate) async fn restart(&mut self) {
        let settings = self.party.settings().clone();
        self.party.shutdown().await;
        self.pool.close().await;
        self.pool = open_pool(&self.folder.path().join("app.sqlite")).await.unwrap();
        self.party = RelyingParty::open(settings, self.pool.clone(), self.clock.clone()).await.unwrap();
    }

    /// Asks for new keys until the provider is not asked any more.
    pub(crate) async fn cool_down(&self) {
        soon(async { while self.party.refresh_keys().await != Refresh::NotAsked {} }).await;
    }

    pub(crate) fn issuer(&self) -> &str {
        self.provider.issuer()
    }

    pub(crate) fn session(&self, sid: &str, sub: &str) -> SessionRef {
        SessionRef { iss: self.issuer().into(), sid: Some(sid.into()), sub: sub.into(), auth_time: NOW - 100 }
    }

    pub(crate) fn ends_sid(&self, sid: &str, channel: Channel) -> LogoutEvent {
        LogoutEvent { iss: self.issuer().into(), sid: Some(sid.into()), sub: None, channel, not_before: NOW }
    }

    pub(crate) fn ends_sub(&self, sub: &str, not_before: u64) -> LogoutEvent {
        let channel = Channel::BackChannel;
        LogoutEvent { iss: self.issuer().into(), sid: None, sub: Some(sub.into()), channel, not_before }
    }

    /// Makes the session one of this app's.
    pub(crate) async fn begin(&self, session: &SessionRef, local_id: &str) -> relying_party::Admission {
        self.party.begin_session(session, local_id, self.clock.now() + 86_400).await.unwrap()
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        sqlx::query_scalar(&format!("SELECT count(*) FROM {table}")).fetch_one(&self.pool).await.unwrap()
    }
}

pub(crate) fn settings(issuer: &str, data_dir: &Path) -> Settings {
    Settings::new(issuer, CLIENT_ID, data_dir)
}

/// A limit for what has to happen by itself; never the thing that a test waits for.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it happens within 20 s")
}

/// Status and JSON body of an answer that nobody may store.
pub(crate) async fn answer(response: Response<Body>) -> (StatusCode, Value) {
    let status = response.status();
    assert_eq!(response.headers().get(CACHE_CONTROL).map(|value| value.as_bytes()), Some(&b"no-store"[..]));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    (status, body)
}
