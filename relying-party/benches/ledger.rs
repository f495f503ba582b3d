//! Whether a session has ended, among a million that have. Run with `cargo bench -p relying-party --bench ledger`.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr, reason = "a bench that cannot go on has failed")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use relying_party::ledger::sqlite::open_pool;
use relying_party::{Clock, RelyingParty, SessionRef, Settings, Standing};
use sqlx::SqlitePool;

/// Nobody listens there, and nobody has to.
const ISSUER: &str = "http://127.0.0.1:9";
const NOW: u64 = 1_800_000_000;
const ENTRIES: u64 = 1_000_000;

/// Half of them by `sid`, half by `sub`, as they are on disk.
const FILL: &str = "
    WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ?)
    INSERT INTO rp_ended (seq, iss, sid, sub, not_before, channel, recorded_at, keep_until)
    SELECT n + 1, ?, iif(n % 2, printf('sid-%032d', n), NULL), iif(n % 2, NULL, printf('sub-%032d', n)),
           1800000000, 'back-channel', 1800000000, 1800100000 FROM number";

fn session(sid: u64, sub: u64) -> SessionRef {
    let (sid, sub) = (format!("sid-{sid:032}"), format!("sub-{sub:032}"));
    SessionRef { iss: ISSUER.into(), sid: Some(sid), sub, auth_time: NOW - 100 }
}

/// Resident memory of this process in bytes, where the system tells.
fn resident() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?.split_whitespace().nth(1)?.parse::<u64>().ok()?;
    Some(pages * 4096)
}

async fn filled(pool: &SqlitePool, settings: &Settings) -> RelyingParty {
    let clock = Clock::manual(NOW);
    let empty = RelyingParty::open(settings.clone(), pool.clone(), clock.clone()).await.unwrap();
    empty.shutdown().await;
    sqlx::query(FILL).bind(i64::try_from(ENTRIES).unwrap()).bind(ISSUER).execute(pool).await.unwrap();
    let before = resident();
    let party = RelyingParty::open(settings.clone(), pool.clone(), clock).await.unwrap();
    if let (Some(before), Some(after)) = (before, resident()) {
        eprintln!("memory: {} bytes per entry", after.saturating_sub(before) / ENTRIES);
    }
    party
}

async fn look_up(pool: &SqlitePool, sid: &str) -> Option<i64> {
    let query = sqlx::query_scalar("SELECT seq FROM rp_ended WHERE iss = ? AND sid = ?");
    query.bind(ISSUER).bind(sid).fetch_optional(pool).await.unwrap()
}

fn ledger(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new(ISSUER, "app-b", folder.path());
    let (pool, party) = runtime.block_on(async {
        let pool = open_pool(&folder.path().join("ledger.sqlite")).await.unwrap();
        let party = filled(&pool, &settings).await;
        (pool, party)
    });
    let (by_sid, by_sub, live) = (session(777_777, ENTRIES), session(ENTRIES, 777_778), session(ENTRIES, ENTRIES));
    let mut group = criterion.benchmark_group("ledger of a million");
    for (name, session, ended) in
        [("ended by sid", &by_sid, true), ("ended by sub", &by_sub, true), ("live", &live, false)]
    {
        assert_eq!(party.check(session).unwrap() != Standing::Live, ended, "{name}");
        group.bench_function(name, |bencher| bencher.iter(|| party.check(black_box(session)).unwrap()));
    }
    // Without the copy in memory, each request would ask the table, by its index and through the pool.
    for (name, session, ended) in [("peer: SQLite, found", &by_sid, true), ("peer: SQLite, not found", &live, false)] {
        let sid = session.sid.as_deref().unwrap();
        assert_eq!(runtime.block_on(look_up(&pool, sid)).is_some(), ended, "{name}");
        group.bench_function(name, |bencher| bencher.iter(|| runtime.block_on(look_up(&pool, black_box(sid)))));
    }
    group.finish();
    runtime.block_on(party.shutdown());
}

criterion_group!(benches, ledger);
criterion_main!(benches);
