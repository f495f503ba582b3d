//! How the apps open their SQLite file.

use std::path::Path;

use relying_party::ledger::sqlite::open_pool;
use sqlx::SqlitePool;
use sqlx::migrate::Migrator;

use crate::StartError;

/// Opens (or makes) the file, with durable commits: what was told to the provider stays true after a power cut.
pub(crate) async fn open(party: &'static str, path: &Path) -> Result<SqlitePool, StartError> {
    open_pool(path).await.map_err(|source| failed(party, path, source))
}

/// Brings an app's own tables up to date. The tables of `relying-party` live in the same file under versions of their
/// own, so versions that this app does not know are not an error.
pub(crate) async fn migrate(
    party: &'static str,
    path: &Path,
    pool: &SqlitePool,
    mut migrator: Migrator,
) -> Result<(), StartError> {
    migrator.set_ignore_missing(true);
    migrator.run(pool).await.map_err(|source| failed(party, path, source))
}

fn failed(party: &'static str, path: &Path, source: impl std::error::Error + Send + Sync + 'static) -> StartError {
    StartError::Database { party, path: path.to_owned(), source: Box::new(source) }
}
