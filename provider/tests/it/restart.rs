use axum::http::StatusCode;
use serde_json::json;

use crate::support::{TestApp, TestProvider, authorize, claims, code_of, config, config_with, redirected};

#[tokio::test]
async fn sessions_subjects_and_keys_survive_a_restart() {
    let provider = TestProvider::init().await;
    let (mut browser, before) = provider.signed_in("alice").await;
    let code = code_of(&browser.get(&authorize("app-b", &[])).await);
    let provider = provider.restart(config()).await;
    assert_eq!(provider.userinfo(&before.access_token).await.status, StatusCode::OK);
    provider.exchange("app-b", &code).await;

    let mut after = provider.browser();
    after.cookies = browser.cookies.clone();
    let tokens = provider.visit(&mut after, "app-a").await;
    assert_eq!(claims(&tokens.id_token)["sub"], claims(&before.id_token)["sub"]);
    assert_eq!(claims(&tokens.id_token)["sid"], claims(&before.id_token)["sid"]);
}

#[tokio::test]
async fn what_was_taken_out_of_the_configuration_is_gone() {
    let provider = TestProvider::init().await;
    let (mut browser, before) = provider.signed_in("alice").await;
    let page = provider.browser().get(&authorize("app-a", &[])).await;
    assert_eq!(page.location().path(), "/login");
    let mut without_alice = config();
    without_alice["users"].as_array_mut().unwrap().remove(0);
    let provider = provider.restart(without_alice).await;
    assert_eq!(provider.userinfo(&before.access_token).await.status, StatusCode::UNAUTHORIZED);
    let cookies = std::mem::take(&mut browser.cookies);
    let mut browser = provider.browser();
    browser.cookies = cookies;
    let answer = browser.get(&authorize("app-a", &[("prompt", "none")])).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"));
}

/// BCL-06, FCL-15, T-01: the register of apps does not hang on tokens, nor on the process.
#[tokio::test]
async fn an_app_whose_tokens_are_long_expired_is_told_after_a_restart() {
    let mut app = TestApp::answering(200).await;
    let config = config_with(&[("app-b", app.back_channel()), ("app-a", json!({}))]);
    let provider = TestProvider::with(config.clone()).await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    provider.visit(&mut browser, "app-b").await;
    let cookies = browser.cookies.clone();
    let provider = provider.restart(config).await;
    provider.clock.advance(60 * 60);
    provider.state.sweep().await.unwrap();
    let mut browser = provider.browser();
    browser.cookies = cookies;
    browser.get(&format!("/end_session?id_token_hint={}", tokens.id_token)).await;
    app.next().await.logout_token();
}
