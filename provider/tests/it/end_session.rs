mod question;

use axum::http::StatusCode;
use serde_json::json;

use crate::support::{START, TestBrowser, TestProvider, Tokens, authorize, claims, code_of, config, path, redirected};

const SIGNED_OUT: &str = "http://127.0.0.1:4001/signed-out";

async fn is_signed_in(browser: &mut TestBrowser) -> bool {
    let answer = browser.get(&authorize("app-a", &[("prompt", "none")])).await;
    redirected(&answer, "code").is_some()
}

fn end_session(parameters: &[(&str, &str)]) -> String {
    path("/end_session", parameters)
}

fn in_order(tokens: &Tokens) -> Vec<(&str, &str)> {
    vec![("id_token_hint", &tokens.id_token), ("post_logout_redirect_uri", SIGNED_OUT), ("state", "x&y= /+ä")]
}

/// RPI-05, RPI-06, RPI-07, RPI-23, CORE-02: by GET and by POST, and the session is over for every client.
#[tokio::test]
async fn an_app_of_the_session_signs_out_without_a_question() {
    for method in ["GET", "POST"] {
        let provider = TestProvider::init().await;
        let (mut browser, tokens) = provider.signed_in("alice").await;
        let b = provider.visit(&mut browser, "app-b").await;
        let (mut other, others_tokens) = provider.signed_in("alice").await;
        let answer = match method {
            "GET" => browser.get(&end_session(&in_order(&tokens))).await,
            _ => browser.submit("/end_session", &in_order(&tokens)).await,
        };
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let next = answer.between("data-next=\"", "\"").unwrap().replace("&amp;", "&");
        assert_eq!(next, format!("{SIGNED_OUT}?state=x%26y%3D+%2F%2B%C3%A4"), "T-14");
        assert!(answer.header("set-cookie").contains("Max-Age=0"));
        assert!(!browser.cookies.contains_key("curfew-op-4000"));
        for client_id in ["app-a", "app-b"] {
            let answer = browser.get(&authorize(client_id, &[("prompt", "none")])).await;
            assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"));
        }
        assert_eq!(provider.userinfo(&b.access_token).await.status, StatusCode::UNAUTHORIZED);
        assert!(is_signed_in(&mut other).await, "another session of the same user is untouched");
        assert_eq!(provider.userinfo(&others_tokens.access_token).await.status, StatusCode::OK);
    }
}

