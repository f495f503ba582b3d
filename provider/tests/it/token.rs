use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{
    ISSUER, SECRET, START, TestProvider, VERIFIER, authorize, claims, code_of, config_with, header, redirect_uri,
};

#[tokio::test]
async fn tokens_say_what_they_are() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    provider.clock.advance(10);
    let tokens = provider.visit(&mut browser, "app-b").await;
    assert_eq!(tokens.answer["token_type"], "Bearer");
    assert_eq!(tokens.answer["expires_in"], 300);
    assert_eq!(tokens.answer["scope"], "openid profile notes");
    assert!(tokens.answer.get("refresh_token").is_none());

    let (access, id) = (claims(&tokens.access_token), claims(&tokens.id_token));
    assert_eq!(header(&tokens.access_token)["typ"], "at+jwt");
    let expected = json!({
        "iss": ISSUER, "aud": "http://127.0.0.1:4002/api", "client_id": "app-b", "scope": "openid profile notes",
        "iat": START + 10, "exp": START + 310, "auth_time": START,
        "sub": id["sub"], "sid": id["sid"], "jti": access["jti"],
    });
    assert_eq!(access, expected);
    assert!(access["jti"].as_str().unwrap().len() >= 22);
    let expected = json!({
        "iss": ISSUER, "aud": "app-b", "iat": START + 10, "exp": START + 610, "auth_time": START, "nonce": "n-1",
        "acr": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", "amr": ["pwd"],
        "preferred_username": "alice", "name": "Alice",
        "sub": id["sub"], "sid": id["sid"], "at_hash": id["at_hash"],
    });
    assert_eq!(id, expected);
    assert_ne!(id["sub"], "alice", "the subject is opaque");
}

/// FCL-08, FCL-09: a `sid` is of one client and one session.
#[tokio::test]
async fn sid_and_sub() {
    let provider = TestProvider::init().await;
    let (mut browser, a) = provider.signed_in("alice").await;
    let b = provider.visit(&mut browser, "app-b").await;
    let a_again = provider.visit(&mut browser, "app-a").await;
    let (_, elsewhere) = provider.signed_in("alice").await;
    let sid = |tokens: &crate::support::Tokens| claims(&tokens.id_token)["sid"].as_str().unwrap().to_owned();
    let sub = |tokens: &crate::support::Tokens| claims(&tokens.id_token)["sub"].clone();
    assert_eq!(sid(&a), sid(&a_again));
    assert_ne!(sid(&a), sid(&b));
    assert_ne!(sid(&a), sid(&elsewhere));
    assert_eq!(sub(&a), sub(&b));
    assert_eq!(sub(&a), sub(&elsewhere));
    assert!(sid(&a).len() * 6 >= 128);
}

