#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;

const BOTH: KeyFacts = KeyFacts::Read { rs256: true, es256: true };

fn facts(members: &Value, keys: KeyFacts) -> Facts {
    Facts::read(members, "https://login.example", keys, false)
}

/// The verdict on one member by its value, each in a document of its own.
fn assert_table(check: Check, name: &str, table: &[(Value, Verdict)]) {
    for (value, expected) in table {
        let (verdict, says) = judge(check, &facts(&json!({ name: value }), BOTH));
        assert_eq!(verdict, *expected, "{name} {value}: {says}");
    }
}

#[test]
fn one_member_decides() {
    assert_table(
        Check::Pkce,
        "code_challenge_methods_supported",
        &[
            (json!(["S256"]), Works),
            (json!(["plain", "S256"]), Works),
            (json!(["plain"]), No),
            (json!([]), No),
            (Value::Null, Unknown),
            (json!("S256"), Unknown),
        ],
    );
    assert_table(
        Check::ClientAuthentication,
        "token_endpoint_auth_methods_supported",
        &[
            (json!(["client_secret_basic", "none"]), Works),
            (json!(["client_secret_basic"]), Unknown),
            (json!(["client_secret_post", "none"]), No),
            (json!(["private_key_jwt"]), No),
            (Value::Null, Unknown),
        ],
    );
    assert_table(
        Check::CodeFlow,
        "response_types_supported",
        &[(json!(["code"]), Works), (json!(["id_token"]), No), (Value::Null, Unknown)],
    );
    assert_table(Check::CodeFlow, "grant_types_supported", &[(json!(["implicit"]), No)]);
    assert_table(
        Check::Dpop,
        "dpop_signing_alg_values_supported",
        &[(json!(["RS256", "ES256"]), Works), (json!(["RS256"]), No), (Value::Null, No)],
    );
    assert_table(
        Check::IssuerParameter,
        "authorization_response_iss_parameter_supported",
        &[(json!(true), Works), (json!(false), No), (Value::Null, No), (json!("true"), No)],
    );
    assert_table(
        Check::Revocation,
        "revocation_endpoint",
        &[(json!("https://login.example/revoke"), Works), (Value::Null, No), (json!(7), No)],
    );
    assert_table(
        Check::GlobalRevocation,
        "global_token_revocation_endpoint",
        &[(json!("https://login.example/revocation/{connection}"), Works), (Value::Null, No)],
    );
    assert_table(
        Check::Sid,
        "claims_supported",
        &[(json!(["sub", "sid"]), Works), (json!(["sub"]), Partly), (Value::Null, Unknown)],
    );
    assert_table(Check::Sid, "backchannel_logout_session_supported", &[(json!(true), Works), (json!(false), Unknown)]);
}

/// Discovery 1.0 section 4.3
#[test]
fn the_issuer_is_the_one_that_was_asked_for_to_the_letter() {
    for (issuer, expected, part) in [
        (json!("https://login.example"), Works, "exactly this issuer"),
        (json!("https://login.example/"), No, "slash at its end. Configure exactly https://login.example/"),
        (json!("https://login.example/{tenantid}/v2.0"), No, "template"),
        (json!("https://other.example"), No, "speaks for https://other.example"),
        (json!("\u{1b}[2J"), No, "speaks for \u{fffd}[2J"),
        (json!(7), No, "no `issuer`"),
        (Value::Null, No, "no `issuer`"),
    ] {
        let (verdict, says) = judge(Check::Issuer, &facts(&json!({ "issuer": issuer }), BOTH));
        assert_eq!(verdict, expected, "{issuer}: {says}");
        assert!(says.contains(part), "{issuer}: {says}");
    }
}