/// RPI-13, RPI-26, RPI-31: no `state` where none was sent; the registered query is kept. With nobody left to tell, straight
/// back.
#[tokio::test]
async fn straight_back_when_nobody_is_to_be_told() {
    let mut config = config();
    config["back_channel"] = false.into();
    config["front_channel"] = false.into();
    let provider = TestProvider::with(config).await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    browser.get(&end_session(&[("id_token_hint", tokens.id_token.as_str())])).await;
    let table = [
        (SIGNED_OUT, None, SIGNED_OUT.to_owned()),
        (SIGNED_OUT, Some("1"), format!("{SIGNED_OUT}?state=1")),
        ("http://127.0.0.1:4001/?from=op", Some("1"), "http://127.0.0.1:4001/?from=op&state=1".to_owned()),
        ("http://127.0.0.1:4001/?from=op", None, "http://127.0.0.1:4001/?from=op".to_owned()),
    ];
    for (uri, state, expected) in table {
        let mut parameters = vec![("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", uri)];
        parameters.extend(state.map(|state| ("state", state)));
        let answer = browser.get(&end_session(&parameters)).await;
        assert_eq!(answer.location().as_str(), expected, "RPI-33: there is no session any more");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

/// RPI-17, RPI-22: the browser has lost the cookie, but the session goes on: the user is asked, and can end it.
#[tokio::test]
async fn a_hint_names_its_session_where_the_browser_has_lost_the_cookie() {
    let provider = TestProvider::init().await;
    let (mut signed_in, tokens) = provider.signed_in("alice").await;
    let request = end_session(&[("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", SIGNED_OUT)]);
    let mut browser = provider.browser();
    let question = browser.get(&request).await;
    assert!(question.body.contains("confirm-sign-out"), "{}", question.body);
    browser.answer(&question, "stay").await;
    let question = browser.get(&request).await;
    assert!(question.body.contains("confirm-sign-out"), "staying ends nothing: {}", question.body);
    browser.answer(&question, "sign-out").await;
    let nothing_left = signed_in.get(&end_session(&[])).await;
    assert!(!nothing_left.body.contains("confirm-sign-out"), "{}", nothing_left.body);
}

/// RPI-08, RPI-22, RPI-24, RPI-36: a request that may not be the user's wish ends nothing before the user answers.
#[tokio::test]
async fn missing_and_foreign_hints_lead_to_a_question() {
    let provider = TestProvider::init().await;
    let (_, of_bob) = provider.signed_in("bob").await;
    let (_, elsewhere) = provider.signed_in("alice").await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let table: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("nothing", vec![]),
        ("a client", vec![("client_id", "app-a")]),
        ("a client and a target", vec![("client_id", "app-a"), ("post_logout_redirect_uri", SIGNED_OUT)]),
        ("another user's hint", vec![("id_token_hint", &of_bob.id_token)]),
        ("another session's hint", vec![("id_token_hint", &elsewhere.id_token)]),
        ("unknown parameters", vec![("logout_hint", "x"), ("ui_locales", "tlh"), ("whatever", "1"), ("whatever", "2")]),
    ];
    for (what, parameters) in table {
        let question = browser.get(&end_session(&parameters)).await;
        assert_eq!(question.status, StatusCode::OK, "{what}");
        assert!(question.body.contains("data-testid=\"confirm-sign-out\""), "{what}");
        assert!(question.body.contains("data-testid=\"stay-signed-in\""), "{what}");
        assert!(question.body.contains("<strong>alice</strong>"), "{what}");
        assert_eq!(question.header("cache-control"), "no-store");
        assert!(is_signed_in(&mut browser).await, "{what}");
        let answer = browser.answer(&question, "stay").await;
        assert_eq!(answer.status, StatusCode::OK, "{what}");
        assert!(answer.body.contains("still signed in"), "{what}");
        assert!(is_signed_in(&mut browser).await, "{what}");
    }
}

/// RPI-17: an ID token that has expired is as good a hint as any.
#[tokio::test]
async fn an_expired_hint_is_accepted() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    provider.clock.advance(60 * 60);
    browser.get(&end_session(&in_order(&tokens))).await;
    assert!(!is_signed_in(&mut browser).await);
}

/// RPI-18, CORE-04: after signing in again, the `sid` of the session before is a foreign one.
#[tokio::test]
async fn a_hint_of_an_earlier_session_leads_to_a_question() {
    let provider = TestProvider::init().await;
    let (mut browser, old) = provider.signed_in("alice").await;
    browser.get(&end_session(&in_order(&old))).await;
    browser.sign_in("app-a", "alice").await;
    let question = browser.get(&end_session(&in_order(&old))).await;
    assert!(question.body.contains("confirm-sign-out"));
    assert!(is_signed_in(&mut browser).await);
}

