use axum::http::StatusCode;

use crate::support::{ISSUER, START, TestProvider, authorize, authorize_form, code_of, path, redirected};

/// CORE-05: the code, `state` and `iss` come back to the registered URI.
#[tokio::test]
async fn a_signed_in_browser_gets_a_code_without_a_page() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let answer = browser.get(&authorize("app-b", &[])).await;
    let location = answer.location();
    assert!(location.as_str().starts_with("http://127.0.0.1:4002/callback?code="), "{location}");
    assert_eq!(redirected(&answer, "state").as_deref(), Some("s/t&a=t e"));
    assert_eq!(redirected(&answer, "iss").as_deref(), Some(ISSUER));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(code_of(&answer).len() >= 43);
}

#[tokio::test]
async fn the_registered_query_is_kept() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let changes = [("redirect_uri", "http://127.0.0.1:4002/callback?kind=b"), ("state", "")];
    let answer = browser.get(&authorize("app-b", &changes)).await;
    assert!(answer.location().as_str().starts_with("http://127.0.0.1:4002/callback?kind=b&code="));
    assert_eq!(redirected(&answer, "state"), None, "none was sent");
}

/// RFC 9700 section 4.11, T-20: what is not known to be safe is said on a page.
#[tokio::test]
async fn errors_that_must_not_be_redirected() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let too_long = "x".repeat(9000);
    let table: &[(&str, &[(&str, &str)])] = &[
        ("no client_id", &[("client_id", "")]),
        ("unknown client_id", &[("client_id", "app-x")]),
        ("client_id in another case", &[("client_id", "APP-B")]),
        ("no redirect_uri", &[("redirect_uri", "")]),
        ("foreign redirect_uri", &[("redirect_uri", "https://evil.example.com/callback")]),
        ("redirect_uri of another client", &[("redirect_uri", "http://127.0.0.1:4001/callback")]),
        ("redirect_uri and a query", &[("redirect_uri", "http://127.0.0.1:4002/callback?x=1")]),
        ("redirect_uri and a path", &[("redirect_uri", "http://127.0.0.1:4002/callback/x")]),
        ("redirect_uri of another port", &[("redirect_uri", "http://127.0.0.1:4003/callback")]),
        ("redirect_uri in other words", &[("redirect_uri", "http://127.1:4002/callback")]),
        ("a value that is too long", &[("state", &too_long)]),
        ("a parked request that there is not", &[("parked", "x")]),
    ];
    for (what, changes) in table {
        let answer = browser.get(&authorize("app-b", changes)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}");
        answer.assert_error_page(400);
        assert!(!answer.body.contains("evil.example.com"), "{what}");
    }
    for (name, value) in authorize_form("app-b", &[]) {
        let again = path("", &[(name, value)]);
        let twice = format!("{}&{}", authorize("app-b", &[]), again.trim_start_matches("/?"));
        browser.get(&twice).await.assert_error_page(400);
    }
}

