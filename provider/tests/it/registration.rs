//! `/register`: RFC 7591 and RFC 7592, with the metadata of OpenID Connect Dynamic Client Registration 1.0 and of the logout
//! specifications.

mod limits;
mod management;

use axum::http::StatusCode;
use provider::ProviderConfig;
use serde_json::{Value, json};

use crate::support::{
    Answer, CALLBACK, ClientKey, ISSUER, START, TestApp, TestProvider, config, config_registering, path,
};

/// What went wrong, and what the client is told to do.
#[track_caller]
fn refused(answer: &Answer, status: u16, error: &str) -> String {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error"], error, "{body}");
    body["error_description"].as_str().unwrap().to_owned()
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

/// OpenID Connect Discovery 1.0 section 3: `registration_endpoint` only where there is one.
#[tokio::test]
async fn it_is_off_until_it_is_switched_on() {
    for (how, is_on) in [(None, false), (Some(json!(false)), false), (Some(json!(true)), true), (Some(json!({})), true)]
    {
        let provider = TestProvider::with(how.clone().map_or_else(config, config_registering)).await;
        let discovered = provider.browser().get("/.well-known/openid-configuration").await;
        let expected = is_on.then(|| format!("{ISSUER}/register"));
        assert_eq!(body(&discovered)["registration_endpoint"].as_str(), expected.as_deref(), "{how:?}");
        let answer = provider.register(&json!({"redirect_uris": [CALLBACK]})).await;
        assert_eq!(answer.status, if is_on { StatusCode::CREATED } else { StatusCode::NOT_FOUND }, "{how:?}");
        let scopes = body(&discovered)["scopes_supported"].to_string();
        assert_eq!(scopes.contains("\"email\""), is_on, "what such apps may ask for");
    }
}

#[test]
fn limits_that_are_none_stop_the_start_by_name() {
    let table = [
        (json!({"max_client": 1}), "unknown field `max_client`"),
        (json!("on"), "true, false or a table"),
        (json!({"max_clients": 0}), "dynamic_registration.max_clients = 0"),
        (json!({"unused_lifetime": 0}), "dynamic_registration: unused_lifetime"),
        (json!({"scopes": ["profile"]}), "dynamic_registration: scopes"),
        (json!({"initial_access_token": "short"}), "dynamic_registration: initial_access_token"),
    ];
    for (how, says) in table {
        let parsed = serde_json::from_value::<ProviderConfig>(config_registering(how.clone()));
        let error = match parsed {
            Ok(config) => config.validate().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(says), "{how}: {error}");
    }
}

/// RPI-03, FCL-01, FCL-04, BCL-03, BCL-05: what is registered is answered, with what the provider adds.
#[tokio::test]
async fn everything_that_is_registered_is_answered() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let registered = json!({
        "redirect_uris": [CALLBACK, "https://app.example.com/callback?kind=b"],
        "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"],
        "application_type": "web",
        "client_name": "Notes",
        "client_name#de": "Notizen",
        "client_name#ja-Hani-JP": "覚え書き",
        "client_uri": "https://app.example.com/",
        "logo_uri": "https://app.example.com/logo.png",
        "policy_uri": "https://app.example.com/privacy",
        "policy_uri#de": "https://app.example.com/datenschutz",
        "tos_uri": "https://app.example.com/terms",
        "contacts": ["ops@example.com"],
        "jwks_uri": "https://app.example.com/jwks",
        "userinfo_signed_response_alg": "RS256",
        "request_object_signing_alg": "none",
        "request_uris": ["https://app.example.com/request#5T0z1Yk"],
        "default_acr_values": ["urn:mace:incommon:iap:silver", "0"],
        "token_endpoint_auth_method": "client_secret_post",
        "id_token_signed_response_alg": "ES256",
        "subject_type": "public",
        "scope": "openid email",
        "default_max_age": 3600,
        "require_auth_time": true,
        "initiate_login_uri": "https://app.example.com/login",
        "post_logout_redirect_uris": ["https://app.example.com/signed-out?from=op"],
        "frontchannel_logout_uri": "https://app.example.com/front?tenant=a%26b",
        "frontchannel_logout_session_required": true,
        "backchannel_logout_uri": "https://logout.example.com/back?tenant=1",
        "backchannel_logout_session_required": true,
        "dpop_bound_access_tokens": false,
    });
    let mut sent = registered.clone();
    sent["x_unknown"] = json!({"anything": [1]});
    sent["logo_uri#fr"] = Value::Null;
    sent["client_secret#de"] = json!("what has no language");
    let answer = provider.register(&sent).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut information = body(&answer);
    let members = information.as_object_mut().unwrap();
    let client_id = members.remove("client_id").unwrap();
    let uri = format!("{ISSUER}/register/{}", client_id.as_str().unwrap());
    assert_eq!(members.remove("registration_client_uri"), Some(json!(uri)));
    assert_eq!(members.remove("client_id_issued_at"), Some(json!(START)));
    assert_eq!(members.remove("client_secret_expires_at"), Some(json!(0)));
    for secret in ["client_secret", "registration_access_token"] {
        assert!(members.remove(secret).unwrap().as_str().unwrap().len() >= 43, "{secret}");
    }
    assert_eq!(information, registered, "unknown metadata is ignored");
}

