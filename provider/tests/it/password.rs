//! A password that its user changes.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    Answer, TestApp, TestBrowser, TestProvider, authorize, claims, code_of, config, config_with, redirected,
};

const NEW: &str = "correct horse battery";

async fn change(browser: &mut TestBrowser, current: &str, new: &str) -> Answer {
    change_to(browser, current, new, new).await
}

async fn change_to(browser: &mut TestBrowser, current: &str, new: &str, again: &str) -> Answer {
    let csrf = browser.get("/account").await.input("csrf");
    let form = [("csrf", csrf.as_str()), ("current", current), ("new", new), ("again", again)];
    browser.submit("/account/password", &form).await
}

async fn try_password(provider: &TestProvider, username: &str, password: &str) -> StatusCode {
    let mut browser = provider.browser();
    let csrf = browser.get("/account").await.input("csrf");
    let form = [("csrf", csrf.as_str()), ("username", username), ("password", password)];
    browser.submit("/account/sign-in", &form).await.status
}

async fn is_signed_in(browser: &mut TestBrowser) -> bool {
    redirected(&browser.get(&authorize("app-a", &[("prompt", "none")])).await, "code").is_some()
}

#[tokio::test]
async fn a_new_password_counts_and_the_old_one_does_not() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let old = browser.clone();
    let answer = change(&mut browser, "alice", NEW).await;
    let page = browser.follow(answer).await;
    assert!(page.body.contains("data-testid=\"password-changed\""), "{}", page.body);
    assert_eq!(try_password(&provider, "alice", "alice").await, StatusCode::FORBIDDEN);
    assert_eq!(try_password(&provider, "alice", NEW).await, StatusCode::SEE_OTHER);
    assert_eq!(try_password(&provider, "bob", "bob").await, StatusCode::SEE_OTHER);
    assert_eq!(try_password(&provider, "bob", NEW).await, StatusCode::FORBIDDEN);

    let mut old = old;
    assert_ne!(old.cookies, browser.cookies);
    assert!(!is_signed_in(&mut old).await, "a copy of the cookie of before is worth nothing");
    assert!(is_signed_in(&mut browser).await);
    assert_eq!(provider.userinfo(&tokens.access_token).await.status, StatusCode::OK, "this session goes on");
    let silent = provider.visit(&mut browser, "app-a").await;
    assert_eq!(claims(&silent.id_token)["sid"], claims(&tokens.id_token)["sid"]);

    let answer = change(&mut browser, "alice", "another long password").await;
    answer.assert_error_page(403);
    change(&mut browser, NEW, "another long password").await;
    assert_eq!(try_password(&provider, "alice", NEW).await, StatusCode::FORBIDDEN);
    assert_eq!(try_password(&provider, "alice", "another long password").await, StatusCode::SEE_OTHER);
    provider.clock.advance(601);
    let later = browser.get("/account?password=changed").await;
    assert!(!later.body.contains("password-changed"), "an address says nothing of what is so");
}

/// BCL-42, BCL-43, RPI-26
#[tokio::test]
async fn whoever_came_in_by_the_old_password_is_out() {
    let mut app = TestApp::answering(200).await;
    let mut app_b = json!({
        "grant_types": ["authorization_code", "refresh_token"],
        "scopes": ["openid", "profile", "notes", "offline_access"],
    });
    app_b.as_object_mut().unwrap().extend(app.back_channel().as_object().unwrap().clone());
    let provider = TestProvider::with(config_with(&[("app-b", app_b)])).await;
    let (mut here, at_here) = provider.signed_in("alice").await;
    let (mut there, at_there) = provider.signed_in("alice").await;
    let (mut bob, _) = provider.signed_in("bob").await;
    let page = there.get(&authorize("app-b", &[("scope", "openid offline_access")])).await;
    let page = there.follow(page).await;
    let answer = there.consent(&page, "allow").await;
    let offline = provider.exchange("app-b", &code_of(&answer)).await;

    assert!(here.get("/account").await.body.contains("It ends the access while you are away as well"));
    let answer = change(&mut here, "alice", NEW).await;
    assert_eq!(claims(app.next().await.logout_token())["sid"], claims(&offline.id_token)["sid"]);
    let page = here.follow(answer).await;
    assert_eq!(page.outcomes(), [("app-a", "unreachable"), ("app-b", "ended")].map(|(a, b)| (a.into(), b.into())));
    assert!(page.body.contains("data-testid=\"password-changed\""), "{}", page.body);
    assert!(!is_signed_in(&mut there).await && is_signed_in(&mut here).await && is_signed_in(&mut bob).await);
    assert_eq!(provider.userinfo(&at_there.access_token).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(provider.userinfo(&at_here.access_token).await.status, StatusCode::OK);
    assert_eq!(provider.refresh("app-b", &offline.answer).await.status, StatusCode::BAD_REQUEST);

    let audit = provider.audit().await;
    let of_change: Vec<_> = audit.iter().filter(|entry| !entry.event.starts_with("app_")).collect();
    let events: Vec<&str> = of_change.iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(events, ["password_changed", "session_ended", "offline_access_ended"]);
    assert!(of_change.iter().all(|entry| entry.actor == "user" && entry.user.as_deref() == Some("alice")));
    assert_eq!(of_change[1].reason.as_deref(), Some("password_change"));
}

#[tokio::test]
async fn what_is_refused_changes_nothing_and_says_why() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let (mut other, _) = provider.signed_in("alice").await;
    let table = [
        ("alice", "elevenchars", "elevenchars", 400, "at least 12 characters"),
        ("alice", NEW, "something else", 400, "not the same"),
        ("alice", "i am Alice of wonderland", "i am Alice of wonderland", 400, "your user name"),
        ("", NEW, NEW, 403, "current password is wrong"),
        ("wrong", NEW, NEW, 403, "current password is wrong"),
    ];
    for (current, new, again, status, why) in table {
        let answer = change_to(&mut browser, current, new, again).await;
        answer.assert_error_page(status);
        assert!(answer.body.contains(why), "{why} in {}", answer.body);
        assert!(!answer.body.contains(NEW), "what was typed is not sent back");
    }
    assert!(is_signed_in(&mut other).await && is_signed_in(&mut browser).await);
    assert_eq!(try_password(&provider, "alice", "alice").await, StatusCode::SEE_OTHER);
    assert_eq!(provider.audit().await.len(), 0);
}