#[tokio::test]
async fn errors_that_are_redirected() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let long_claims = format!(r#"{{"userinfo":{{"{}":null}}}}"#, "x".repeat(4096));
    let short = "x".repeat(42);
    let not_base64url = "+".repeat(43);
    let access_token = tokens.access_token.as_str();
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[("response_type", "")], "invalid_request"),
        (&[("response_type", "none")], "unsupported_response_type"),
        (&[("response_mode", "web_message")], "invalid_request"),
        (&[("request", "a.b.c")], "invalid_request_object"),
        (&[("request_uri", "https://127.0.0.1:4002/r")], "request_uri_not_supported"),
        (&[("registration", "{}")], "registration_not_supported"),
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "profile notes")], "invalid_scope"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge", &short)], "invalid_request"),
        (&[("code_challenge", &not_base64url)], "invalid_request"),
        (&[("dpop_jkt", &short)], "invalid_request"),
        (&[("dpop_jkt", &not_base64url)], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "whatever")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("max_age", "99999999999999999999")], "invalid_request"),
        (&[("id_token_hint", "a.b.c")], "invalid_request"),
        (&[("id_token_hint", access_token)], "invalid_request"),
        (&[("claims", "{")], "invalid_request"),
        (&[("claims", "[]")], "invalid_request"),
        (&[("claims", r#"{"userinfo":{"name":true}}"#)], "invalid_request"),
        (&[("claims", &long_claims)], "invalid_request"),
        (
            &[("claims", r#"{"id_token":{"acr":{"essential":true,"values":["1","2"]}}}"#)],
            "unmet_authentication_requirements",
        ),
    ];
    for (changes, expected) in table {
        let answer = browser.get(&authorize("app-b", changes)).await;
        assert!(answer.location().as_str().starts_with("http://127.0.0.1:4002/callback?"), "{changes:?}");
        assert_eq!(redirected(&answer, "error").as_deref(), Some(*expected), "{changes:?}");
        assert_eq!(redirected(&answer, "state").as_deref(), Some("s/t&a=t e"), "{changes:?}");
        assert_eq!(redirected(&answer, "iss").as_deref(), Some(ISSUER), "{changes:?}");
        assert_eq!(redirected(&answer, "code"), None, "{changes:?}");
    }
}

#[tokio::test]
async fn a_confidential_client_may_do_without_pkce_but_not_with_plain() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let answer = browser.get(&authorize("app-a", &without)).await;
    let answer = provider.token("app-a", &[("code", &code_of(&answer)), ("code_verifier", "")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = browser.get(&authorize("app-a", &[("code_challenge_method", "plain")])).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("invalid_request"));
}

/// RFC 6749 section 3.3
#[tokio::test]
async fn scopes_that_the_client_may_not_have_are_left_out() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let answer = browser.get(&authorize("app-a", &[("scope", "openid notes admin openid profile")])).await;
    let tokens = provider.exchange("app-a", &code_of(&answer)).await;
    assert_eq!(tokens.answer["scope"], "openid profile");
}

/// CORE-01
#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let silent = authorize("app-b", &[("prompt", "none")]);
    let answer = browser.get(&silent).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"));
    browser.sign_in("app-a", "alice").await;
    let answer = browser.get(&silent).await;
    assert_eq!(redirected(&answer, "error"), None);
    provider.clock.advance(8 * 60 * 60);
    let answer = browser.get(&silent).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"), "the session has expired");
}

/// CORE-04
#[tokio::test]
async fn an_old_sign_in_is_not_good_enough_for_max_age() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    provider.clock.advance(100);
    for (max_age, is_enough) in [("0", false), ("99", false), ("100", false), ("101", true), ("1000", true)] {
        let answer = browser.get(&authorize("app-a", &[("max_age", max_age), ("prompt", "none")])).await;
        assert_eq!(redirected(&answer, "code").is_some(), is_enough, "{max_age}");
    }
    let page = browser.get(&authorize("app-a", &[("max_age", "99")])).await;
    let page = browser.follow(page).await;
    let answer = browser.fill_in(&page, "alice", "alice").await;
    let again = provider.exchange("app-a", &code_of(&answer)).await;
    let (before, after) = (crate::support::claims(&tokens.id_token), crate::support::claims(&again.id_token));
    assert_eq!(before["auth_time"], START);
    assert_eq!(after["auth_time"], START + 100);
    assert_eq!(before["sid"], after["sid"], "the session goes on");
}

#[tokio::test]
async fn prompt_login_asks_again() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    for prompt in ["login", "login select_account"] {
        let answer = browser.get(&authorize("app-a", &[("prompt", prompt)])).await;
        assert_eq!(answer.location().path(), "/login", "{prompt}");
    }
}

/// CORE-03
#[tokio::test]
async fn a_hint_at_another_user() {
    let provider = TestProvider::init().await;
    let (_, of_bob) = provider.signed_in("bob").await;
    let (mut browser, of_alice) = provider.signed_in("alice").await;
    let silent = |hint: &str| authorize("app-a", &[("prompt", "none"), ("id_token_hint", hint)]);
    let answer = browser.get(&silent(&of_alice.id_token)).await;
    assert!(redirected(&answer, "code").is_some());
    let answer = browser.get(&silent(&of_bob.id_token)).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"));

    let page = browser.get(&authorize("app-a", &[("id_token_hint", &of_bob.id_token)])).await;
    let page = browser.follow(page).await;
    let answer = browser.fill_in(&page, "alice", "alice").await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"), "alice is not bob");
    let answer = browser.get(&silent(&of_alice.id_token)).await;
    assert!(redirected(&answer, "code").is_some(), "her session is untouched");
}

