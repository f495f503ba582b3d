#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use logout_event::{Channel, LogoutEvent};
use relying_party::{RelyingParty, Settings, Trust};
use serde_json::json;
use tower_sessions::Session;
use tower_sessions::session::Expiry;

use super::*;
use crate::database;

const ISSUER: &str = "http://localhost:4000";
const NOW: u64 = 1_790_000_000;

struct Party {
    relying_party: RelyingParty,
    store: WebSessionStore,
    pool: SqlitePool,
    clock: Clock,
    _folder: tempfile::TempDir,
}

async fn party() -> Party {
    let folder = tempfile::tempdir().unwrap();
    let path: &Path = &folder.path().join("app-a.sqlite");
    let pool = database::open("app-a", path).await.unwrap();
    let clock = Clock::manual(NOW);
    let settings = Settings::new(ISSUER, "app-a", folder.path());
    let relying_party = RelyingParty::open(settings, pool.clone(), clock.clone()).await.unwrap();
    database::migrate("app-a", path, &pool, sqlx::migrate!("migrations/app_a")).await.unwrap();
    let store = WebSessionStore::new(pool.clone(), clock.clone());
    Party { relying_party, store, pool, clock, _folder: folder }
}

fn session(sid: &str) -> SessionRef {
    SessionRef { iss: ISSUER.into(), sid: Some(sid.into()), sub: "alice".into(), auth_time: NOW }
}

fn record(sid: &str) -> Record {
    let expiry_date = OffsetDateTime::from_unix_timestamp(NOW.cast_signed() + 3600).unwrap();
    let data = [(KEY.to_owned(), json!({ "session": session(sid) }))].into();
    Record { id: Id::default(), data, expiry_date }
}

fn sign_out(sid: &str) -> LogoutEvent {
    LogoutEvent { iss: ISSUER.into(), sid: Some(sid.into()), sub: None, channel: Channel::BackChannel, not_before: NOW }
}

async fn rows(party: &Party) -> (i64, i64) {
    let count = |table: &'static str| sqlx::query_scalar(table).fetch_one(&party.pool);
    (count("SELECT count(*) FROM web_session").await.unwrap(), count("SELECT count(*) FROM rp_session").await.unwrap())
}

#[tokio::test]
async fn a_session_is_stored_found_changed_and_deleted() {
    let party = party().await;
    let mut record = record("s1");
    party.store.create(&mut record).await.unwrap();
    assert_eq!(party.store.load(&record.id).await.unwrap().as_ref(), Some(&record));
    record.data.insert("seen".to_owned(), json!(true));
    party.store.save(&record).await.unwrap();
    assert_eq!(party.store.load(&record.id).await.unwrap().as_ref(), Some(&record));
    party.store.delete(&record.id).await.unwrap();
    assert_eq!(party.store.load(&record.id).await.unwrap(), None);
    assert_eq!(rows(&party).await, (0, 0));
}

#[tokio::test]
async fn the_cookies_value_is_not_in_the_database() {
    let party = party().await;
    let mut record = record("s1");
    party.store.create(&mut record).await.unwrap();
    let stored: String = sqlx::query_scalar("SELECT id FROM web_session").fetch_one(&party.pool).await.unwrap();
    assert_eq!(stored, key(&record.id));
    assert!(!stored.contains(&record.id.to_string()));
}

/// T-21: the request loaded the session, the sign-out deleted it, the request saves what it had loaded.
#[tokio::test]
async fn a_request_under_way_cannot_save_an_ended_session_back() {
    let party = party().await;
    let mut created = record("s1");
    party.store.create(&mut created).await.unwrap();
    let mut loaded = party.store.load(&created.id).await.unwrap().unwrap();

    let ended = party.relying_party.end(&sign_out("s1"), Trust::Verified).await.unwrap();
    assert_eq!(ended.local_sessions, [key(&created.id)]);

    loaded.data.insert("late".to_owned(), json!(1));
    party.store.save(&loaded).await.unwrap();
    assert_eq!(party.store.load(&created.id).await.unwrap(), None);
    assert_eq!(rows(&party).await, (0, 0));
}

