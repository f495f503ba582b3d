//! How many may register, how often, and for how long.

use axum::http::StatusCode;
use serde_json::json;

use super::refused;
use crate::support::{CALLBACK, TestProvider, config_registering};

#[tokio::test]
async fn one_source_cannot_register_without_end() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let metadata = json!({"redirect_uris": [CALLBACK]});
    for n in 0..50 {
        assert_eq!(provider.register(&metadata).await.status, StatusCode::CREATED, "{n}");
    }
    let answer = provider.register(&metadata).await;
    refused(&answer, 429, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), "30");
    provider.clock.advance(30);
    assert_eq!(provider.register(&metadata).await.status, StatusCode::CREATED);
}

/// Behind a proxy all are one source: who may not change a client must not keep its owner from it.
#[tokio::test]
async fn strangers_cannot_use_up_the_changes_of_others() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let client = provider.registered(&json!({})).await;
    let address = format!("/register/{}", client.client_id);
    for n in 0..60 {
        let answer = provider.registering("PUT", &address, "a-token-of-a-stranger", Some(&json!({}))).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{n}");
    }
    let own = json!({"client_id": client.client_id, "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"});
    assert_eq!(provider.manage("PUT", &client, Some(&own)).await.status, StatusCode::OK);
}

/// The number of clients is bounded: one that is used stays, and one that is new is given its time.
#[tokio::test]
async fn the_oldest_that_nobody_uses_makes_room() {
    let provider = TestProvider::with(config_registering(json!({"max_clients": 2}))).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let used = provider.registered(&json!({})).await;
    used.allowed_by(&mut browser, &[]).await;
    let unused = provider.registered(&json!({})).await;
    let metadata = json!({"redirect_uris": [CALLBACK]});
    refused(&provider.register(&metadata).await, 503, "temporarily_unavailable");
    provider.clock.advance(60 * 60);
    assert_eq!(provider.register(&metadata).await.status, StatusCode::CREATED);
    assert_eq!(provider.manage("GET", &used, None).await.status, StatusCode::OK);
    refused(&provider.manage("GET", &unused, None).await, 401, "invalid_token");
}

#[tokio::test]
async fn a_client_that_nobody_uses_is_forgotten() {
    let provider = TestProvider::with(config_registering(json!({"unused_lifetime": 100}))).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let used = provider.registered(&json!({})).await;
    used.allowed_by(&mut browser, &[]).await;
    let unused = provider.registered(&json!({})).await;
    provider.clock.advance(99);
    provider.state.sweep().await.unwrap();
    assert_eq!(provider.manage("GET", &unused, None).await.status, StatusCode::OK);
    provider.clock.advance(1);
    provider.state.sweep().await.unwrap();
    assert_eq!(provider.manage("GET", &used, None).await.status, StatusCode::OK);
    refused(&provider.manage("GET", &unused, None).await, 401, "invalid_token");
    provider.browser().get(&unused.authorize(&[])).await.assert_error_page(400);
}
