//! Rotation of the signing keys: [OpenID Connect Core 1.0 section 10.1.1](https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys).

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use provider::{KeyState, ProviderConfig, SigningKeys};
use serde_json::{Value, json};

use crate::support::{
    Answer, START, TestApp, TestProvider, authorize, claims, code_of, config, config_with, header, path, redirected,
};

/// How long a new key is published before it signs, in seconds.
const PUBLISHED: u64 = 600;
/// For how long an app of the tests may need a key that signs no longer, in seconds: a day, and an hour more.
const KEPT: u64 = 25 * 60 * 60;
const API_SECRET: &str = "an-api-secret-for-tests";

fn operator(provider: &TestProvider) -> SigningKeys {
    let config: ProviderConfig = serde_json::from_value(config()).unwrap();
    SigningKeys::of(&config, provider.folder.path()).unwrap()
}

/// New keys are made while the provider runs, and it notices.
async fn publish(provider: &TestProvider) {
    operator(provider).rotate(START as i64).unwrap();
    provider.state.refresh_keys().await.unwrap();
}

async fn pass(provider: &TestProvider, seconds: u64) {
    provider.clock.advance(seconds);
    provider.state.refresh_keys().await.unwrap();
}

async fn published_kids(provider: &TestProvider) -> Vec<Value> {
    let answer = provider.browser().get("/jwks").await;
    let keys: Value = serde_json::from_str(&answer.body).unwrap();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect()
}

fn kid(token: &str) -> Value {
    header(token)["kid"].clone()
}

async fn introspect(provider: &TestProvider, token: &str) -> Answer {
    let basic = format!("Basic {}", STANDARD.encode(format!("api:{API_SECRET}")));
    provider.browser().send("POST", "/introspect", &[("authorization", &basic)], Some(&[("token", token)])).await
}

#[tokio::test]
async fn a_new_key_is_published_for_longer_than_anyone_keeps_the_old_list() {
    let provider = TestProvider::init().await;
    let before = published_kids(&provider).await;
    let max_age = provider.browser().get("/jwks").await.header("cache-control").to_owned();
    let max_age: i64 = max_age.strip_prefix("public, max-age=").unwrap().parse().unwrap();
    publish(&provider).await;
    let listed = operator(&provider).list(START as i64).unwrap();
    let waits =
        |state: &KeyState| matches!(state, KeyState::Next { signs_from } if signs_from - START as i64 >= max_age + 300);
    assert_eq!(listed.iter().filter(|key| waits(&key.state)).count(), 2, "{listed:?}");
    let published = published_kids(&provider).await;
    assert_eq!((published.len(), &published[..2]), (4, &before[..]));

    let (mut browser, tokens) = provider.signed_in("alice").await;
    assert!(before.contains(&kid(&tokens.id_token)));
    pass(&provider, PUBLISHED - 1).await;
    assert!(before.contains(&kid(&provider.visit(&mut browser, "app-a").await.id_token)));
    pass(&provider, 1).await;
    let tokens = provider.visit(&mut browser, "app-a").await;
    assert!(published[2..].contains(&kid(&tokens.id_token)) && published[2..].contains(&kid(&tokens.access_token)));
    assert_eq!(published_kids(&provider).await, published);
}

/// RPI-16, CORE-03, BCL-24: what was signed before stays good, and the sign-out reaches the apps by tokens of the new key.
#[tokio::test]
async fn sign_out_and_tokens_work_across_a_rotation() {
    let mut app = TestApp::answering(200).await;
    let mut config = config_with(&[("app-b", app.back_channel())]);
    config["access_token_lifetime"] = json!(3600);
    config["resource_servers"] = json!([{"id": "api", "secret": API_SECRET, "audience": "http://127.0.0.1:4002/api"}]);
    let provider = TestProvider::with(config.clone()).await;
    let (mut browser, a) = provider.signed_in("alice").await;
    let b = provider.visit(&mut browser, "app-b").await;
    publish(&provider).await;
    pass(&provider, PUBLISHED).await;

    // Also where the provider has started anew since.
    let cookies = browser.cookies.clone();
    let provider = provider.restart_at(config, START + PUBLISHED).await;
    let mut browser = provider.browser();
    browser.cookies = cookies;

    assert_eq!(provider.userinfo(&a.access_token).await.status, StatusCode::OK);
    let answer: Value = serde_json::from_str(&introspect(&provider, &b.access_token).await.body).unwrap();
    assert_eq!(answer["active"], true);
    let changes = [("prompt", "none"), ("id_token_hint", a.id_token.as_str())];
    let renewed = provider.exchange("app-a", &code_of(&browser.get(&authorize("app-a", &changes)).await)).await;
    assert_ne!(kid(&renewed.id_token), kid(&a.id_token));
    assert_eq!(claims(&renewed.id_token)["sid"], claims(&a.id_token)["sid"]);

    let parameters =
        [("id_token_hint", a.id_token.as_str()), ("post_logout_redirect_uri", "http://127.0.0.1:4001/signed-out")];
    browser.get(&path("/end_session", &parameters)).await;
    let logout_token = app.next().await.logout_token().to_owned();
    assert_eq!(claims(&logout_token)["sid"], claims(&b.id_token)["sid"]);
    assert_eq!(kid(&logout_token), kid(&renewed.id_token));
    let answer = browser.get(&authorize("app-b", &[("prompt", "none")])).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"));
    assert_eq!(provider.userinfo(&a.access_token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_old_key_goes_when_nothing_that_it_signed_can_matter() {
    let provider = TestProvider::init().await;
    let (_, old) = provider.signed_in("alice").await;
    publish(&provider).await;
    pass(&provider, PUBLISHED + KEPT - 1).await;
    assert_eq!(published_kids(&provider).await.len(), 4);
    let hint = path("/end_session", &[("id_token_hint", old.id_token.as_str())]);
    assert_eq!(provider.browser().get(&hint).await.status, StatusCode::OK, "nobody is signed in, and that is no error");
    pass(&provider, 1).await;
    assert_eq!(published_kids(&provider).await.len(), 2);
    provider.browser().get(&hint).await.assert_error_page(400);
}

#[tokio::test]
async fn a_key_that_somebody_else_has_is_good_for_nothing_at_once() {
    let provider = TestProvider::init().await;
    let (mut browser, old) = provider.signed_in("alice").await;
    operator(&provider).replace(START as i64).unwrap();
    provider.state.refresh_keys().await.unwrap();
    assert_eq!(provider.userinfo(&old.access_token).await.status, StatusCode::UNAUTHORIZED);
    assert!(!published_kids(&provider).await.contains(&kid(&old.id_token)));
    let new = provider.visit(&mut browser, "app-a").await;
    assert_eq!(claims(&new.id_token)["sid"], claims(&old.id_token)["sid"], "the sessions go on");
    assert_eq!(provider.userinfo(&new.access_token).await.status, StatusCode::OK);
}