/// RPI-11, RPI-12, RPI-16, RPI-27, RPI-28, RPI-29, RPI-32, RPI-34, RPI-35, RPI-38, T-20, T-30
#[tokio::test]
async fn errors_end_nothing_and_redirect_nowhere() {
    let provider = TestProvider::init().await;
    let (_, foreign) = TestProvider::foreign().await.signed_in("alice").await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let hint = ("id_token_hint", tokens.id_token.as_str());
    let to = |uri: &'static str| ("post_logout_redirect_uri", uri);
    let tampered = tokens.id_token.replacen('.', "x.", 1);
    let unsigned = format!("{}.", tokens.id_token.rsplit_once('.').unwrap().0);
    let long = "x".repeat(9000);
    let table: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("a hint that is no token", vec![("id_token_hint", "x"), to(SIGNED_OUT)]),
        ("a hint with a broken header", vec![("id_token_hint", &tampered), to(SIGNED_OUT)]),
        ("an unsigned hint", vec![("id_token_hint", &unsigned), to(SIGNED_OUT)]),
        ("another provider's hint", vec![("id_token_hint", &foreign.id_token), to(SIGNED_OUT)]),
        ("an access token as hint", vec![("id_token_hint", &tokens.access_token), to(SIGNED_OUT)]),
        ("the hint of another client", vec![hint, ("client_id", "app-b")]),
        ("an unknown client", vec![("client_id", "app-x")]),
        ("a target of nobody", vec![to(SIGNED_OUT)]),
        ("an unregistered target", vec![hint, to("https://evil.example.com/")]),
        ("a target of another client", vec![hint, to("http://127.0.0.1:4002/")]),
        ("a target and a path", vec![hint, to("http://127.0.0.1:4001/signed-out/")]),
        ("a target and a query", vec![hint, to("http://127.0.0.1:4001/signed-out?x=1")]),
        ("a target and a fragment", vec![hint, to("http://127.0.0.1:4001/signed-out#")]),
        ("a redirect URI", vec![hint, to("http://127.0.0.1:4001/callback")]),
        ("an unregistered target without hint", vec![("client_id", "app-a"), to("https://evil.example.com/")]),
        ("two hints", vec![hint, hint]),
        ("two targets", vec![hint, to(SIGNED_OUT), to("http://127.0.0.1:4001/?from=op")]),
        ("two states", vec![hint, ("state", "1"), ("state", "2")]),
        ("a state that is too long", vec![hint, ("state", &long)]),
        ("a parked request that there is not", vec![("parked", "x")]),
    ];
    for (what, parameters) in table {
        for method in ["GET", "POST"] {
            if what.contains("parked") && method == "POST" {
                continue;
            }
            let answer = match method {
                "GET" => browser.get(&end_session(&parameters)).await,
                _ => browser.submit("/end_session", &parameters).await,
            };
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {what}");
            answer.assert_error_page(400);
            assert!(!answer.body.contains("evil.example.com"), "{method} {what}");
            assert!(is_signed_in(&mut browser).await, "{method} {what}");
        }
    }
}

/// RPI-19: signed by this provider is not enough; the token must be an ID token of it.
#[tokio::test]
async fn without_a_session_errors_are_errors_all_the_same() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let answer = browser
        .get(&end_session(&[("client_id", "app-a"), ("post_logout_redirect_uri", "https://evil.example.com/")]))
        .await;
    answer.assert_error_page(400);
}

/// RPI-06, RPI-36: a POST from another site comes without the cookie, so it is judged by the GET after it.
#[tokio::test]
async fn a_post_from_another_site_is_judged_where_the_cookie_is() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let parked = browser.submit_cross_site("/end_session", &[]).await;
    assert!(is_signed_in(&mut browser).await);
    let question = browser.follow(parked).await;
    assert!(question.body.contains("confirm-sign-out"));
    assert!(is_signed_in(&mut browser).await);

    let parked = browser.submit_cross_site("/end_session", &in_order(&tokens)).await;
    let location = parked.location();
    assert!(!location.as_str().contains(&tokens.id_token[..20]), "the hint stays at the provider");
    let answer = browser.get(&location[url::Position::BeforePath..]).await;
    assert!(answer.between("data-next=\"", "\"").unwrap().starts_with(SIGNED_OUT));
    assert!(!is_signed_in(&mut browser).await);
    browser.get(&location[url::Position::BeforePath..]).await.assert_error_page(400);
}

/// T-10, BCP-12: a code in flight is dead.
#[tokio::test]
async fn a_code_of_an_ended_session_gives_nothing() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let code = code_of(&browser.get(&authorize("app-b", &[])).await);
    browser.get(&end_session(&in_order(&tokens))).await;
    let answer = provider.token("app-b", &[("code", &code)]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body.contains("invalid_grant"));
}

