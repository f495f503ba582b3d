use serde_json::Value;

use crate::support::{ISSUER, TestProvider, config};

async fn configuration(provider: &TestProvider) -> Value {
    let answer = provider.browser().send("GET", "/.well-known/openid-configuration", &[], None).await;
    assert_eq!(answer.header("content-type"), "application/json");
    serde_json::from_str(&answer.body).unwrap()
}

/// RPI-01, RPI-02, FCL-06, FCL-07, BCL-01, CORE-05
#[tokio::test]
async fn announces_what_there_is() {
    let provider = TestProvider::init().await;
    let document = configuration(&provider).await;
    assert_eq!(document["issuer"], ISSUER);
    assert_eq!(document["end_session_endpoint"], format!("{ISSUER}/end_session"));
    assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    for supported in [
        "authorization_response_iss_parameter_supported",
        "frontchannel_logout_supported",
        "frontchannel_logout_session_supported",
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
    ] {
        assert_eq!(document[supported], true, "{supported}");
    }
    for endpoint in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "end_session_endpoint",
        "revocation_endpoint",
        "introspection_endpoint",
    ] {
        let path = document[endpoint].as_str().unwrap().strip_prefix(ISSUER).unwrap();
        let method = if ["/token", "/revoke", "/introspect"].contains(&path) { "POST" } else { "GET" };
        let answer = provider.browser().send(method, path, &[], None).await;
        assert_ne!(answer.status, 404, "{endpoint}");
    }
    assert_eq!(document["grant_types_supported"], serde_json::json!(["authorization_code", "refresh_token"]));
    assert_eq!(document["dpop_signing_alg_values_supported"], serde_json::json!(["ES256"]));
    assert_eq!(document["prompt_values_supported"], serde_json::json!(["none", "login", "consent", "select_account"]));
    for not_there in ["check_session_iframe", "registration_endpoint"] {
        assert!(document.get(not_there).is_none(), "{not_there}");
    }
}

#[tokio::test]
async fn a_channel_that_is_off_is_not_announced() {
    let mut config = config();
    config["front_channel"] = false.into();
    config["back_channel"] = false.into();
    let document = configuration(&TestProvider::with(config).await).await;
    assert_eq!(document["frontchannel_logout_supported"], false);
    assert_eq!(document["backchannel_logout_supported"], false);
}

#[tokio::test]
async fn keys_are_published() {
    let provider = TestProvider::init().await;
    let answer = provider.browser().send("GET", "/jwks", &[], None).await;
    let keys: Value = serde_json::from_str(&answer.body).unwrap();
    let (_, tokens) = provider.signed_in("alice").await;
    let kid = &crate::support::header(&tokens.id_token)["kid"];
    assert!(keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == *kid && key["alg"] == "RS256"));
}
