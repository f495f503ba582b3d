use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use tower::ServiceExt;

use crate::support::{Answer, ISSUER, START, TestBrowser, TestProvider, authorize, claims, code_of, redirected};

async fn login_page(browser: &mut TestBrowser, changes: &[(&str, &str)]) -> Answer {
    let answer = browser.get(&authorize("app-a", changes)).await;
    browser.follow(answer).await
}

#[tokio::test]
async fn the_form_can_be_used_by_everybody() {
    let provider = TestProvider::init().await;
    let page = login_page(&mut provider.browser(), &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    for expected in [
        "<html lang=\"en\">",
        "<label for=\"username\">",
        "<label for=\"password\">",
        "autocomplete=\"username\"",
        "autocomplete=\"current-password\"",
        "<button type=\"submit\"",
        "<strong>App A</strong>",
        "<body class=\"page provider\">",
    ] {
        assert!(page.body.contains(expected), "{expected}");
    }
    assert_eq!(page.body.matches("<h1>").count(), 1);
    assert_eq!(page.body.matches(" autofocus").count(), 1);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' http://127.0.0.1:4001;"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn the_hint_is_put_into_the_form_and_cannot_break_out() {
    let provider = TestProvider::init().await;
    let page = login_page(&mut provider.browser(), &[("login_hint", "\"><script>alert(1)</script>")]).await;
    assert!(page.body.contains("value=\"&quot;&gt;&lt;script&gt;"), "{}", page.body);
    assert!(!page.body.contains("<script>"));
}

#[tokio::test]
async fn after_a_sign_in_there_is_a_new_cookie() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let page = login_page(&mut browser, &[]).await;
    browser.cookies.insert("curfew-op-4000".to_owned(), "planted".to_owned());
    let answer = browser.fill_in(&page, "alice", "alice").await;
    code_of(&answer);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("curfew-op-4000="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(browser.cookies["curfew-op-4000"].len() >= 43);
}

#[tokio::test]
async fn a_wrong_password_signs_nobody_in_and_tells_nothing() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let page = login_page(&mut browser, &[]).await;
    let text = |answer: &Answer| answer.between("role=\"alert\" id=\"login-error\">", "<").unwrap();
    let mut texts = Vec::new();
    for (username, password) in [("alice", "bob"), ("alice", ""), ("mallory", "mallory"), ("", ""), ("Alice", "alice")]
    {
        let answer = browser.fill_in(&page, username, password).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{username}");
        assert!(answer.headers.get("set-cookie").is_none());
        assert_eq!(answer.input("request"), page.input("request"), "the form can be used again");
        texts.push(text(&answer));
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "no telling whether the user exists: {texts:?}");
    let answer = browser.fill_in(&page, "alice", "alice").await;
    code_of(&answer);
}

#[tokio::test]
async fn guessing_ends_soon_and_for_failures_only() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let page = login_page(&mut browser, &[]).await;
    for _ in 0..10 {
        assert_eq!(browser.fill_in(&page, "alice", "wrong").await.status, StatusCode::FORBIDDEN);
    }
    let answer = browser.fill_in(&page, "alice", "alice").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "not even the right password");
    assert_eq!(answer.header("retry-after"), "30");
    assert!(answer.body.contains("Wait 30 seconds"));
    provider.clock.advance(30);
    let answer = browser.fill_in(&page, "alice", "alice").await;
    code_of(&answer);
    for _ in 0..12 {
        provider.browser().sign_in("app-a", "bob").await;
    }
}

#[tokio::test]
async fn sources_are_told_apart_by_their_address() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let page = login_page(&mut browser, &[]).await;
    let attempt = async |address: [u8; 4], username: &str| {
        let body =
            format!("request={}&csrf={}&username={username}&password=wrong", page.input("request"), page.input("csrf"));
        let cookie = format!("curfew-op-4000-browser={}", browser.cookies["curfew-op-4000-browser"]);
        let request = Request::post("/login")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", cookie)
            .extension(ConnectInfo(SocketAddr::from((address, 1))))
            .body(Body::from(body))
            .unwrap();
        provider.router.clone().oneshot(request).await.unwrap().status()
    };
    for n in 0..50 {
        assert_eq!(attempt([192, 0, 2, 1], &format!("user{n}")).await, StatusCode::FORBIDDEN);
    }
    assert_eq!(attempt([192, 0, 2, 1], "alice").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(attempt([192, 0, 2, 2], "alice").await, StatusCode::FORBIDDEN);
}

