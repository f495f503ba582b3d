//! A party's database, as another process sees it.

use server::cli::PartyKind;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::Processes;

/// The write lock of a party's database: the party can read, and waits wherever it wants to commit.
pub(super) struct Lock(SqliteConnection);

impl Lock {
    pub(super) async fn release(mut self) {
        sqlx::query("ROLLBACK").execute(&mut self.0).await.unwrap();
        self.0.close().await.unwrap();
    }
}

impl Processes {
    pub(super) async fn lock(&self, party: PartyKind) -> Lock {
        let mut conn = self.database(party).await;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut conn).await.unwrap();
        Lock(conn)
    }

    /// The number that this query gives in a party's database.
    pub(super) async fn stored(&self, party: PartyKind, query: &str) -> i64 {
        let mut conn = self.database(party).await;
        let found = sqlx::query_scalar(query).fetch_one(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        found
    }

    async fn database(&self, party: PartyKind) -> SqliteConnection {
        let file = self.folder(party).join(format!("{}.sqlite", party.name()));
        SqliteConnectOptions::new().filename(file).connect().await.unwrap()
    }
}
