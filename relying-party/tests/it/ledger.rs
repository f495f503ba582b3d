//! The ledger and the session index: what is recorded, for how long, and what goes with it.

use relying_party::ledger::sqlite;
use relying_party::{Admission, Channel, LedgerError, OpenError, RelyingParty, Standing, Trust};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::support::{Fixture, NOW, settings};

/// The same sign-out by each channel is one entry with one number, and the count goes on after a restart.
#[tokio::test]
async fn one_sign_out_is_one_entry_by_whatever_channel() {
    let mut fixture = Fixture::new().await;
    fixture.begin(&fixture.session("s1", "alice"), "one").await;
    let first = fixture.party.end(&fixture.ends_sid("s1", Channel::BackChannel), Trust::Verified).await.unwrap();
    assert_eq!((first.local_sessions.as_slice(), first.repeated), (&["one".to_owned()][..], false));

    for (channel, trust) in [(Channel::FrontChannel, Trust::Unsigned), (Channel::Provider, Trust::Verified)] {
        let again = fixture.party.end(&fixture.ends_sid("s1", channel), trust).await.unwrap();
        assert_eq!((again.seq, again.local_sessions.len(), again.repeated), (first.seq, 0, true));
    }
    fixture.restart().await;
    let again = fixture.party.end(&fixture.ends_sid("s1", Channel::BackChannel), Trust::Verified).await.unwrap();
    assert_eq!((again.seq, again.repeated), (first.seq, true));
    let next = fixture.party.end(&fixture.ends_sid("s2", Channel::BackChannel), Trust::Verified).await.unwrap();
    assert!(next.seq > first.seq);
    assert_eq!(fixture.count("rp_ended").await, 2);
}

/// T-06: for a user the latest instant counts; a delayed or repeated event takes nothing back and ends nothing later.
#[tokio::test]
async fn a_users_entry_is_an_instant_that_only_moves_on() {
    let mut fixture = Fixture::new().await;
    let signed_in_at = |auth_time| {
        let mut session = fixture.session("s1", "alice");
        session.auth_time = auth_time;
        session
    };
    let (old, new) = (signed_in_at(NOW - 100), signed_in_at(NOW + 100));
    let first = fixture.party.end(&fixture.ends_sub("alice", NOW), Trust::Verified).await.unwrap();
    let delayed = fixture.party.end(&fixture.ends_sub("alice", NOW - 50), Trust::Verified).await.unwrap();
    assert_eq!((delayed.seq, delayed.repeated), (first.seq, true));
    assert!(matches!(fixture.party.check(&old).unwrap(), Standing::Ended { .. }));
    assert_eq!(fixture.party.check(&new).unwrap(), Standing::Live);

    let later = fixture.party.end(&fixture.ends_sub("alice", NOW + 100), Trust::Verified).await.unwrap();
    assert!(later.seq > first.seq, "a later sign-out is another one");
    fixture.restart().await;
    for session in [&old, &new] {
        assert!(matches!(fixture.party.check(session).unwrap(), Standing::Ended { seq, .. } if seq == later.seq));
    }
    assert_eq!(fixture.count("rp_ended").await, 1);
}

