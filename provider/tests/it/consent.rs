//! The consent page (OpenID Connect Core 1.0 section 3.1.2.4).

use axum::http::StatusCode;

use crate::support::{
    Answer, ISSUER, TestBrowser, TestProvider, authorize, authorize_form, claims, code_of, path, redirected,
};

const CONSENT: (&str, &str) = ("prompt", "consent");

/// The consent page of a request of App B.
async fn question(browser: &mut TestBrowser, changes: &[(&str, &str)]) -> Answer {
    let answer = browser.get(&authorize("app-b", changes)).await;
    let page = browser.follow(answer).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    page
}

#[tokio::test]
async fn the_page_can_be_used_by_everybody() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = question(&mut browser, &[CONSENT]).await;
    for expected in [
        "<html lang=\"en\">",
        "<title>Do you allow this?",
        "<strong>App B</strong>",
        "<strong>alice</strong>",
        "data-scope=\"openid\"",
        "data-scope=\"profile\"",
        "data-scope=\"notes\"",
        "<button type=\"submit\"",
        "data-testid=\"allow\"",
        "data-testid=\"do-not-allow\"",
    ] {
        assert!(page.body.contains(expected), "{expected}");
    }
    assert_eq!(page.body.matches("<h1>").count(), 1);
    assert!(!page.body.contains("<script"), "it works without");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' http://127.0.0.1:4002;"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("cache-control"), "no-store");
}

/// OpenID Connect Core 1.0 section 3.1.2.1, `prompt`: asked each time, with the session's `sid` and `auth_time` as they were.
#[tokio::test]
async fn whoever_allows_it_goes_on_to_the_app() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let silent = provider.visit(&mut browser, "app-b").await;
    for _ in 0..2 {
        let page = question(&mut browser, &[CONSENT]).await;
        let answer = browser.consent(&page, "allow").await;
        assert!(answer.location().as_str().starts_with("http://127.0.0.1:4002/callback?code="));
        assert_eq!(redirected(&answer, "state").as_deref(), Some("s/t&a=t e"));
        assert_eq!(redirected(&answer, "iss").as_deref(), Some(ISSUER));
        let tokens = provider.exchange("app-b", &code_of(&answer)).await;
        for same in ["sid", "auth_time", "sub"] {
            assert_eq!(claims(&tokens.id_token)[same], claims(&silent.id_token)[same], "{same}");
        }
    }
}

/// RFC 6749 section 4.1.2.1
#[tokio::test]
async fn whoever_does_not_goes_back_without_a_code() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let changes = [CONSENT, ("redirect_uri", "http://127.0.0.1:4002/callback?kind=b")];
    let page = question(&mut browser, &changes).await;
    let answer = browser.consent(&page, "deny").await;
    assert!(answer.location().as_str().starts_with("http://127.0.0.1:4002/callback?kind=b&error=access_denied&"));
    assert_eq!(redirected(&answer, "state").as_deref(), Some("s/t&a=t e"));
    assert_eq!(redirected(&answer, "iss").as_deref(), Some(ISSUER));
    assert_eq!(redirected(&answer, "code"), None);
    provider.visit(&mut browser, "app-b").await;
}

/// After the password, and not instead of it.
#[tokio::test]
async fn who_is_not_signed_in_is_asked_afterwards() {
    let provider = TestProvider::init().await;
    for prompt in ["consent", "login consent", "consent select_account"] {
        let mut browser = provider.browser();
        let login = question(&mut browser, &[("prompt", prompt)]).await;
        assert!(login.body.contains("name=\"password\""), "{prompt}");
        let handle = login.input("request");
        browser.get(&format!("/consent?request={handle}")).await.assert_error_page(400);
        let csrf = login.input("csrf");
        let form = [("request", handle.as_str()), ("csrf", &csrf), ("answer", "allow")];
        browser.submit("/consent", &form).await.assert_error_page(400);

        let answer = browser.fill_in(&login, "alice", "alice").await;
        assert_eq!(answer.location().path(), "/consent", "{prompt}");
        let page = browser.follow(answer).await;
        let answer = browser.consent(&page, "allow").await;
        provider.exchange("app-b", &code_of(&answer)).await;
    }
}

