//! OpenID Connect Core 1.0 section 3.1.2.1, `prompt=select_account`.

use axum::http::StatusCode;

use crate::support::{Answer, TestBrowser, TestProvider, authorize, claims, code_of, path, redirected};

async fn page(browser: &mut TestBrowser, changes: &[(&str, &str)]) -> Answer {
    let mut changes = changes.to_vec();
    if !changes.iter().any(|(name, _)| *name == "prompt") {
        changes.push(("prompt", "select_account"));
    }
    let answer = browser.get(&authorize("app-a", &changes)).await;
    browser.follow(answer).await
}

async fn choose(browser: &mut TestBrowser, page: &Answer, answer: &str) -> Answer {
    let (request, csrf) = (page.input("request"), page.input("csrf"));
    browser.submit("/select_account", &[("request", &request), ("csrf", &csrf), ("answer", answer)]).await
}

#[tokio::test]
async fn the_user_goes_on_as_who_they_are() {
    let provider = TestProvider::init().await;
    let (mut browser, before) = provider.signed_in("alice").await;
    let page = page(&mut browser, &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    for expected in [
        "<strong>App A</strong>",
        "data-testid=\"use-this-account\">Go on as alice</button>",
        "data-testid=\"use-another-account\">",
        "<h1>",
    ] {
        assert!(page.body.contains(expected), "{expected}: {}", page.body);
    }
    assert!(page.header("content-security-policy").contains("form-action 'self' http://127.0.0.1:4001;"));
    assert_eq!(page.header("cache-control"), "no-store");
    let answer = choose(&mut browser, &page, "this").await;
    let after = provider.exchange("app-a", &code_of(&answer)).await;
    for same in ["sub", "sid", "auth_time"] {
        assert_eq!(claims(&after.id_token)[same], claims(&before.id_token)[same], "{same}");
    }
    choose(&mut browser, &page, "this").await.assert_error_page(400);
}

/// CORE-04: another user's session has a `sid` of its own, and the first one's is over.
#[tokio::test]
async fn the_user_goes_on_as_somebody_else() {
    let provider = TestProvider::init().await;
    let (mut browser, of_alice) = provider.signed_in("alice").await;
    let page = page(&mut browser, &[]).await;
    let form = choose(&mut browser, &page, "another").await;
    assert_eq!(form.location().path(), "/login");
    assert_eq!(provider.userinfo(&of_alice.access_token).await.status, StatusCode::OK, "nobody was signed out yet");
    let form = browser.follow(form).await;
    let answer = browser.fill_in(&form, "bob", "bob").await;
    let of_bob = provider.exchange("app-a", &code_of(&answer)).await;
    assert_eq!(claims(&of_bob.id_token)["preferred_username"], "bob");
    assert_ne!(claims(&of_bob.id_token)["sid"], claims(&of_alice.id_token)["sid"]);
    assert_eq!(provider.userinfo(&of_alice.access_token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn where_nobody_is_signed_in_there_is_nothing_to_choose() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let answer = browser.get(&authorize("app-a", &[("prompt", "select_account")])).await;
    assert_eq!(answer.location().path(), "/login");
    let (_, of_bob) = provider.signed_in("bob").await;
    let (mut browser, _) = provider.signed_in("alice").await;
    provider.clock.advance(100);
    for changes in [("id_token_hint", of_bob.id_token.as_str()), ("max_age", "100")] {
        let answer = browser.get(&authorize("app-a", &[("prompt", "select_account"), changes])).await;
        assert_eq!(answer.location().path(), "/login", "{changes:?}: the session answers nothing");
    }
}

/// What else the request asks for still holds.
#[tokio::test]
async fn consent_and_max_age_come_after_the_choice() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let both = page(&mut browser, &[("prompt", "select_account consent")]).await;
    let answer = choose(&mut browser, &both, "this").await;
    assert_eq!(answer.location().path(), "/consent");
    let question = browser.follow(answer).await;
    code_of(&browser.consent(&question, "allow").await);

    let fresh = page(&mut browser, &[("max_age", "100")]).await;
    provider.clock.advance(100);
    let answer = choose(&mut browser, &fresh, "this").await;
    assert_eq!(answer.location().path(), "/login", "too long ago, meanwhile");
    let form = browser.follow(answer).await;
    code_of(&browser.fill_in(&form, "alice", "alice").await);
}

#[tokio::test]
async fn a_choice_is_of_one_browser_session_and_page() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let page = page(&mut browser, &[]).await;
    let (request, csrf) = (page.input("request"), page.input("csrf"));
    let form = [("request", request.as_str()), ("csrf", csrf.as_str()), ("answer", "this")];

    let (mut other, _) = provider.signed_in("bob").await;
    other.get(&path("/select_account", &[("request", &request)])).await.assert_error_page(400);
    other.submit("/select_account", &form).await.assert_error_page(403);
    browser.submit_cross_site("/select_account", &form).await.assert_error_page(403);
    browser.submit("/select_account", &[form[0], ("csrf", "x"), form[2]]).await.assert_error_page(403);
    browser.submit("/select_account", &[form[0], form[1], ("answer", "x")]).await.assert_error_page(400);
    browser.submit("/select_account", &form[1..]).await.assert_error_page(400);
    browser.get("/select_account").await.assert_error_page(400);

    // The session ends: there is nobody to go on as.
    browser.get(&path("/end_session", &[("id_token_hint", tokens.id_token)])).await;
    browser.submit("/select_account", &form).await.assert_error_page(400);
    let answer = browser.get(&authorize("app-a", &[("prompt", "none")])).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"));
}

/// Rule 8: the session ends between the look and the write, and there is nothing to choose any more.
#[tokio::test]
async fn where_the_session_has_just_ended_the_login_form_is_shown() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let mut writing = provider.writing().await;
    let request = authorize("app-a", &[("prompt", "select_account")]);
    let ask = browser.get(&request);
    let end = async {
        // So that the request most likely has looked, and waits to write; what it answers is the same if it has not.
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
        }
        sqlx::query("UPDATE session SET ended_at = 1").execute(&mut writing).await.unwrap();
        sqlx::query("COMMIT").execute(&mut writing).await.unwrap();
    };
    let (answer, ()) = tokio::join!(ask, end);
    assert_eq!(answer.location().path(), "/login");
}
