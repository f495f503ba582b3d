use serde_json::Value;

use crate::support::{ISSUER, TestProvider, config, config_registering};

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
        "check_session_iframe",
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
    let methods = serde_json::json!(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]);
    for endpoint in ["token", "revocation", "introspection"] {
        let auth_methods = document[format!("{endpoint}_endpoint_auth_methods_supported")].as_array().unwrap();
        // Nobody asks about tokens without saying who they are.
        let expected = if endpoint == "introspection" { 3 } else { 4 };
        assert_eq!(auth_methods, &methods.as_array().unwrap()[..expected], "{endpoint}");
        let algs = &document[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
        assert_eq!(*algs, serde_json::json!(["RS256", "ES256"]), "{endpoint}");
    }
    assert_eq!(document["response_types_supported"], serde_json::json!(["code"]));
    assert_eq!(document["response_modes_supported"], serde_json::json!(["query", "fragment", "form_post"]));
    assert_eq!(document["display_values_supported"], serde_json::json!(["page", "popup", "touch"]));
    assert_eq!(document["ui_locales_supported"], serde_json::json!(["en"]));
    assert_eq!(document["claims_parameter_supported"], true);
    assert_eq!(document["request_parameter_supported"], true);
    assert_eq!(document["request_object_signing_alg_values_supported"], serde_json::json!(["none", "RS256", "ES256"]));
    assert_eq!(document["request_uri_parameter_supported"], false);
    assert_eq!(document["require_request_uri_registration"], true);
    let classes = serde_json::json!(["urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"]);
    assert_eq!(document["acr_values_supported"], classes);
    for not_there in ["registration_endpoint", "userinfo_signing_alg_values_supported", "service_documentation"] {
        assert!(document.get(not_there).is_none(), "{not_there}");
    }
}

/// OpenID Connect Core 1.0 section 15.2: what only apps that register themselves can have.
#[tokio::test]
async fn announces_what_such_apps_can_have() {
    let implicit = serde_json::json!({"danger_allow_implicit_flow": true});
    for (how, is_implicit) in [(serde_json::json!(true), false), (implicit, true)] {
        let document = configuration(&TestProvider::with(config_registering(how)).await).await;
        assert_eq!(document["userinfo_signing_alg_values_supported"], serde_json::json!(["RS256", "ES256"]));
        assert_eq!(document["request_uri_parameter_supported"], true);
        let types = if is_implicit { vec!["code", "id_token", "id_token token"] } else { vec!["code"] };
        assert_eq!(document["response_types_supported"], serde_json::json!(types));
        let grants = document["grant_types_supported"].as_array().unwrap();
        assert_eq!(grants.contains(&"implicit".into()), is_implicit);
    }
}

/// OpenID Connect Discovery 1.0 section 3: what some app may ask for of some user, and no more.
#[tokio::test]
async fn announces_the_claims_that_there_are() {
    let of_tokens = ["iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "sid", "at_hash"];
    let mut config = config();
    config["users"][0]["email"] = "alice@example.com".into();
    let document = configuration(&TestProvider::with(config.clone()).await).await;
    let expected = [of_tokens.as_slice(), &["name", "preferred_username"]].concat();
    assert_eq!(document["claims_supported"], serde_json::json!(expected));
    assert_eq!(document["scopes_supported"], serde_json::json!(["notes", "openid", "profile"]));

    config["clients"][0]["scopes"] = serde_json::json!(["openid", "email"]);
    config["users"][1]["locale"] = "en".into();
    let document = configuration(&TestProvider::with(config).await).await;
    let expected = [of_tokens.as_slice(), &["name", "preferred_username", "locale", "email"]].concat();
    assert_eq!(document["claims_supported"], serde_json::json!(expected));
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