/// RPI-37's sibling: a form that another page sends, or that was made for another browser, allows nothing.
#[tokio::test]
async fn forged_answers_are_refused() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = question(&mut browser, &[CONSENT]).await;
    let (request, csrf) = (page.input("request"), page.input("csrf"));
    let form = [("request", request.as_str()), ("csrf", &csrf), ("answer", "allow")];

    let origins: &[&[(&str, &str)]] = &[
        &[("sec-fetch-site", "cross-site"), ("origin", ISSUER)],
        &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:4001")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.example.com")],
        &[("origin", "null")],
        &[],
    ];
    for headers in origins {
        browser.send("POST", "/consent", headers, Some(&form)).await.assert_error_page(403);
    }
    for csrf in ["", "x", &csrf[1..], &"A".repeat(csrf.len())] {
        let form = [("request", request.as_str()), ("csrf", csrf), ("answer", "allow")];
        browser.submit("/consent", &form).await.assert_error_page(403);
    }
    for answer in ["", "yes"] {
        let form = [("request", request.as_str()), ("csrf", &csrf), ("answer", answer)];
        browser.submit("/consent", &form).await.assert_error_page(400);
    }
    let (mut other, _) = provider.signed_in("alice").await;
    other.get(&format!("/consent?request={request}")).await.assert_error_page(400);
    other.submit("/consent", &form).await.assert_error_page(403);
    let twice = [form.as_slice(), &[("answer", "deny")]].concat();
    browser.submit("/consent", &twice).await.assert_error_page(400);
    browser.get("/consent").await.assert_error_page(400);
    code_of(&browser.consent(&page, "allow").await);
}

#[tokio::test]
async fn a_question_is_answered_once_in_its_session_and_in_time() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = question(&mut browser, &[CONSENT]).await;
    code_of(&browser.consent(&page, "allow").await);
    browser.consent(&page, "allow").await.assert_error_page(400);

    let page = question(&mut browser, &[CONSENT]).await;
    let cookie = browser.cookies.remove("curfew-op-4000").unwrap();
    browser.consent(&page, "allow").await.assert_error_page(400);
    let (of_bob, _) = provider.signed_in("bob").await;
    browser.cookies.insert("curfew-op-4000".to_owned(), of_bob.cookies["curfew-op-4000"].clone());
    browser.consent(&page, "allow").await.assert_error_page(400);
    browser.cookies.insert("curfew-op-4000".to_owned(), cookie);
    provider.clock.advance(10 * 60);
    browser.consent(&page, "allow").await.assert_error_page(400);

    let page = question(&mut browser, &[CONSENT]).await;
    let login = question(&mut browser, &[("prompt", "login")]).await;
    browser.fill_in(&login, "bob", "bob").await;
    browser.consent(&page, "allow").await.assert_error_page(400);
}

/// BCP-12: what the user of an ended session was asked is not answered any more, whichever comes first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_against_a_sign_out() {
    let provider = TestProvider::init().await;
    for _ in 0..20 {
        let (mut browser, tokens) = provider.signed_in("alice").await;
        let page = question(&mut browser, &[CONSENT]).await;
        let sign_out = {
            let mut browser = browser.clone();
            async move { browser.get(&path("/end_session", &[("id_token_hint", tokens.id_token)])).await }
        };
        let answer = {
            let mut browser = browser.clone();
            let page = page.clone();
            async move { browser.consent(&page, "allow").await }
        };
        let (_, answer) = tokio::join!(sign_out, answer);
        if answer.status == StatusCode::SEE_OTHER {
            assert_eq!(provider.token("app-b", &[("code", &code_of(&answer))]).await.status, StatusCode::BAD_REQUEST);
        }
        browser.consent(&page, "allow").await.assert_error_page(400);
    }
}

/// BCP-12: nothing is kept of what the user of an ended session was asked.
#[tokio::test]
async fn a_question_ends_with_its_session() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    question(&mut browser, &[CONSENT]).await;
    browser.get(&path("/end_session", &[("id_token_hint", tokens.id_token)])).await;
    provider.state.shutdown().await;
    assert_eq!(provider.stored::<i64>("SELECT count(*) FROM pending_consent").await, 0);
}

/// The configuration may have changed while the user was at the page.
#[tokio::test]
async fn the_request_is_judged_again() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = question(&mut browser, &[CONSENT]).await;
    let mut config = crate::support::config();
    config["clients"][1]["redirect_uris"] = serde_json::json!(["http://127.0.0.1:4002/elsewhere"]);
    let provider = provider.restart(config).await;
    let cookies = browser.cookies;
    browser = provider.browser();
    browser.cookies = cookies;
    browser.consent(&page, "allow").await.assert_error_page(400);
    browser.consent(&page, "deny").await.assert_error_page(400);
}

#[tokio::test]
async fn a_post_from_another_site_comes_to_the_page_too() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let form = authorize_form("app-b", &[CONSENT]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let parked = browser.submit_cross_site("/authorize", &form).await;
    let page = browser.follow(parked).await;
    code_of(&browser.consent(&page, "allow").await);
}
