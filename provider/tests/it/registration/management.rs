//! What a client does with its registration: RFC 7592.

use std::time::Duration;

use axum::http::StatusCode;
use futures_util::FutureExt;
use serde_json::json;

use super::{body, refused};
use crate::support::{CALLBACK, TestProvider, config_registering};

/// How long what was asked for may take before it counts as not done.
const GRACE: Duration = Duration::from_secs(30);

/// RFC 7592 section 2.1: what it was told, but for the secret, of which only a hash is kept.
#[tokio::test]
async fn a_client_reads_its_registration() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&json!({"backchannel_logout_uri": "https://app.example.com/back"})).await;
    let mut expected = app.information.clone();
    expected.as_object_mut().unwrap().remove("client_secret");
    let answer = provider.manage("GET", &app, None).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(body(&answer), expected);

    let other = provider.registered(&json!({})).await;
    for token in ["", "x", &other.access_token] {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = provider.registering(method, &format!("/register/{}", app.client_id), token, None).await;
            refused(&answer, 401, "invalid_token");
        }
    }
    refused(&provider.registering("GET", "/register/app-a", &app.access_token, None).await, 401, "invalid_token");
}

/// Nothing that could be used is stored.
#[tokio::test]
async fn secrets_are_stored_as_hashes() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&json!({})).await;
    provider.state.shutdown().await;
    let stored: String = provider
        .stored("SELECT concat_ws(' ', client_id, metadata, hex(secret_hash), hex(token_hash)) FROM registered_client")
        .await;
    assert!(stored.contains(&app.client_id));
    for secret in ["client_secret", "registration_access_token"] {
        assert!(!stored.contains(app.information[secret].as_str().unwrap()), "{secret}");
    }
}

/// RFC 7592 section 2.2: what is not sent again is registered no longer.
#[tokio::test]
async fn a_client_changes_its_registration() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&json!({"backchannel_logout_uri": "https://app.example.com/back"})).await;
    let secret = &app.information["client_secret"];
    let changed = json!({
        "client_id": app.client_id, "client_secret": secret, "client_name": "Other notes",
        "redirect_uris": ["https://other.example.com/callback"],
    });
    let answer = provider.manage("PUT", &app, Some(&changed)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let information = body(&answer);
    assert_eq!(&information["client_secret"], secret);
    assert_eq!(information["client_name"], "Other notes");
    assert!(information.get("backchannel_logout_uri").is_none());
    provider.browser().get(&app.authorize(&[])).await.assert_error_page(400);

    // From public to confidential and back.
    let public = json!({"client_id": app.client_id, "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"});
    assert!(body(&provider.manage("PUT", &app, Some(&public)).await).get("client_secret").is_none());
    let confidential = json!({"client_id": app.client_id, "redirect_uris": [CALLBACK]});
    let made = body(&provider.manage("PUT", &app, Some(&confidential)).await);
    assert!(made["client_secret"].is_string() && &made["client_secret"] != secret);
}

/// RFC 7592 section 2.2
#[tokio::test]
async fn changes_that_are_refused() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&json!({})).await;
    let table = [
        (json!({"client_id": null}), "client_id"),
        (json!({"client_id": "app-a"}), "client_id"),
        (json!({"client_secret": "a-secret-of-my-own"}), "client_secret"),
        (json!({"client_secret_expires_at": 0}), "left out"),
        (json!({"client_id_issued_at": 0}), "left out"),
        (json!({"registration_access_token": "x"}), "left out"),
        (json!({"registration_client_uri": "x"}), "left out"),
        (json!({"client_name": "App A"}), "choose another"),
        (json!({"response_types": ["token"]}), "only code"),
    ];
    for (members, says) in table {
        let mut metadata = json!({"client_id": app.client_id, "redirect_uris": [CALLBACK]});
        metadata.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let answer = provider.manage("PUT", &app, Some(&metadata)).await;
        let description = refused(&answer, 400, "invalid_client_metadata");
        assert!(description.contains(says), "{members}: {description}");
    }
    let without = json!({"client_id": app.client_id});
    refused(&provider.manage("PUT", &app, Some(&without)).await, 400, "invalid_redirect_uri");
    let information = body(&provider.manage("GET", &app, None).await);
    assert_eq!(information["client_name"], "Notes", "nothing has changed");
}

/// What could not be stored has not happened, for those who ask the copy in memory either.
#[tokio::test]
async fn a_registration_changes_only_with_its_commit() {
    const OTHER: &str = "https://other.example.com/callback";
    let limits = json!({"max_clients": 1, "unused_lifetime": 2 * 60 * 60});
    let provider = TestProvider::with(config_registering(limits)).await;
    let app = provider.registered(&json!({})).await;
    let is_as_it_was = async || {
        let sign_in = provider.browser().get(&app.authorize(&[])).await;
        assert!(sign_in.status.is_redirection(), "{}", sign_in.body);
        provider.browser().get(&app.authorize(&[("redirect_uri", OTHER)])).await.assert_error_page(400);
    };
    provider.fail_commits_after("UPDATE ON registered_client").await;
    let changed = json!({"client_id": app.client_id, "redirect_uris": [OTHER]});
    refused(&provider.manage("PUT", &app, Some(&changed)).await, 503, "server_error");
    is_as_it_was().await;

    provider.fail_no_commits().await;
    provider.fail_commits_after("DELETE ON registered_client").await;
    refused(&provider.manage("DELETE", &app, None).await, 503, "server_error");
    is_as_it_was().await;
    provider.clock.advance(60 * 60);
    refused(&provider.register(&json!({"redirect_uris": [OTHER]})).await, 503, "server_error");
    is_as_it_was().await;
    provider.clock.advance(60 * 60);
    provider.state.sweep().await.unwrap_err();
    is_as_it_was().await;

    provider.fail_no_commits().await;
    assert_eq!(provider.manage("PUT", &app, Some(&changed)).await.status, StatusCode::OK);
    provider.browser().get(&app.authorize(&[])).await.assert_error_page(400);
    assert_eq!(provider.manage("DELETE", &app, None).await.status, StatusCode::NO_CONTENT);
    provider.browser().get(&app.authorize(&[("redirect_uri", OTHER)])).await.assert_error_page(400);
}

/// Whoever hangs up has asked all the same, and does not leave it half done.
#[tokio::test]
async fn a_deletion_goes_on_when_the_app_hangs_up() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&json!({})).await;
    let mut writing = provider.writing().await;
    assert!(provider.manage("DELETE", &app, None).now_or_never().is_none(), "somebody else writes");
    sqlx::query("ROLLBACK").execute(&mut writing).await.unwrap();
    let until_unknown = async { while provider.browser().get(&app.authorize(&[])).await.status.is_redirection() {} };
    tokio::time::timeout(GRACE, until_unknown).await.expect("it is done");
    refused(&provider.manage("GET", &app, None).await, 401, "invalid_token");
}