/// RFC 7591 section 2: what is left out has the default value of the specifications.
#[tokio::test]
async fn what_is_left_out_is_decided_and_answered() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let information = body(&provider.register(&json!({"redirect_uris": [CALLBACK]})).await);
    let expected = json!({
        "response_types": ["code"], "grant_types": ["authorization_code"], "application_type": "web",
        "client_name": "app.example.com", "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256", "subject_type": "public",
        "scope": "address email openid phone profile", "require_auth_time": false, "post_logout_redirect_uris": [],
        "frontchannel_logout_session_required": false, "backchannel_logout_session_required": false,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&information[key], value, "{key}");
    }
    let public = json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"});
    let information = body(&provider.register(&public).await);
    assert!(information.get("client_secret").is_none() && information.get("client_secret_expires_at").is_none());
}

/// RPI-03, RPI-04, FCL-01, FCL-02, FCL-03, BCL-03, BCL-04, BCL-53: each with the error of RFC 7591 section 3.2.2.
#[tokio::test]
async fn what_cannot_be_registered() {
    const URI: &str = "invalid_redirect_uri";
    const METADATA: &str = "invalid_client_metadata";
    let own = "https://app.example.com";
    let many: Vec<String> = (0..11).map(|n| format!("{own}/{n}")).collect();
    let private = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]});
    let table = [
        (json!({"redirect_uris": null}), URI, "at least one"),
        (json!({"redirect_uris": []}), URI, "at least one"),
        (json!({"redirect_uris": many}), URI, "at most 10"),
        (json!({"redirect_uris": [format!("{own}/{}", "x".repeat(512))]}), URI, "512 bytes"),
        (json!({"redirect_uris": ["/callback"]}), URI, "absolute"),
        (json!({"redirect_uris": [CALLBACK, CALLBACK]}), URI, "twice"),
        (json!({"redirect_uris": [format!("{CALLBACK}#top")]}), URI, "fragment"),
        (json!({"redirect_uris": ["https://alice@app.example.com/"]}), URI, "user name"),
        (json!({"redirect_uris": ["http://app.example.com/"]}), URI, "https"),
        (json!({"redirect_uris": ["javascript:alert(1)"]}), URI, "https"),
        (json!({"redirect_uris": ["http://127.0.0.1:4001/callback"]}), URI, "application_type native"),
        (json!({"redirect_uris": "x"}), METADATA, "cannot be read"),
        (json!({"application_type": "spa"}), METADATA, "web or native"),
        (json!({"redirect_uris": ["com.example.app:/callback"]}), URI, "https"),
        (json!({"application_type": "native", "redirect_uris": ["example:/callback"]}), URI, "com.example.app"),
        (json!({"application_type": "native", "redirect_uris": ["com.example.app:/#x"]}), URI, "fragment"),
        (json!({"client_name": " "}), METADATA, "client_name"),
        (json!({"client_name": "x".repeat(101)}), METADATA, "client_name"),
        (json!({"client_name": "No\u{202e}tes"}), METADATA, "client_name"),
        (json!({"client_name": "No\u{ad}tes"}), METADATA, "client_name"),
        (json!({"client_name": "Notes\u{e0041}"}), METADATA, "client_name"),
        (json!({"client_name": "\u{e000}"}), METADATA, "client_name"),
        (json!({"client_name": "\u{a0}\u{3000}"}), METADATA, "client_name"),
        (json!({"client_name": "app a"}), METADATA, "choose another"),
        (json!({"client_name": " App \u{a0}A"}), METADATA, "choose another"),
        (json!({"response_types": ["code", "id_token"]}), METADATA, "only code"),
        (json!({"response_types": []}), METADATA, "only code"),
        (json!({"grant_types": ["refresh_token"]}), METADATA, "the first must be there"),
        (json!({"grant_types": ["authorization_code", "implicit"]}), METADATA, "only authorization_code"),
        (json!({"token_endpoint_auth_method": "client_secret_jwt"}), METADATA, "private_key_jwt"),
        (json!({"token_endpoint_auth_method": "private_key_jwt"}), METADATA, "jwks"),
        (json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": private}), METADATA, "public halves"),
        (json!({"jwks": private}), METADATA, "public halves"),
        (json!({"jwks_uri": "http://app.example.com/jwks"}), METADATA, "https"),
        (json!({"jwks_uri": "https://10.0.0.1/jwks"}), METADATA, "private"),
        (json!({"request_uris": many}), METADATA, "at most 10"),
        (json!({"request_uris": ["https://192.168.0.1/request#x"]}), METADATA, "private"),
        (json!({"request_uris": ["http://app.example.com/request"]}), METADATA, "https"),
        (json!({"request_object_signing_alg": "HS256"}), METADATA, "none, RS256 or ES256"),
        (json!({"request_object_encryption_alg": "RSA-OAEP"}), METADATA, "leave it out"),
        (json!({"client_uri": "http://app.example.com/"}), METADATA, "https"),
        (json!({"logo_uri": "javascript:alert(1)"}), METADATA, "https"),
        (json!({"policy_uri": "data:text/html,x"}), METADATA, "https"),
        (json!({"tos_uri#de": "http://app.example.com/"}), METADATA, "https"),
        (json!({"client_name#de": "No\u{202e}tes"}), METADATA, "client_name"),
        (json!({"client_name#de": "No\u{61c}tes"}), METADATA, "client_name"),
        (json!({"contacts": ["ops\u{ad}@example.com"]}), METADATA, "can be seen"),
        (json!({"client_name#not a tag": "Notes"}), METADATA, "language tag"),
        (json!({"client_name#de": ["Notes"]}), METADATA, "language tag"),
        (json!({"contacts": vec!["ops@example.com"; 11]}), METADATA, "at most 10"),
        (json!({"contacts": ["x".repeat(255)]}), METADATA, "254 bytes"),
        (json!({"default_acr_values": ["not a name"]}), METADATA, "without spaces"),
        (json!({"jwks": {"keys": []}, "jwks_uri": own}), METADATA, "together"),
        (json!({"id_token_signed_response_alg": "none"}), METADATA, "RS256 or ES256"),
        (json!({"id_token_encrypted_response_alg": "RSA-OAEP"}), METADATA, "leave it out"),
        (json!({"userinfo_signed_response_alg": "none"}), METADATA, "RS256 or ES256"),
        (json!({"userinfo_encrypted_response_alg": "RSA-OAEP"}), METADATA, "leave it out"),
        (json!({"sector_identifier_uri": own}), METADATA, "leave it out"),
        (json!({"subject_type": "pairwise"}), METADATA, "public"),
        (json!({"scope": "profile"}), METADATA, "must contain openid"),
        (json!({"scope": "openid notes"}), METADATA, "can be had: address email"),
        (json!({"scope": "openid offline_access"}), METADATA, "refresh_token"),
        (json!({"default_max_age": -1}), METADATA, "cannot be read"),
        (json!({"initiate_login_uri": "http://localhost/"}), METADATA, "https"),
        (json!({"post_logout_redirect_uris": [own, own]}), METADATA, "twice"),
        (json!({"post_logout_redirect_uris": many}), METADATA, "at most 10"),
        (json!({"post_logout_redirect_uris": ["signed-out"]}), METADATA, "absolute"),
        (json!({"post_logout_redirect_uris": [format!("{own}/#")]}), METADATA, "fragment"),
        (json!({"post_logout_redirect_uris": ["http://127.0.0.1/"]}), METADATA, "https"),
        (json!({"frontchannel_logout_uri": "/front"}), METADATA, "absolute"),
        (json!({"frontchannel_logout_uri": format!("{own}/front#x")}), METADATA, "fragment"),
        (json!({"frontchannel_logout_uri": "http://127.0.0.1/front"}), METADATA, "https"),
        (json!({"frontchannel_logout_uri": "https://other.example.com/front"}), METADATA, "scheme, host and port"),
        (json!({"frontchannel_logout_uri": "https://app.example.com:8443/front"}), METADATA, "scheme, host and port"),
        (json!({"frontchannel_logout_session_required": "yes"}), METADATA, "cannot be read"),
        (json!({"backchannel_logout_uri": "back"}), METADATA, "absolute"),
        (json!({"backchannel_logout_uri": format!("{own}/back#x")}), METADATA, "fragment"),
        (json!({"backchannel_logout_uri": "http://app.example.com/back"}), METADATA, "https"),
        (json!({"backchannel_logout_uri": "http://127.0.0.1/back"}), METADATA, "https"),
        (json!({"backchannel_logout_uri": "https://127.0.0.1/back"}), METADATA, "loopback"),
        (json!({"backchannel_logout_uri": "https://[::ffff:10.0.0.1]/back"}), METADATA, "private"),
        (json!({"backchannel_logout_uri": "https://169.254.169.254/"}), METADATA, "link-local"),
        (json!({"backchannel_logout_session_required": 1}), METADATA, "cannot be read"),
    ];
    let provider = TestProvider::with(config_registering(json!(true))).await;
    for (n, (members, error, says)) in table.into_iter().enumerate() {
        // So many at once from one source would be refused.
        provider.clock.advance(30);
        let mut metadata = json!({"redirect_uris": [CALLBACK]});
        metadata.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let description = refused(&provider.register(&metadata).await, 400, error);
        assert!(description.contains(says), "{n} {members}: {description}");
    }
}