/// The limit is that of the login form, and counts failures only.
#[tokio::test]
async fn guessing_the_current_password_ends_soon() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    for _ in 0..10 {
        assert_eq!(change(&mut browser, "wrong", NEW).await.status, StatusCode::FORBIDDEN);
    }
    let answer = change(&mut browser, "alice", NEW).await;
    answer.assert_error_page(429);
    assert_eq!(answer.header("retry-after"), "30");
    assert_eq!(try_password(&provider, "alice", "alice").await, StatusCode::TOO_MANY_REQUESTS);
    provider.clock.advance(30);
    assert_eq!(change(&mut browser, "alice", NEW).await.status, StatusCode::SEE_OTHER);
}

fn with_password(password: &str) -> Value {
    let mut config = config();
    config["users"][1]["password"] = json!(password);
    config
}

/// What the user has set stays until the operator sets something else, in clear or as a hash.
#[tokio::test]
async fn a_changed_password_outlives_a_restart_and_gives_way_to_another_configuration() {
    let provider = TestProvider::init().await;
    for username in ["alice", "bob"] {
        let (mut browser, _) = provider.signed_in(username).await;
        change(&mut browser, username, NEW).await;
    }
    let provider = provider.restart(config()).await;
    for username in ["alice", "bob"] {
        assert_eq!(try_password(&provider, username, username).await, StatusCode::FORBIDDEN, "{username}");
        assert_eq!(try_password(&provider, username, NEW).await, StatusCode::SEE_OTHER, "{username}");
    }
    let provider = provider.restart(with_password("what bob forgot")).await;
    assert_eq!(try_password(&provider, "bob", NEW).await, StatusCode::FORBIDDEN);
    assert_eq!(try_password(&provider, "bob", "what bob forgot").await, StatusCode::SEE_OTHER);
    assert_eq!(try_password(&provider, "alice", NEW).await, StatusCode::SEE_OTHER, "whose is as it was");

    // The first one again: what was changed before does not come back.
    let provider = provider.restart(config()).await;
    assert_eq!(try_password(&provider, "bob", NEW).await, StatusCode::FORBIDDEN);
    assert_eq!(try_password(&provider, "bob", "bob").await, StatusCode::SEE_OTHER);
    let mut hashes = config();
    hashes["users"][0]["password_hash"] = json!(crate::support::cheap_hash("what alice forgot"));
    let provider = provider.restart(hashes).await;
    assert_eq!(try_password(&provider, "alice", NEW).await, StatusCode::FORBIDDEN);
    assert_eq!(try_password(&provider, "alice", "what alice forgot").await, StatusCode::SEE_OTHER);
}

/// A start without the user, in whatever order files are edited, brings no old password back.
#[tokio::test]
async fn a_changed_password_outlives_a_start_without_its_user() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("bob").await;
    change(&mut browser, "bob", NEW).await;
    let mut without_bob = config();
    without_bob["users"].as_array_mut().unwrap().pop();
    let provider = provider.restart(without_bob).await;
    assert_eq!(try_password(&provider, "bob", NEW).await, StatusCode::FORBIDDEN);
    let provider = provider.restart(config()).await;
    assert_eq!(try_password(&provider, "bob", "bob").await, StatusCode::FORBIDDEN);
    assert_eq!(try_password(&provider, "bob", NEW).await, StatusCode::SEE_OTHER);
}

/// Rule 8: no order of the two leaves a session that began by the old password. Bob's hash is a real one, whose checks take
/// long enough to come in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_against_sign_ins_with_the_old_password() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("bob").await;
    let is_changed = AtomicBool::new(false);
    let sign_ins = futures_util::future::join_all((0..3).map(|_| async {
        let mut browsers = Vec::new();
        while !is_changed.load(Ordering::SeqCst) {
            let mut browser = provider.browser();
            let csrf = browser.get("/account").await.input("csrf");
            let form = [("csrf", csrf.as_str()), ("username", "bob"), ("password", "bob")];
            browser.submit("/account/sign-in", &form).await;
            browsers.push(browser);
        }
        browsers
    }));
    let change = async {
        let answer = change(&mut browser, "bob", NEW).await;
        is_changed.store(true, Ordering::SeqCst);
        answer
    };
    let (changed, browsers) = tokio::join!(change, sign_ins);
    assert_eq!(changed.status, StatusCode::SEE_OTHER);
    for mut other in browsers.into_iter().flatten() {
        assert!(!is_signed_in(&mut other).await);
    }
    assert!(is_signed_in(&mut browser).await);
}