#[tokio::test]
async fn a_post_from_another_site_is_judged_where_the_cookie_is() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let form = authorize_form("app-b", &[("prompt", "none")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let parked = browser.submit_cross_site("/authorize", &form).await;
    let location = parked.location();
    assert_eq!(location.path(), "/authorize");
    assert!(!location.as_str().contains("client_id"), "the request stays at the provider");
    let path = &location[url::Position::BeforePath..];
    let answer = browser.get(path).await;
    assert!(redirected(&answer, "code").is_some());
    browser.get(path).await.assert_error_page(400);

    let late = browser.submit_cross_site("/authorize", &form).await;
    provider.clock.advance(60);
    browser.get(&late.location()[url::Position::BeforePath..]).await.assert_error_page(400);
}

#[tokio::test]
async fn a_post_with_the_cookie_is_judged_at_once() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let form = authorize_form("app-b", &[]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = browser.submit("/authorize", &form).await;
    assert!(redirected(&answer, "code").is_some());
    let answer = browser.send("POST", "/authorize", &[("content-type", "application/json")], None).await;
    answer.assert_error_page(400);
}

#[tokio::test]
async fn a_parked_request_belongs_to_its_endpoint() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let parked = browser.submit_cross_site("/end_session", &[]).await;
    let handle = redirected(&parked, "parked").unwrap();
    browser.get(&path("/authorize", &[("parked", handle.as_str())])).await.assert_error_page(400);
}

const ACR: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

/// OpenID Connect Core 1.0 section 5.5.1.1: a class that is essential is this one, or there is no sign-in.
#[tokio::test]
async fn a_class_that_is_essential() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    for (class, error) in [(ACR, None), ("2", Some("unmet_authentication_requirements"))] {
        let claims = serde_json::json!({"id_token": {"acr": {"essential": true, "value": class}}}).to_string();
        let answer = browser.get(&authorize("app-a", &[("prompt", "none"), ("claims", &claims)])).await;
        assert_eq!(redirected(&answer, "error").as_deref(), error, "{class}");
    }
}

/// OpenID Connect Core 1.0 section 3.1.2.1: wishes that cannot be granted are no errors, and nobody asks the user for them.
#[tokio::test]
async fn wishes_are_taken() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    for (name, value) in [
        ("display", "page"),
        ("display", "popup"),
        ("display", "touch"),
        ("display", "wap"),
        ("display", "hologram"),
        ("ui_locales", "tlh fr-CA fr en"),
        ("claims_locales", "tlh"),
        ("acr_values", "1 2"),
        ("login_hint", "bob"),
        ("unknown", "value"),
        ("max_age", "10000"),
        ("id_token_hint", &tokens.id_token),
        ("claims", r#"{"userinfo":{"name":{"essential":true}},"id_token":{"acr":{"values":["2"]}},"more":1}"#),
        ("nonce", ""),
    ] {
        let answer = browser.get(&authorize("app-a", &[("prompt", "none"), (name, value)])).await;
        let code = redirected(&answer, "code").unwrap_or_else(|| panic!("{name}={value}: {}", answer.location()));
        let id = crate::support::claims(&provider.exchange("app-a", &code).await.id_token);
        assert_eq!(id["acr"], ACR, "{name}={value}: the one class that sign-ins here have");
        assert_eq!(id.get("nonce").is_some(), name != "nonce");
    }
    for name in ["display", "ui_locales", "claims_locales", "acr_values", "claims", "response_mode", "max_age"] {
        let twice = format!("{}&{name}=1&{name}=1", authorize("app-a", &[]));
        browser.get(&twice).await.assert_error_page(400);
    }
}

/// OpenID Connect Core 1.0 sections 3.1.2.2 and 5.5.1: a `sub` that is asked for is that user or nobody.
#[tokio::test]
async fn claims_that_name_another_user() {
    let provider = TestProvider::init().await;
    let (_, of_bob) = provider.signed_in("bob").await;
    let (mut browser, of_alice) = provider.signed_in("alice").await;
    let sub = |tokens: &crate::support::Tokens| crate::support::claims(&tokens.id_token)["sub"].clone();
    for member in ["id_token", "userinfo"] {
        let asking = |sub: &serde_json::Value| serde_json::json!({member: {"sub": {"value": sub}}}).to_string();
        let silent = |claims: &str| authorize("app-a", &[("prompt", "none"), ("claims", claims)]);
        let answer = browser.get(&silent(&asking(&sub(&of_alice)))).await;
        assert!(redirected(&answer, "code").is_some(), "{member}");
        let answer = browser.get(&silent(&asking(&sub(&of_bob)))).await;
        assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"), "{member}");

        let page = browser.get(&authorize("app-a", &[("claims", &asking(&sub(&of_bob)))])).await;
        let page = browser.follow(page).await;
        let answer = browser.fill_in(&page, "alice", "alice").await;
        assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"), "{member}: alice is not bob");
    }
}
