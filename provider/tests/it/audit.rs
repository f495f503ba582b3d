//! The audit log: who ended what, and how each app heard.

use std::time::Duration;

use provider::AuditEntry;
use serde_json::json;

use crate::support::{
    Answer, CALLBACK, DownApp, TestApp, TestBrowser, TestProvider, authorize, claims, config, config_registering,
    config_with, path,
};

/// What an entry says of who and why.
fn who(entry: &AuditEntry) -> (&str, &str, Option<&str>, &str) {
    (&entry.event, &entry.actor, entry.actor_id.as_deref(), entry.reason.as_deref().unwrap_or_default())
}

/// What an entry says of an app.
fn app(entry: &AuditEntry) -> (&str, &str, &str, &str, i64) {
    let text = |text: &Option<String>| text.as_deref().unwrap_or_default().to_owned();
    let [client_id, channel, outcome] = [&entry.client_id, &entry.channel, &entry.outcome].map(text);
    (&entry.event, client_id.leak(), channel.leak(), outcome.leak(), entry.attempts.unwrap_or_default())
}

async fn sign_out(browser: &mut TestBrowser, id_token: &str) -> Answer {
    browser.get(&path("/end_session", &[("id_token_hint", id_token)])).await
}

#[tokio::test]
async fn who_ended_a_session_and_how_each_app_heard() {
    let mut told = TestApp::answering(200).await;
    let config = config_with(&[("app-b", told.back_channel())]);
    let provider = TestProvider::with(config).await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    provider.visit(&mut browser, "app-b").await;
    sign_out(&mut browser, &tokens.id_token).await;
    told.next().await;

    let audit = provider.audit().await;
    assert_eq!(who(&audit[0]), ("session_ended", "client", Some("app-a"), "sign_out"));
    assert_eq!(app(&audit[1]), ("app_to_be_told", "app-a", "", "unreachable", 0));
    assert_eq!(app(&audit[2]), ("app_to_be_told", "app-b", "", "pending", 0));
    assert_eq!(app(&audit[3]), ("app_delivered", "app-b", "back-channel", "ended", 1));
    assert_eq!(audit.len(), 4);
    for entry in &audit {
        assert_eq!(entry.user.as_deref(), Some("alice"));
        assert_eq!(entry.sub.as_deref(), claims(&tokens.id_token)["sub"].as_str());
        assert_eq!(entry.session, audit[0].session, "all about the one session");
    }
}

#[tokio::test]
async fn every_way_in_which_a_session_ends_has_its_cause() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let question = browser.get("/end_session").await;
    browser.answer(&question, "sign-out").await;

    let (mut browser, _) = provider.signed_in("alice").await;
    let page = browser.get(&authorize("app-a", &[("prompt", "login")])).await;
    let page = browser.follow(page).await;
    let answer = browser.fill_in(&page, "bob", "bob").await;
    let bobs = provider.exchange("app-a", &crate::support::code_of(&answer)).await;
    let bob = claims(&bobs.id_token)["sub"].as_str().unwrap().to_owned();

    browser.end_sessions(("which", "all")).await;

    provider.signed_in("alice").await;
    provider.clock.advance(9 * 60 * 60);
    provider.state.sweep().await.unwrap();

    let audit = provider.audit().await;
    let ended: Vec<_> = audit.iter().filter(|entry| entry.event == "session_ended").map(who).collect();
    assert_eq!(
        ended,
        [
            ("session_ended", "user", None, "sign_out"),
            ("session_ended", "user", Some(bob.as_str()), "another_sign_in"),
            ("session_ended", "user", None, "account"),
            ("session_ended", "provider", None, "expiry"),
        ]
    );
}