/// RPI-37's sibling: a form that another page sends, or that was made for another browser, signs nobody in.
#[tokio::test]
async fn forged_forms_are_refused() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let page = login_page(&mut browser, &[]).await;
    let (request, csrf) = (page.input("request"), page.input("csrf"));
    let form = [("request", request.as_str()), ("csrf", &csrf), ("username", "alice"), ("password", "alice")];

    let origins: &[&[(&str, &str)]] = &[
        &[("sec-fetch-site", "cross-site"), ("origin", ISSUER)],
        &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:4001")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.example.com")],
        &[("origin", "null")],
        &[],
    ];
    for headers in origins {
        browser.send("POST", "/login", headers, Some(&form)).await.assert_error_page(403);
    }
    for csrf in ["", "x", &csrf[1..], &"A".repeat(csrf.len())] {
        let form = [("request", request.as_str()), ("csrf", csrf), ("username", "alice"), ("password", "alice")];
        browser.submit("/login", &form).await.assert_error_page(403);
    }
    let mut other = provider.browser();
    let others_page = login_page(&mut other, &[]).await;
    other.submit("/login", &form).await.assert_error_page(400);
    let mixed = [
        ("request", request.as_str()),
        ("csrf", &others_page.input("csrf")),
        ("username", "alice"),
        ("password", "alice"),
    ];
    browser.submit("/login", &mixed).await.assert_error_page(403);
    let twice = [form.as_slice(), &[("username", "bob")]].concat();
    browser.submit("/login", &twice).await.assert_error_page(400);
    assert!(!browser.cookies.contains_key("curfew-op-4000"));
}

#[tokio::test]
async fn a_pending_authorization_is_answered_once_in_its_browser_and_in_time() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let page = login_page(&mut browser, &[]).await;
    let path = format!("/login?request={}", page.input("request"));
    provider.browser().get(&path).await.assert_error_page(400);
    browser.get("/login").await.assert_error_page(400);
    browser.get("/login?request=x").await.assert_error_page(400);

    code_of(&browser.fill_in(&page, "alice", "alice").await);
    browser.fill_in(&page, "alice", "alice").await.assert_error_page(400);
    browser.get(&path).await.assert_error_page(400);

    let page = login_page(&mut browser, &[("prompt", "login")]).await;
    provider.clock.advance(10 * 60);
    browser.fill_in(&page, "alice", "alice").await.assert_error_page(400);
}

/// CORE-04, T-12: the cookie is replaced, the session and its `sid`s stay, and the old cookie is worth nothing.
#[tokio::test]
async fn signing_in_again_keeps_the_session() {
    let provider = TestProvider::init().await;
    let (mut browser, first) = provider.signed_in("alice").await;
    let old = browser.clone();
    provider.clock.advance(60);
    let page = login_page(&mut browser, &[("prompt", "login")]).await;
    let answer = browser.fill_in(&page, "alice", "alice").await;
    let second = provider.exchange("app-a", &code_of(&answer)).await;

    let (first_claims, second_claims) = (claims(&first.id_token), claims(&second.id_token));
    assert_eq!(first_claims["sid"], second_claims["sid"]);
    assert_eq!(first_claims["sub"], second_claims["sub"]);
    assert_eq!(second_claims["auth_time"], START + 60);
    assert_ne!(old.cookies["curfew-op-4000"], browser.cookies["curfew-op-4000"]);
    assert_eq!(provider.userinfo(&first.access_token).await.status, StatusCode::OK);

    let answer = old.clone().get(&authorize("app-b", &[("prompt", "none")])).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"));
}

/// T-12: a session whose cookie is replaced does not live on where nobody can end it.
#[tokio::test]
async fn another_user_ends_the_session() {
    let provider = TestProvider::init().await;
    let (mut browser, of_alice) = provider.signed_in("alice").await;
    let page = login_page(&mut browser, &[("prompt", "login")]).await;
    let answer = browser.fill_in(&page, "bob", "bob").await;
    let of_bob = provider.exchange("app-a", &code_of(&answer)).await;
    assert_ne!(claims(&of_alice.id_token)["sid"], claims(&of_bob.id_token)["sid"]);
    assert_ne!(claims(&of_alice.id_token)["sub"], claims(&of_bob.id_token)["sub"]);
    assert_eq!(provider.userinfo(&of_alice.access_token).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(provider.userinfo(&of_bob.access_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn with_same_site_none_cookies_are_secure() {
    let mut config = crate::support::config();
    config["cookie_same_site"] = "none".into();
    let provider = TestProvider::with(config).await;
    let mut browser = provider.browser();
    let page = login_page(&mut browser, &[]).await;
    let answer = browser.fill_in(&page, "alice", "alice").await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.ends_with("; HttpOnly; SameSite=None; Secure"), "{cookie}");
}