/// RPI-04, FCL-03, BCL-04: http stays on loopback, and is for native apps; of a sign-out only for confidential ones.
#[tokio::test]
async fn where_http_is_good_enough() {
    let loopback = "http://127.0.0.1:4001/app";
    let redirect = json!({"redirect_uris": [loopback]});
    let with = |members: Value| {
        let mut metadata = redirect.clone();
        metadata.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        metadata
    };
    let public = "none";
    let table = [
        (with(json!({"application_type": "native"})), true),
        (with(json!({"application_type": "native", "token_endpoint_auth_method": public})), true),
        (with(json!({"application_type": "native", "post_logout_redirect_uris": [loopback]})), true),
        (with(json!({"application_type": "native", "frontchannel_logout_uri": loopback})), true),
        (with(json!({"application_type": "native", "backchannel_logout_uri": loopback})), false),
        (
            with(json!({
                "application_type": "native", "token_endpoint_auth_method": public,
                "post_logout_redirect_uris": [loopback],
            })),
            false,
        ),
        (with(json!({"backchannel_logout_uri": loopback})), false),
    ];
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let lax = TestProvider::with(config_registering(json!({"danger_allow_loopback": true}))).await;
    for (metadata, is_good) in table {
        let expected = if is_good { StatusCode::CREATED } else { StatusCode::BAD_REQUEST };
        assert_eq!(provider.register(&metadata).await.status, expected, "{metadata}");
        assert_eq!(lax.register(&metadata).await.status, StatusCode::CREATED, "{metadata}");
    }
}