/// What an app that could not be told looks like in the end, and what its frame says.
#[tokio::test]
async fn what_is_given_up_and_what_a_frame_says() {
    let down = DownApp::new();
    let frame = json!({"frontchannel_logout_uri": "http://127.0.0.1:4001/out"});
    let provider = TestProvider::with(config_with(&[("app-a", frame), ("app-b", down.back_channel())])).await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    provider.visit(&mut browser, "app-b").await;
    let page = sign_out(&mut browser, &tokens.id_token).await;
    let report = format!("{}/report", page.between("data-next=\"", "\"").unwrap());
    for outcome in ["ended", "ended", "unreachable"] {
        browser.submit(&report, &[("client_id", "app-a"), ("outcome", outcome)]).await;
    }
    provider.deliver_after(25 * 60 * 60).await;

    let audit = provider.audit().await;
    let news: Vec<_> = audit.iter().skip(3).map(app).collect();
    let told_once = ("app_acknowledged", "app-a", "front-channel", "ended", 0);
    assert_eq!(news[0], told_once, "a report that changes nothing is no news");
    assert_eq!(news[1].0, "app_given_up");
    assert_eq!((news[1].1, news[1].2, news[1].3), ("app-b", "back-channel", "unreachable"));
    assert!(news[1].4 >= 1, "after so many attempts: {}", news[1].4);
    assert_eq!(news.len(), 2);
}

/// Nothing in the log is worth stealing.
#[tokio::test]
async fn no_token_no_cookie_and_no_sid_is_on_record() {
    let mut told = TestApp::answering(200).await;
    let provider = TestProvider::with(config_with(&[("app-b", told.back_channel())])).await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let at_b = provider.visit(&mut browser, "app-b").await;
    let cookies: Vec<String> = browser.cookies.values().cloned().collect();
    let page = browser.end_sessions(("which", "all")).await;
    let handle = page.between("data-next=\"/end_session/result/", "\"").unwrap();
    let logout_token = told.next().await.logout_token().to_owned();

    let log: String = provider.audit().await.iter().map(|entry| serde_json::to_string(entry).unwrap() + "\n").collect();
    let sid = |token: &str| claims(token)["sid"].as_str().unwrap().to_owned();
    let mut secrets = vec![handle, logout_token, sid(&tokens.id_token), sid(&at_b.id_token)];
    secrets.extend([tokens.id_token, tokens.access_token, at_b.access_token]);
    secrets.extend(cookies);
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} in {log}");
    }
    assert_eq!(log.lines().count(), 4, "{log}");
}

