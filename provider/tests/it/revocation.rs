//! Revocation (RFC 7009) and introspection (RFC 7662).

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Answer, ISSUER, SECRET, TestProvider, Tokens, claims, config_with, path};

const API: &str = "http://127.0.0.1:4002/api";
const API_SECRET: &str = "an-api-secret-for-tests";

async fn init() -> TestProvider {
    let mut config = config_with(&[("app-b", json!({"grant_types": ["authorization_code", "refresh_token"]}))]);
    config["resource_servers"] = json!([
        {"id": "api", "secret": API_SECRET, "audience": API},
        {"id": "other", "secret": API_SECRET, "audience": "http://127.0.0.1:4003/api"},
    ]);
    TestProvider::with(config).await
}

async fn post(provider: &TestProvider, path: &str, basic: Option<&str>, form: &[(&str, &str)]) -> Answer {
    let authorization = basic.map(|credentials| format!("Basic {}", STANDARD.encode(credentials)));
    let headers: Vec<(&str, &str)> =
        authorization.as_deref().map(|value| ("authorization", value)).into_iter().collect();
    provider.browser().send("POST", path, &headers, Some(form)).await
}

async fn revoke(provider: &TestProvider, token: &str) -> Answer {
    post(provider, "/revoke", None, &[("client_id", "app-b"), ("token", token)]).await
}

async fn introspect(provider: &TestProvider, api: &str, token: &str) -> Value {
    let answer = post(provider, "/introspect", Some(&format!("{api}:{API_SECRET}")), &[("token", token)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    serde_json::from_str(&answer.body).unwrap()
}

fn refresh_token(tokens: &Tokens) -> &str {
    tokens.answer["refresh_token"].as_str().unwrap()
}

async fn renews(provider: &TestProvider, tokens: &Tokens) -> bool {
    let changes = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token(tokens)),
        ("redirect_uri", ""),
        ("code_verifier", ""),
    ];
    provider.token("app-b", &changes).await.status == StatusCode::OK
}

fn inactive() -> Value {
    json!({"active": false})
}

/// RFC 7009 section 2.1: a refresh token goes with everything that came of the same sign-in, and with nothing else.
#[tokio::test]
async fn a_revoked_refresh_token_takes_its_family_along() {
    let provider = init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let tokens = provider.visit(&mut browser, "app-b").await;
    let others = provider.visit(&mut browser, "app-b").await;
    let answer = revoke(&provider, refresh_token(&tokens)).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!renews(&provider, &tokens).await);
    assert_eq!(introspect(&provider, "api", &tokens.access_token).await, inactive());
    assert_eq!(introspect(&provider, "api", &others.access_token).await["active"], true);
    assert!(renews(&provider, &others).await);
    provider.visit(&mut browser, "app-b").await;
}

/// RFC 7009 section 2.1
#[tokio::test]
async fn a_revoked_access_token_goes_alone() {
    let provider = init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let tokens = provider.visit(&mut browser, "app-b").await;
    assert_eq!(revoke(&provider, &tokens.access_token).await.status, StatusCode::OK);
    assert_eq!(introspect(&provider, "api", &tokens.access_token).await, inactive());
    assert_eq!(provider.userinfo(&tokens.access_token).await.status, StatusCode::UNAUTHORIZED);
    assert!(renews(&provider, &tokens).await);
}

/// RFC 7009 sections 2.1 and 2.2
#[tokio::test]
async fn only_an_apps_own_tokens_are_revoked() {
    let provider = init().await;
    let (mut browser, a) = provider.signed_in("alice").await;
    let b = provider.visit(&mut browser, "app-b").await;
    for unknown in ["x", "a.b.c", &"x".repeat(3_000)] {
        assert_eq!(revoke(&provider, unknown).await.status, StatusCode::OK, "what is unknown is good for nothing");
    }
    let app_a = format!("app-a:{SECRET}");
    let refused = [
        post(&provider, "/revoke", Some(&app_a), &[("token", refresh_token(&b))]).await,
        post(&provider, "/revoke", Some(&app_a), &[("token", &b.access_token)]).await,
        revoke(&provider, &a.access_token).await,
        revoke(&provider, "").await,
    ];
    for answer in refused {
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains("invalid_request"), "{}", answer.body);
    }
    for answer in [
        post(&provider, "/revoke", None, &[("token", refresh_token(&b))]).await,
        post(&provider, "/revoke", Some("app-a:wrong"), &[("token", &a.access_token)]).await,
        post(&provider, "/revoke", None, &[("client_id", "app-a"), ("token", &a.access_token)]).await,
    ] {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(provider.userinfo(&a.access_token).await.status, StatusCode::OK);
    assert_eq!(provider.userinfo(&b.access_token).await.status, StatusCode::OK);
    assert!(renews(&provider, &b).await);
}

/// RFC 7662 section 2.2: what the token says, for the API that it is for, as long as its session lives.
#[tokio::test]
async fn an_api_learns_whether_a_token_is_good() {
    let provider = init().await;
    let (mut browser, a) = provider.signed_in("alice").await;
    let b = provider.visit(&mut browser, "app-b").await;
    let said = introspect(&provider, "api", &b.access_token).await;
    let claims = claims(&b.access_token);
    for same in ["iss", "sub", "aud", "client_id", "scope", "iat", "exp", "jti", "sid", "auth_time"] {
        assert_eq!(said[same], claims[same], "{same}");
    }
    assert_eq!((&said["active"], &said["token_type"], &said["iss"]), (&json!(true), &json!("Bearer"), &json!(ISSUER)));

    for (api, token) in [
        ("other", b.access_token.as_str()),
        ("api", &a.access_token),
        ("api", &b.id_token),
        ("api", refresh_token(&b)),
        ("api", "x"),
    ] {
        assert_eq!(introspect(&provider, api, token).await, inactive(), "{api}");
    }
    browser.get(&path("/end_session", &[("id_token_hint", a.id_token.as_str())])).await;
    assert_eq!(introspect(&provider, "api", &b.access_token).await, inactive());

    let (mut browser, _) = provider.signed_in("alice").await;
    let b = provider.visit(&mut browser, "app-b").await;
    provider.clock.advance(299);
    assert_eq!(introspect(&provider, "api", &b.access_token).await["active"], true);
    provider.clock.advance(1);
    assert_eq!(introspect(&provider, "api", &b.access_token).await, inactive());
}

/// RFC 7662 section 2.1: nobody else may ask.
#[tokio::test]
async fn only_a_configured_api_may_ask() {
    let provider = init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let b = provider.visit(&mut browser, "app-b").await;
    let token = [("token", b.access_token.as_str())];
    for basic in [None, Some("api:wrong"), Some("nobody:x"), Some(&*format!("app-a:{SECRET}"))] {
        let answer = post(&provider, "/introspect", basic, &token).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{basic:?}");
        assert!(answer.body.contains("invalid_client"), "{}", answer.body);
    }
    let api = format!("api:{API_SECRET}");
    let answer = post(&provider, "/introspect", Some(&api), &[]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