/// A sign-out is remembered for as long as a session was to live, so no request may prolong it.
#[tokio::test]
async fn a_save_does_not_prolong_a_session() {
    let party = party().await;
    let mut created = record("s1");
    party.store.create(&mut created).await.unwrap();
    let in_two_weeks = Some(Expiry::AtDateTime(created.expiry_date + time::Duration::weeks(2)));
    let request = Session::new(Some(created.id), Arc::new(party.store.clone()), in_two_weeks);
    request.insert("seen", true).await.unwrap();
    request.save().await.unwrap();
    let saved = party.store.load(&created.id).await.unwrap().unwrap();
    assert_eq!((saved.expiry_date, saved.data.contains_key("seen")), (created.expiry_date, true));
    party.clock.advance(3600);
    assert_eq!(party.store.load(&created.id).await.unwrap(), None);
}

/// BCL-40: a `sid` ends one session of the user, and the other stays.
#[tokio::test]
async fn a_sign_out_deletes_the_session_it_names_and_no_other() {
    let party = party().await;
    let (mut first, mut second) = (record("s1"), record("s2"));
    party.store.create(&mut first).await.unwrap();
    party.store.create(&mut second).await.unwrap();
    party.relying_party.end(&sign_out("s1"), Trust::Unsigned).await.unwrap();
    assert_eq!(party.store.load(&first.id).await.unwrap(), None);
    assert!(party.store.load(&second.id).await.unwrap().is_some());
}

/// T-10, the app's half: the sign-out came before the sign-in was finished.
#[tokio::test]
async fn a_session_that_ended_before_it_began_is_not_created() {
    let party = party().await;
    party.relying_party.end(&sign_out("s1"), Trust::Verified).await.unwrap();
    let error = party.store.create(&mut record("s1")).await.expect_err("it has ended");
    assert!(matches!(error, Error::Backend(reason) if reason == ALREADY_ENDED));
    assert_eq!(rows(&party).await, (0, 0));
}

/// T-10: the two at the same time, on two threads. Whichever is first, neither the session nor its entry in the index is
/// left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_at_the_same_time_leaves_no_session() {
    let party = party().await;
    for round in 0..100 {
        let sid = format!("s{round}");
        let (store, relying_party) = (party.store.clone(), party.relying_party.clone());
        let (mut record, event) = (record(&sid), sign_out(&sid));
        // Refused, or deleted again.
        let begin = tokio::spawn(async move { drop(store.create(&mut record).await) });
        let end = tokio::spawn(async move { relying_party.end(&event, Trust::Verified).await.unwrap() });
        begin.await.unwrap();
        end.await.unwrap();
        assert_eq!(rows(&party).await, (0, 0), "round {round}");
    }
}

#[tokio::test]
async fn only_a_sign_in_makes_a_session() {
    let party = party().await;
    let mut anonymous = record("s1");
    anonymous.data.clear();
    party.store.create(&mut anonymous).await.expect_err("nobody has signed in");
    assert_eq!(rows(&party).await, (0, 0));
}

#[tokio::test]
async fn an_expired_session_is_not_found_and_is_pruned() {
    let party = party().await;
    let mut record = record("s1");
    party.store.create(&mut record).await.unwrap();
    party.clock.advance(3600);
    assert_eq!(party.store.load(&record.id).await.unwrap(), None);
    party.relying_party.prune().await.unwrap();
    assert_eq!(rows(&party).await, (0, 0));
}

/// A store that cannot answer is an error, not an empty session.
#[tokio::test]
async fn a_broken_database_is_an_error() {
    let party = party().await;
    let mut record = record("s1");
    party.store.create(&mut record).await.unwrap();
    party.pool.close().await;
    party.store.load(&record.id).await.expect_err("closed");
    party.store.save(&record).await.expect_err("closed");
    party.store.create(&mut self::record("s2")).await.expect_err("closed");
    party.store.delete(&record.id).await.expect_err("closed");
}