/// The log when it has so many entries: a refused sign-in does not wait for its own.
async fn recorded(provider: &TestProvider, entries: usize) -> Vec<AuditEntry> {
    let wait = async {
        loop {
            let audit = provider.audit().await;
            if audit.len() >= entries {
                return audit;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("it is on record")
}

/// How long the answer takes does not tell whether there is such a user: it waits for no writing.
#[tokio::test]
async fn who_guesses_passwords_is_answered_before_it_is_on_record() {
    let provider = TestProvider::init().await;
    provider.signed_in("alice").await;
    let mut browser = provider.browser();
    let csrf = browser.get("/account").await.input("csrf");
    let mut guess = async || {
        let form = [("csrf", csrf.as_str()), ("username", "alice"), ("password", "wrong")];
        browser.submit("/account/sign-in", &form).await.status
    };
    for _ in 0..10 {
        assert_eq!(guess().await, 403);
    }
    let mut writing = provider.writing().await;
    assert_eq!(guess().await, 429, "while nobody can write");
    sqlx::query("ROLLBACK").execute(&mut writing).await.unwrap();
    assert_eq!(recorded(&provider, 1).await[0].user.as_deref(), Some("alice"));
}

/// Who guesses passwords must not be able to push other entries out, and what was typed is not kept.
#[tokio::test]
async fn guessing_passwords_is_on_record_once_an_hour() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let page = browser.get("/account").await;
    let guess = async |browser: &mut TestBrowser, username: &str| {
        let form = [("csrf", &*page.input("csrf")), ("username", username), ("password", "wrong")];
        browser.submit("/account/sign-in", &form).await.status
    };
    for username in ["alice", "no user but a password"] {
        for _ in 0..10 {
            assert_eq!(guess(&mut browser, username).await, 403);
        }
        for _ in 0..3 {
            assert_eq!(guess(&mut browser, username).await, 429);
        }
    }
    // Whoever never signed in is nobody yet.
    provider.state.shutdown().await;
    let audit = provider.audit().await;
    assert_eq!(audit.len(), 1, "{audit:?}");
    assert_eq!((audit[0].event.as_str(), audit[0].user.as_deref()), ("sign_in_throttled", None));
    assert!(!serde_json::to_string(&audit).unwrap().contains("password"), "{audit:?}");

    let provider = TestProvider::init().await;
    provider.signed_in("alice").await;
    let mut browser = provider.browser();
    let page = browser.get("/account").await;
    for (seconds, entries) in [(0, 1), (3599, 1), (1, 2)] {
        provider.clock.advance(seconds);
        for _ in 0..12 {
            let form = [("csrf", &*page.input("csrf")), ("username", "alice"), ("password", "wrong")];
            browser.submit("/account/sign-in", &form).await;
        }
        recorded(&provider, entries).await;
    }
    provider.state.shutdown().await;
    let audit = provider.audit().await;
    assert_eq!(audit.len(), 2, "{audit:?}");
    assert!(audit.iter().all(|entry| entry.user.as_deref() == Some("alice")), "{audit:?}");
}

/// It is bounded by age; by number as well, which the store's own tests show.
#[tokio::test]
async fn the_log_forgets_what_is_too_old() {
    let mut config = config();
    config["audit_lifetime"] = json!(100);
    let provider = TestProvider::with(config).await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    sign_out(&mut browser, &tokens.id_token).await;
    provider.clock.advance(100);
    provider.state.sweep().await.unwrap();
    assert_eq!(provider.audit().await.len(), 2);
    provider.clock.advance(1);
    provider.state.sweep().await.unwrap();
    assert_eq!(provider.audit().await.len(), 0);
}

/// RFC 7591, RFC 7592: what becomes of registrations, and at whose word.
#[tokio::test]
async fn registrations_are_on_record() {
    let how = json!({"max_clients": 2, "unused_lifetime": 10_000, "registrations_in_a_row": 6});
    let provider = TestProvider::with(config_registering(how)).await;
    let app = provider.registered(&json!({})).await;
    let change = json!({"client_id": app.client_id, "redirect_uris": [CALLBACK], "client_name": "Other notes"});
    assert_eq!(provider.manage("PUT", &app, Some(&change)).await.status, 200);
    assert_eq!(provider.manage("DELETE", &app, None).await.status, 204);
    let oldest = provider.registered(&json!({})).await;
    let unused = provider.registered(&json!({})).await;
    provider.clock.advance(60 * 60);
    let last = provider.registered(&json!({})).await;
    provider.clock.advance(10_000 - 60 * 60);
    provider.state.sweep().await.unwrap();

    let audit = provider.audit().await;
    let of = |entry: &AuditEntry| (entry.client_id.clone().unwrap(), entry.event.clone(), entry.actor.clone());
    let entry = |app: &str, event: &str, actor: &str| (app.to_owned(), event.to_owned(), actor.to_owned());
    let expected = [
        entry(&app.client_id, "client_registered", "client"),
        entry(&app.client_id, "client_changed", "client"),
        entry(&app.client_id, "client_deleted", "client"),
        entry(&oldest.client_id, "client_registered", "client"),
        entry(&unused.client_id, "client_registered", "client"),
        entry(&oldest.client_id, "client_deleted", "provider"),
        entry(&last.client_id, "client_registered", "client"),
        entry(&unused.client_id, "client_deleted", "provider"),
    ];
    assert_eq!(audit.iter().map(of).collect::<Vec<_>>(), expected);
    assert_eq!(audit[5].reason.as_deref(), Some("room"));
    assert_eq!(audit[7].reason.as_deref(), Some("unused"));
}

/// Changes leave entries, so that they are limited like registrations: nobody pushes other entries out.
#[tokio::test]
async fn changes_without_end_are_refused() {
    let provider = TestProvider::with(config_registering(json!({"registrations_in_a_row": 3}))).await;
    let app = provider.registered(&json!({})).await;
    let change = json!({"client_id": app.client_id, "redirect_uris": [CALLBACK]});
    for status in [200, 200, 429] {
        assert_eq!(provider.manage("PUT", &app, Some(&change)).await.status, status);
    }
    assert_eq!(provider.audit().await.len(), 3);
}