#[test]
fn signatures_need_an_algorithm_of_the_apps_and_a_key_for_it() {
    let keys = |rs256, es256| KeyFacts::Read { rs256, es256 };
    for (algs, keys, expected, part) in [
        (json!(["RS256", "ES256"]), keys(true, true), Works, "both"),
        (json!(["RS256"]), keys(true, false), Works, "RS256"),
        (json!(["HS256", "RS256"]), keys(true, true), Works, "RS256, and a key"),
        (json!(["ES256"]), keys(false, true), Works, "id_token_signed_response_alg"),
        (json!(["ES256"]), keys(true, false), No, "its keys are for RS256"),
        (json!(["EdDSA", "PS256"]), keys(true, true), No, "EdDSA, PS256"),
        (json!(["none"]), keys(false, false), No, "neither"),
        (Value::Null, keys(true, false), Works, "RS256"),
        (json!(["RS256"]), KeyFacts::Unreadable("they are not JSON".to_owned()), No, "not JSON"),
    ] {
        let members = json!({ "id_token_signing_alg_values_supported": algs });
        let (verdict, says) = judge(Check::Signatures, &facts(&members, keys));
        assert_eq!(verdict, expected, "{algs}: {says}");
        assert!(says.contains(part), "{algs}: {says}");
    }
}

#[test]
fn refresh_tokens_and_the_scope_that_they_may_take() {
    let (with, without) = (json!(["authorization_code", "refresh_token"]), json!(["authorization_code"]));
    for (grants, scopes, expected) in [
        (&with, json!(["openid"]), Works),
        (&with, Value::Null, Works),
        (&with, json!(["openid", "offline_access"]), Partly),
        (&Value::Null, json!(["openid", "offline_access"]), Partly),
        (&Value::Null, json!(["openid"]), Unknown),
        (&without, json!(["openid", "offline_access"]), No),
    ] {
        let members = json!({ "grant_types_supported": grants, "scopes_supported": scopes });
        let (verdict, says) = judge(Check::RefreshTokens, &facts(&members, BOTH));
        assert_eq!(verdict, expected, "{members}: {says}");
        assert_eq!(says.contains("offline_access"), !matches!(expected, No | Unknown), "{says}");
    }
}

#[test]
fn a_sign_out_page_elsewhere_must_be_named() {
    let elsewhere =
        json!({ "end_session_endpoint": "https://logout.example/x", "frontchannel_logout_supported": true });
    let (verdict, says) = judge(Check::Origins, &facts(&elsewhere, BOTH));
    assert_eq!(verdict, Partly);
    assert!(says.contains("`front_channel_ancestors` names https://logout.example."), "{says}");
    for members in [
        json!({ "end_session_endpoint": "https://login.example/x", "frontchannel_logout_supported": true }),
        json!({ "end_session_endpoint": "https://logout.example/x" }),
        json!({ "token_endpoint": "https://api.example/x", "frontchannel_logout_supported": true }),
    ] {
        assert_eq!(judge(Check::Origins, &facts(&members, BOTH)).0, Works, "{members}");
    }
}

/// The apps' own readers decide.
#[test]
fn a_document_that_an_app_would_refuse_is_unusable() {
    let good = json!({
        "issuer": "https://login.example",
        "authorization_endpoint": "https://login.example/authorize",
        "token_endpoint": "https://login.example/token",
        "jwks_uri": "https://login.example/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    assert_eq!(judge(Check::Metadata, &facts(&good, BOTH)).0, Works);
    for (name, value, part) in [
        ("token_endpoint", Value::Null, "token_endpoint is missing"),
        ("subject_types_supported", Value::Null, "subject_types_supported is missing"),
        ("token_endpoint", json!("http://login.example/token"), "token_endpoint is neither https nor loopback"),
        ("end_session_endpoint", json!("http://login.example/out"), "end_session_endpoint is neither"),
        ("token_endpoint", json!("token"), "wrong type"),
        ("scopes_supported", json!(7), "invalid type"),
    ] {
        let mut bad = good.clone();
        bad[name] = value;
        let (verdict, says) = judge(Check::Metadata, &facts(&bad, BOTH));
        assert_eq!(verdict, No, "{name}: {says}");
        assert!(says.contains(part), "{name}: {says}");
    }
}

#[test]
fn what_no_document_says_is_unknown_for_every_provider() {
    let facts = facts(&json!({ "introspection_endpoint": "https://login.example/introspect" }), BOTH);
    let (verdict, says) = judge(Check::AccessTokens, &facts);
    assert!(verdict == Unknown && says.contains("introspection_endpoint"), "{says}");
    assert_eq!(judge(Check::Cors, &facts).0, Unknown);
    assert_eq!(judge(Check::SharedSignals, &facts).0, No);
    let sharing = Facts::read(&json!({}), "https://login.example", BOTH, true);
    assert_eq!(judge(Check::SharedSignals, &sharing).0, Works);
}