/// RFC 7591 section 3: JSON, of a bounded size.
#[tokio::test]
async fn requests_that_are_none() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let metadata = json!({"redirect_uris": [CALLBACK]}).to_string();
    let json = ("content-type", "application/json");
    let send = async |headers: &[(&str, &str)], body: String| {
        provider.browser().request("POST", "/register", headers, body).await
    };
    refused(&send(&[], metadata.clone()).await, 400, "invalid_request");
    refused(&send(&[("content-type", "text/plain")], metadata.clone()).await, 400, "invalid_request");
    refused(&send(&[json], "{".to_owned()).await, 400, "invalid_client_metadata");
    refused(&send(&[json], "[]".to_owned()).await, 400, "invalid_client_metadata");
    let twice = format!("{{\"redirect_uris\": [], {}", &metadata[1..]);
    refused(&send(&[json], twice).await, 400, "invalid_client_metadata");
    let long = format!("{metadata}{}", " ".repeat(16 * 1024));
    assert_eq!(send(&[json], long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// RFC 7591 section 3.1
#[tokio::test]
async fn an_initial_access_token_may_be_needed() {
    let token = "an-initial-access-token";
    let provider = TestProvider::with(config_registering(json!({"initial_access_token": token}))).await;
    let metadata = json!({"redirect_uris": [CALLBACK]});
    for wrong in ["", "another-initial-access-token"] {
        let answer = provider.registering("POST", "/register", wrong, Some(&metadata)).await;
        refused(&answer, 401, "invalid_token");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    let answer = provider.registering("POST", "/register", token, Some(&metadata)).await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

/// A restart loses nothing; and what the configuration does not allow any more is not there, until it does again.
#[tokio::test]
async fn what_is_registered_outlives_a_restart() {
    let provider = TestProvider::with(config_registering(json!({"danger_allow_loopback": true}))).await;
    let app = provider.registered(&json!({})).await;
    let b = TestApp::answering(200).await;
    let here = provider.registered(&b.back_channel()).await;
    let is_known = async |provider: &TestProvider, client_id: &str| {
        let answer = provider.browser().get(&path("/end_session", &[("client_id", client_id)])).await;
        answer.status == StatusCode::OK
    };
    for (how, knows_app, knows_here) in [
        (json!({"danger_allow_loopback": true}), true, true),
        (json!(false), false, false),
        (json!(true), true, false),
        (json!({"danger_allow_loopback": true}), true, true),
    ]
    .into_iter()
    {
        let restarted = provider.killed(config_registering(how.clone()), START).await;
        assert_eq!(is_known(&restarted, &app.client_id).await, knows_app, "{how}");
        assert_eq!(is_known(&restarted, &here.client_id).await, knows_here, "{how}");
    }
}

/// OpenID Connect Core 1.0 section 9: `private_key_jwt` with keys that are registered inline.
#[tokio::test]
async fn keys_can_be_registered() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let jwks = json!({"keys": [ClientKey::es256().jwk("1")]});
    let members = json!({
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256", "jwks": jwks,
    });
    let app = provider.registered(&members).await;
    for (key, value) in members.as_object().unwrap() {
        assert_eq!(&app.information[key], value, "{key}");
    }
    assert!(app.information.get("client_secret").is_none());
}
