//! Whatever a document is, there is a report.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use server::doctor::{Facts, KeyFacts, Outcome, Report};

/// Members that are looked at.
const NAMES: [&str; 24] = [
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "end_session_endpoint",
    "check_session_iframe",
    "revocation_endpoint",
    "introspection_endpoint",
    "global_token_revocation_endpoint",
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
    "authorization_response_iss_parameter_supported",
    "scopes_supported",
    "response_types_supported",
    "subject_types_supported",
    "grant_types_supported",
    "id_token_signing_alg_values_supported",
    "dpop_signing_alg_values_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
    "claims_supported",
];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "https://login.example",
            "https://logout.example/x",
            "http://a.example",
            "code",
            "RS256",
            "ES256",
            "S256",
            "{tenantid}"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_document() -> impl Strategy<Value = Value> {
    let named = prop::collection::vec((prop::sample::select(NAMES.to_vec()), any_value()), 0..24);
    let object = named.prop_map(|members| {
        Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    });
    prop_oneof![4 => object, 1 => any_value()]
}

/// A document with which all is well, but for at most two members.
fn nearly_good_document() -> impl Strategy<Value = Value> {
    let good = json!({
        "issuer": "https://login.example",
        "authorization_endpoint": "https://login.example/authorize",
        "token_endpoint": "https://login.example/token",
        "jwks_uri": "https://login.example/jwks",
        "end_session_endpoint": "https://login.example/end_session",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    });
    let names: Vec<String> = good.as_object().unwrap().keys().cloned().collect();
    let value = prop_oneof![Just(Value::Null), Just(json!(false)), any_value()];
    prop::collection::vec((prop::sample::select(names), value), 0..=2).prop_map(move |members| {
        let mut document = good.clone();
        document.as_object_mut().unwrap().extend(members);
        document
    })
}

proptest! {
    #[test]
    fn no_document_and_no_key_set_is_too_much(document in any_document(), jwks in any_value(), asked in any::<String>()) {
        let facts = Facts::read(&document, &asked, KeyFacts::read(jwks.clone()), false);
        let report = Report::of(&facts);
        prop_assert_eq!(report.exit_code, report.outcome.exit_code());
        let json = serde_json::to_value(&report).unwrap();
        prop_assert_eq!(json["ways"].as_array().map(Vec::len), Some(7));

        // Nor a key set with members that may be keys.
        let _ = KeyFacts::read(json!({ "keys": [jwks, { "kty": "RSA", "n": asked, "e": "AQAB" }] }));
    }

    /// Nobody is told that all is well by a document that does not say so.
    #[test]
    fn what_works_is_announced(document in nearly_good_document()) {
        let keys = KeyFacts::Read { rs256: true, es256: true };
        let report = Report::of(&Facts::read(&document, "https://login.example", keys, false));
        let says = |name: &str, value: Value| document[name] == value;
        let is_url = |name: &str| document[name].as_str().is_some_and(|text| text.starts_with("https://"));
        let announced = says("issuer", json!("https://login.example"))
            && says("backchannel_logout_supported", json!(true))
            && says("backchannel_logout_session_supported", json!(true))
            && ["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"].into_iter().all(is_url);
        prop_assert!(announced || report.outcome != Outcome::Works, "{document}");
    }
}