/// A login form that was to confirm the session does not bring it back.
#[tokio::test]
async fn a_pending_authorization_ends_with_its_session() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let page = browser.get(&authorize("app-b", &[("prompt", "login")])).await;
    let page = browser.follow(page).await;
    browser.get(&end_session(&in_order(&tokens))).await;
    browser.fill_in(&page, "alice", "alice").await.assert_error_page(400);
    assert!(!is_signed_in(&mut browser).await);
}

/// Rule: no later sign-in has an `auth_time` at or before the end. T-06
#[tokio::test]
async fn a_sign_in_in_the_same_second_is_later_than_the_end() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    browser.get(&end_session(&in_order(&tokens))).await;
    let (_, again) = provider.signed_in("alice").await;
    let (before, after) = (claims(&tokens.id_token), claims(&again.id_token));
    assert_eq!(before["auth_time"], START);
    assert_eq!(after["auth_time"], START + 1);
    assert_ne!(before["sid"], after["sid"]);
    let (_, bob) = provider.signed_in("bob").await;
    assert_eq!(claims(&bob.id_token)["auth_time"], START, "nobody else is concerned");
}

/// An expired session signs nobody in, but its apps may still be signed in.
#[tokio::test]
async fn an_expired_session_can_still_be_ended() {
    let mut config = config();
    config["session_lifetime"] = json!(60);
    let provider = TestProvider::with(config).await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    provider.clock.advance(60);
    assert!(!is_signed_in(&mut browser).await);
    let answer = browser.get(&end_session(&in_order(&tokens))).await;
    assert_eq!(answer.outcomes(), [("app-a".to_owned(), "unreachable".to_owned())]);
}

#[tokio::test]
async fn the_result_can_be_read_for_an_hour() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    provider.visit(&mut browser, "app-b").await;
    let answer = browser.get(&end_session(&in_order(&tokens))).await;
    let result = answer.between("data-report=\"", "/report\"").unwrap();
    assert!(result.starts_with("/end_session/result/"), "{result}");
    let page = browser.get(&result).await;
    let expected = [("app-a", "unreachable"), ("app-b", "unreachable")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(page.outcomes(), expected);
    assert_eq!(answer.outcomes(), expected);
    assert!(page.body.contains(&format!("href=\"{SIGNED_OUT}?state=")));
    assert_eq!(page.header("cache-control"), "no-store");
    browser.get("/end_session/result/x").await.assert_error_page(404);
    provider.clock.advance(60 * 60);
    browser.get(&result).await.assert_error_page(404);
}

/// RPI-09, RPI-14, RPI-15: a hint at nobody we know, and languages that no page is in, change nothing.
#[tokio::test]
async fn hints_and_wishes_break_nothing() {
    for (name, value) in [
        ("logout_hint", "alice"),
        ("logout_hint", "nobody that we know"),
        ("logout_hint", ""),
        ("ui_locales", "tlh fr-CA fr"),
        ("ui_locales", "not a language"),
        ("unknown", "value"),
    ] {
        let provider = TestProvider::init().await;
        let (mut browser, tokens) = provider.signed_in("alice").await;
        let question = browser.get(&path("/end_session", &[(name, value)])).await;
        assert_eq!(question.status, StatusCode::OK, "{name}={value}");
        assert!(question.body.contains("data-testid=\"confirm-sign-out\""), "{name}={value}: {}", question.body);
        assert!(question.body.contains("<strong>alice</strong>"), "whoever is signed in here, and nobody else");
        assert!(is_signed_in(&mut browser).await, "{name}={value}");
        let form = [("id_token_hint", tokens.id_token.as_str()), (name, value)];
        browser.get(&path("/end_session", &form)).await;
        assert!(!is_signed_in(&mut browser).await, "{name}={value}");
    }
}
