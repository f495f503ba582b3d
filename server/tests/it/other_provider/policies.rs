//! Content security policies follow the metadata: endpoints need not be where the issuer is.

use serde_json::json;

use super::provider::OtherProvider;
use crate::browser::Browser;

#[tokio::test]
async fn a_policy_lets_the_browser_go_where_the_provider_is() {
    let other = OtherProvider::start(json!({
        "end_session_endpoint": "https://logout.example/end_session",
        "userinfo_endpoint": "https://claims.example/userinfo",
        "revocation_endpoint": "https://tokens.example/revoke",
    }))
    .await;
    let mut browser = Browser::new();
    let provider = &other.parties.provider;
    let page = browser.open(&other.parties.app_a).await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("form-action 'self' {provider} https://logout.example;")), "{policy}");
    let page = browser.open(&other.parties.app_b).await;
    let policy = page.header("content-security-policy");
    let called = format!("connect-src 'self' {provider} https://claims.example https://tokens.example;");
    assert!(policy.contains(&called), "{policy}");
    // Both are on 127.0.0.1, so App B renews in a frame.
    assert!(policy.contains(&format!("frame-src 'self' {provider};")), "{policy}");
    other.stop().await;
}

/// What App A does without may be as it likes: `/healthz` says that App A is ready, and it is.
#[tokio::test]
async fn metadata_that_app_a_does_not_need_do_not_stop_it() {
    let other = OtherProvider::start(json!({
        "op_policy_uri": "",
        "op_tos_uri": 7,
        "claims_parameter_supported": "true",
        "registration_endpoint": "none",
        "response_types_supported": null,
        "subject_types_supported": "public",
        "id_token_signing_alg_values_supported": ["ES256K"],
    }))
    .await;
    let home = other.sign_in(&mut Browser::new()).await;
    assert!(home.body.contains("data-user=\"alice\""), "{}", home.body);
    other.stop().await;
}