#[tokio::test]
async fn without_profile_there_is_no_name() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let answer = browser.get(&authorize("app-b", &[("scope", "openid"), ("nonce", "")])).await;
    let id = claims(&provider.exchange("app-b", &code_of(&answer)).await.id_token);
    for absent in ["name", "preferred_username", "nonce"] {
        assert!(id.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn a_client_chooses_its_algorithm() {
    let provider =
        TestProvider::with(config_with(&[("app-b", json!({"id_token_signed_response_alg": "ES256"}))])).await;
    let (mut browser, a) = provider.signed_in("alice").await;
    let b = provider.visit(&mut browser, "app-b").await;
    assert_eq!(header(&a.id_token)["alg"], "RS256");
    assert_eq!(header(&b.id_token)["alg"], "ES256");
    assert_eq!(header(&b.access_token)["alg"], "ES256");
    assert_eq!(provider.userinfo(&b.access_token).await.status, StatusCode::OK);
    assert_ne!(header(&a.id_token)["kid"], header(&b.id_token)["kid"]);
}

/// RFC 6749 section 5.2
#[tokio::test]
async fn refused_requests() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let a = code_of(&browser.get(&authorize("app-a", &[])).await);
    let b = code_of(&browser.get(&authorize("app-b", &[])).await);
    let without_pkce = [("code_challenge", ""), ("code_challenge_method", "")];
    let plain_a = code_of(&browser.get(&authorize("app-a", &without_pkce)).await);
    let long = "x".repeat(9000);
    let other_verifier = VERIFIER.replace('a', "b");
    type Changes<'a> = &'a [(&'a str, &'a str)];
    let table: &[(&str, Changes<'_>, &str)] = &[
        ("app-b", &[("grant_type", ""), ("code", &b)], "invalid_request"),
        ("app-b", &[("grant_type", "password"), ("code", &b)], "unsupported_grant_type"),
        ("app-b", &[("grant_type", "refresh_token"), ("code", &b)], "unauthorized_client"),
        ("app-b", &[], "invalid_request"),
        ("app-b", &[("code", "x")], "invalid_grant"),
        ("app-b", &[("code", &long)], "invalid_request"),
        ("app-b", &[("code", &a)], "invalid_grant"),
        ("app-a", &[("code", &b)], "invalid_grant"),
        ("app-b", &[("code", &b), ("code_verifier", "")], "invalid_grant"),
        ("app-b", &[("code", &b), ("code_verifier", &other_verifier)], "invalid_grant"),
        ("app-b", &[("code", &b), ("code_verifier", "short")], "invalid_grant"),
        ("app-a", &[("code", &plain_a)], "invalid_grant"),
        ("app-b", &[("code", &b), ("redirect_uri", "")], "invalid_grant"),
        ("app-b", &[("code", &b), ("redirect_uri", "http://127.0.0.1:4002/callback?kind=b")], "invalid_grant"),
        ("app-b", &[("code", &b), ("code", &b)], "invalid_request"),
        ("app-b", &[("code", &b), ("redirect_uri", redirect_uri("app-b")), ("redirect_uri", "x")], "invalid_request"),
    ];
    for (client_id, changes, expected) in table {
        let answer = provider.token(client_id, changes).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{changes:?}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["error"], *expected, "{changes:?}");
        assert!(body["error_description"].is_string());
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-type"), "application/json");
    }
    provider.exchange("app-a", &a).await;
    provider.exchange("app-b", &b).await;
}

/// RFC 6749 section 2.3.1
#[tokio::test]
async fn client_authentication() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let code = code_of(&browser.get(&authorize("app-a", &[])).await);
    let basic = |credentials: &str| format!("Basic {}", STANDARD.encode(credentials));
    let right = basic(&format!("app-a:{SECRET}"));
    let form = |more: &[(&'static str, &'static str)]| {
        let mut form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.clone()),
            ("redirect_uri", redirect_uri("app-a").to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
        ];
        form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        form
    };
    let send = async |authorization: Option<&str>, form: Vec<(&'static str, String)>| {
        let headers: Vec<(&str, &str)> = authorization.map(|value| ("authorization", value)).into_iter().collect();
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        provider.browser().send("POST", "/token", &headers, Some(&form)).await
    };
    let wrong = [
        (Some(basic("app-a:wrong")), form(&[])),
        (Some(basic("app-a:")), form(&[])),
        (Some(basic("app-a")), form(&[])),
        (Some(basic(&format!("app-x:{SECRET}"))), form(&[])),
        (Some(basic("app-b:")), form(&[])),
        (Some(format!("Bearer {SECRET}")), form(&[])),
        (Some("Basic ???".to_owned()), form(&[])),
        (None, form(&[])),
        (None, form(&[("client_id", "app-a")])),
        (None, form(&[("client_id", "app-x")])),
        (None, form(&[("client_id", "app-a"), ("client_secret", SECRET)])),
    ];
    for (authorization, form) in wrong {
        let answer = send(authorization.as_deref(), form).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{authorization:?}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["error"], "invalid_client", "{authorization:?}");
        assert!(answer.header("www-authenticate").starts_with("Basic "));
    }
    let answer = send(Some(&right), form(&[("client_id", "app-b")])).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let encoded = basic(&format!("app%2Da:{}", SECRET.replace('-', "%2D")));
    let answer = send(Some(&encoded), form(&[("client_id", "app-a")])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[tokio::test]
async fn only_a_form_and_only_so_large() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let answer = browser.send("POST", "/token", &[("content-type", "application/json")], None).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let huge = "x".repeat(40_000);
    let answer = browser.send("POST", "/token", &[], Some(&[("anything", &huge)])).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// RFC 6749 section 4.1.2
#[tokio::test]
async fn a_code_is_good_once_and_its_second_use_takes_back_what_the_first_gave() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let code = code_of(&browser.get(&authorize("app-b", &[])).await);
    let untouched = provider.visit(&mut browser, "app-b").await;
    let tokens = provider.exchange("app-b", &code).await;
    assert_eq!(provider.userinfo(&tokens.access_token).await.status, StatusCode::OK);

    let answer = provider.token("app-b", &[("code", &code)]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body.contains("invalid_grant"));
    assert_eq!(provider.userinfo(&tokens.access_token).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(provider.userinfo(&untouched.access_token).await.status, StatusCode::OK);
}

/// RFC 6749 section 4.1.2: also half a minute later, when the code would have expired, and as long as it can be remembered.
#[tokio::test]
async fn a_late_second_use_takes_back_too() {
    for seconds in [30, 120, 299] {
        let provider = TestProvider::init().await;
        let (mut browser, _) = provider.signed_in("alice").await;
        let code = code_of(&browser.get(&authorize("app-b", &[])).await);
        let tokens = provider.exchange("app-b", &code).await;
        provider.clock.advance(seconds);
        provider.state.sweep().await.unwrap();
        assert_eq!(provider.userinfo(&tokens.access_token).await.status, StatusCode::OK);
        let answer = provider.token("app-b", &[("code", &code)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains("\"invalid_grant\"") && answer.body.contains("used before"), "{}", answer.body);
        let answer = provider.userinfo(&tokens.access_token).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{seconds}");
        assert!(answer.header("www-authenticate").contains("invalid_token"));
    }
}

#[tokio::test]
async fn a_code_of_another_client_is_not_used_up_by_it() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let code = code_of(&browser.get(&authorize("app-a", &[])).await);
    assert_eq!(provider.token("app-b", &[("code", &code)]).await.status, StatusCode::BAD_REQUEST);
    let tokens = provider.exchange("app-a", &code).await;
    assert_eq!(provider.token("app-b", &[("code", &code)]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(provider.userinfo(&tokens.access_token).await.status, StatusCode::OK, "nor are its tokens revoked");
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let code = code_of(&browser.get(&authorize("app-b", &[])).await);
    let late = code_of(&browser.get(&authorize("app-b", &[])).await);
    provider.clock.advance(59);
    provider.exchange("app-b", &code).await;
    provider.clock.advance(1);
    assert!(provider.token("app-b", &[("code", &late)]).await.body.contains("invalid_grant"));
}
