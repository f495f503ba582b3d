//! What the provider remembers, in SQLite. A file per entity; SQL is written nowhere else.
//!
//! Functions take a connection, so that whoever calls them decides what belongs to one transaction.

pub(crate) mod audit;
pub(crate) mod authorization_code;
pub(crate) mod changed_password;
pub(crate) mod client_assertion;
pub(crate) mod logout;
pub(crate) mod offline_consent;
pub(crate) mod outbox;
pub(crate) mod parked_request;
pub(crate) mod pending_authorization;
pub(crate) mod pending_consent;
pub(crate) mod pending_sign_out;
pub(crate) mod purge;
pub(crate) mod refresh_token;
pub(crate) mod registered_client;
pub(crate) mod session;
pub(crate) mod session_client;
pub(crate) mod session_consent;
pub(crate) mod session_list;
pub(crate) mod token_family;
pub(crate) mod user;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqlitePool, Transaction};

static MIGRATOR: Migrator = sqlx::migrate!();

const FILE: &str = "provider.sqlite";
const READERS: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The database.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    read: SqlitePool,
    // SQLite has one writer at a time; one connection makes them queue here, in order, instead of polling for the lock.
    write: SqlitePool,
}

/// The only connection that writes: as long as somebody has it, nobody else in this process writes, not after a commit either.
#[derive(Debug)]
pub(crate) struct Writer(PoolConnection<Sqlite>);

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("cannot create {FILE}: {0}")]
    Create(#[from] std::io::Error),
    #[error("cannot open {FILE}: {0}")]
    Open(#[from] sqlx::Error),
    #[error("there is no {FILE} in {}: the provider has not run there. Name its folder with --data-dir", .0.display())]
    NotThere(PathBuf),
    #[error("{FILE} is of another version than this program: start the provider of this version first")]
    OtherVersion,
    #[error("{FILE} cannot be brought to this version's form: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

impl Store {
    pub(crate) async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let path = data_dir.join(FILE);
        create_private(&path)?;
        let (write, options) = Self::connect(&path).await?;
        MIGRATOR.run(&write).await?;
        Self::with_readers(write, options).await
    }

    /// Opens what a provider has made, which may be running: nothing is made, and nothing is changed.
    pub(crate) async fn open_existing(data_dir: &Path) -> Result<Self, StoreError> {
        let path = data_dir.join(FILE);
        if !path.exists() {
            return Err(StoreError::NotThere(data_dir.to_owned()));
        }
        let (write, options) = Self::connect(&path).await?;
        let applied: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(&write)
            .await
            .map_err(|_| StoreError::OtherVersion)?;
        if applied != MIGRATOR.iter().map(|migration| migration.version).max() {
            return Err(StoreError::OtherVersion);
        }
        Self::with_readers(write, options).await
    }

    async fn connect(path: &Path) -> Result<(SqlitePool, SqliteConnectOptions), sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // A sign-out that was answered must survive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let write = pool(1).connect_with(options.clone()).await?;
        Ok((write, options))
    }

    async fn with_readers(write: SqlitePool, options: SqliteConnectOptions) -> Result<Self, StoreError> {
        let read = pool(READERS).connect_with(options.pragma("query_only", "on")).await?;
        Ok(Self { read, write })
    }

    /// A number that changes when another process has written. Nobody in this process writes but by the connection that is
    /// asked, whose own writes do not count.
    pub(crate) async fn version_of_others(&self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("PRAGMA data_version").fetch_one(&self.write).await
    }

    /// A connection that cannot write.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>, sqlx::Error> {
        self.read.acquire().await
    }

    /// A transaction that holds the write lock from the start, so that what it read is still so when it writes.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.write.begin_with("BEGIN IMMEDIATE").await
    }

    /// For whoever has something left to do after the commit, before others write.
    pub(crate) async fn writer(&self) -> Result<Writer, sqlx::Error> {
        self.write.acquire().await.map(Writer)
    }

    /// Whether the database answers.
    pub(crate) async fn check(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&mut *self.read().await?).await.map(drop)
    }

    pub(crate) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

impl Writer {
    /// As [`Store::begin`].
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, sqlx::Error> {
        self.0.begin_with("BEGIN IMMEDIATE").await
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT)
}

/// SQLite gives the files beside the database the permissions of the database.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