/// An app's own rows go with the index, in the transaction that records the event.
#[tokio::test]
async fn an_apps_own_session_rows_go_and_come_with_the_index() {
    let fixture = Fixture::new().await;
    let web_session = "CREATE TABLE web_session (id TEXT PRIMARY KEY, \
                       local_id TEXT NOT NULL REFERENCES rp_session (local_id) ON DELETE CASCADE)";
    sqlx::query(web_session).execute(&fixture.pool).await.unwrap();
    let session = fixture.session("s1", "alice");
    let sign_in = async |local_id: &str| {
        let mut transaction = fixture.pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let admission = sqlite::begin_session(&mut transaction, &session, local_id, NOW + 60, NOW).await.unwrap();
        if admission == Admission::Admitted {
            let insert = sqlx::query("INSERT INTO web_session (id, local_id) VALUES (?1, ?1)").bind(local_id);
            insert.execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
        admission
    };
    assert_eq!(sign_in("one").await, Admission::Admitted);
    assert_eq!(sign_in("two").await, Admission::Admitted);
    assert_eq!(fixture.count("web_session").await, 2);

    let ended = fixture.party.end(&fixture.ends_sid("s1", Channel::BackChannel), Trust::Verified).await.unwrap();
    assert_eq!(ended.local_sessions.len(), 2);
    assert_eq!((fixture.count("web_session").await, fixture.count("rp_session").await), (0, 0));
    assert!(matches!(sign_in("three").await, Admission::Ended { .. }), "rule: an ended session never begins again");
    assert_eq!(fixture.count("web_session").await, 0);
}

/// The app's own sign-out ends its own record only.
#[tokio::test]
async fn a_local_sign_out_is_no_event() {
    let fixture = Fixture::new().await;
    let session = fixture.session("s1", "alice");
    fixture.begin(&session, "one").await;
    let mut conn = fixture.pool.acquire().await.unwrap();
    sqlite::delete_session(&mut conn, "one").await.unwrap();
    assert_eq!(fixture.party.check(&session).unwrap(), Standing::Live);
    assert_eq!(fixture.begin(&session, "two").await, Admission::Admitted);
}

/// An entry lives as long as what it can end; then it goes, from disk and from memory.
#[tokio::test]
async fn what_has_had_its_time_is_pruned() {
    let mut fixture = Fixture::with(|settings| settings.session_lifetime = 1_000).await;
    let session = fixture.session("s1", "alice");
    fixture.party.end(&fixture.ends_sid("s1", Channel::BackChannel), Trust::Verified).await.unwrap();
    fixture.party.end(&fixture.ends_sid("s2", Channel::FrontChannel), Trust::Unsigned).await.unwrap();
    fixture.party.revoke_token("t1", NOW + 10).await.unwrap();
    fixture.party.begin_session(&fixture.session("s3", "bob"), "three", NOW + 500).await.unwrap();

    fixture.clock.advance(1_059);
    fixture.party.prune().await.unwrap();
    assert!(matches!(fixture.party.check(&session).unwrap(), Standing::Ended { .. }));
    assert_eq!(fixture.count("rp_ended").await, 1);
    for table in ["rp_unverified", "rp_revoked_token", "rp_session"] {
        assert_eq!(fixture.count(table).await, 0, "{table}");
    }
    fixture.clock.advance(1);
    fixture.party.prune().await.unwrap();
    assert_eq!(fixture.count("rp_ended").await, 0);
    assert_eq!(fixture.party.check(&session).unwrap(), Standing::Live);
    fixture.restart().await;
    let next = fixture.party.end(&fixture.ends_sid("s9", Channel::BackChannel), Trust::Verified).await.unwrap();
    assert_eq!(next.seq, 3, "numbers are not used again");
}

/// T-10: a sign-in that began before the end may come back ten minutes later, however short the sessions are.
#[tokio::test]
async fn an_end_outlives_the_sign_ins_that_were_on_their_way() {
    let fixture = Fixture::with(|settings| settings.session_lifetime = 60).await;
    let session = fixture.session("s1", "alice");
    fixture.party.end(&fixture.ends_sid("s1", Channel::BackChannel), Trust::Verified).await.unwrap();
    fixture.clock.advance(600);
    fixture.party.prune().await.unwrap();
    let admitted = fixture.party.begin_session(&session, "one", NOW + 660).await.unwrap();
    assert!(matches!(admitted, Admission::Ended { .. }), "{admitted:?}");
}

/// A full ledger refuses; it displaces nothing, and repeats still succeed.
#[tokio::test]
async fn a_full_ledger_refuses() {
    let fixture = Fixture::with(|settings| settings.max_ended = 2).await;
    for sid in ["s1", "s2"] {
        fixture.party.end(&fixture.ends_sid(sid, Channel::BackChannel), Trust::Verified).await.unwrap();
    }
    let third = fixture.party.end(&fixture.ends_sid("s3", Channel::BackChannel), Trust::Verified).await;
    assert!(matches!(third, Err(LedgerError::Full)));
    assert_eq!(fixture.party.check(&fixture.session("s3", "alice")).unwrap(), Standing::Live);
    assert!(fixture.party.end(&fixture.ends_sid("s1", Channel::Provider), Trust::Verified).await.unwrap().repeated);
    assert!(matches!(fixture.party.check(&fixture.session("s1", "alice")).unwrap(), Standing::Ended { .. }));
}

/// The list of unsigned sign-outs is bounded in number and in rate, and apart from the ledger.
#[tokio::test]
async fn unsigned_sign_outs_of_unknown_sessions_are_bounded() {
    let fixture = Fixture::with(|settings| {
        settings.max_unverified = 3;
        settings.unverified_per_minute = 2;
    })
    .await;
    fixture.begin(&fixture.session("known", "alice"), "one").await;
    fixture.begin(&fixture.session("known too", "alice"), "two").await;
    let unsigned =
        async |sid: &str| fixture.party.end(&fixture.ends_sid(sid, Channel::FrontChannel), Trust::Unsigned).await;

    for sid in ["x1", "x2"] {
        unsigned(sid).await.unwrap();
    }
    assert!(matches!(unsigned("x3").await, Err(LedgerError::UnverifiedFull)), "two a minute");
    assert!(unsigned("x1").await.unwrap().repeated);
    assert_eq!(unsigned("known").await.unwrap().local_sessions, ["one"], "it does not count");
    fixture.clock.advance(60);
    unsigned("x3").await.unwrap();
    fixture.clock.advance(60);
    assert!(matches!(unsigned("x4").await, Err(LedgerError::UnverifiedFull)), "three in all");
    assert_eq!(fixture.count("rp_unverified").await, 3);

    assert_eq!(unsigned("known too").await.unwrap().local_sessions, ["two"]);
    fixture.party.end(&fixture.ends_sid("x1", Channel::BackChannel), Trust::Verified).await.unwrap();
    assert_eq!(
        (fixture.count("rp_ended").await, fixture.count("rp_unverified").await),
        (3, 2),
        "a verified event takes its place"
    );
}

/// Another provider's event, and one that names nobody, end nothing.
#[tokio::test]
async fn foreign_and_nameless_events_are_refused() {
    let fixture = Fixture::new().await;
    let mut foreign = fixture.ends_sid("s1", Channel::BackChannel);
    foreign.iss = "https://evil.example".into();
    assert!(matches!(fixture.party.end(&foreign, Trust::Verified).await, Err(LedgerError::ForeignIssuer)));
    let mut nobody = fixture.ends_sub("alice", NOW);
    assert!(
        matches!(fixture.party.end(&nobody, Trust::Unsigned).await, Err(LedgerError::NamesNobody)),
        "unsigned, for a user"
    );
    nobody.sub = None;
    assert!(matches!(fixture.party.end(&nobody, Trust::Verified).await, Err(LedgerError::NamesNobody)));
    let mut session = fixture.session("s1", "alice");
    session.iss = "https://evil.example".into();
    assert!(matches!(fixture.party.check(&session), Err(LedgerError::ForeignIssuer)));
    assert_eq!(fixture.count("rp_ended").await, 0);
}

/// Whoever asked for a sign-out hangs up: it happens all the same, on disk and in memory.
#[tokio::test]
async fn a_caller_that_hangs_up_does_not_part_disk_and_memory() {
    let fixture = Fixture::new().await;
    let session = fixture.session("s1", "alice");
    let event = fixture.ends_sid("s1", Channel::BackChannel);
    {
        let mut end = Box::pin(fixture.party.end(&event, Trust::Verified));
        // Polled once, so that the write has been handed over, then dropped.
        assert!(futures_util::poll!(&mut end).is_pending());
    }
    fixture.party.shutdown().await;
    assert!(matches!(fixture.party.check(&session).unwrap(), Standing::Ended { .. }));
    assert_eq!(fixture.count("rp_ended").await, 1);
}

#[tokio::test]
async fn a_database_without_foreign_keys_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("app.sqlite")).create_if_missing(true);
    let pool = SqlitePoolOptions::new().connect_with(options.foreign_keys(false)).await.unwrap();
    let settings = settings("http://localhost:1", folder.path());
    let opened = RelyingParty::open(settings, pool, relying_party::Clock::system()).await;
    assert!(matches!(opened, Err(OpenError::ForeignKeysOff)));
}

/// An app's own migrations, counted from 1, live in the same database.
#[tokio::test]
async fn an_apps_own_migrations_are_left_alone() {
    let mut fixture = Fixture::new().await;
    let foreign = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                   VALUES (1, 'the app''s own', TRUE, x'00', 0)";
    sqlx::query(foreign).execute(&fixture.pool).await.unwrap();
    fixture.restart().await;
    // Those of this crate, and that one.
    assert_eq!(fixture.count("_sqlx_migrations").await, 3);
}
