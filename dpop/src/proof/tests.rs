use serde_json::json;

use super::*;
use crate::{Key, Request};

const NOW: u64 = 1_800_000_000;

fn expected(access_token: Option<&str>) -> Expected<'_> {
    Expected { method: "POST", url: "https://op.example/token", access_token, now: NOW }
}

fn merged(mut base: Value, change: &Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(base.as_object_mut().unwrap().remove(name)),
            value => base[name] = value.clone(),
        }
    }
    base
}

/// RFC 9449 section 4.3, check by check.
#[test]
fn each_check_fails_alone() {
    let (key, other) = (Key::generate().unwrap(), Key::generate().unwrap());
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()});
    let claims = json!({"jti": "j1", "htm": "POST", "htu": "https://op.example/token", "iat": NOW, "nonce": "n"});
    let proof = Proof::verify(&key.sign(&header, &claims).unwrap(), &expected(None)).unwrap();
    assert_eq!((proof.jti.as_str(), proof.nonce.as_deref(), proof.jkt.len()), ("j1", Some("n"), 43));
    // Nobody has to ask for a nonce that the provider did not ask for; whether it did is not seen here.
    assert!(
        Proof::verify(&key.sign(&header, &merged(claims.clone(), &json!({"nonce": null}))).unwrap(), &expected(None))
            .is_ok()
    );

    let with = |name: &str, value: Value| merged(key.jwk(), &json!({name: value}));
    let headers = [
        (json!({"typ": null}), ProofError::Typ),
        (json!({"typ": "JWT"}), ProofError::Typ),
        (json!({"alg": "none"}), ProofError::Alg),
        (json!({"alg": "HS256"}), ProofError::Alg),
        (json!({"alg": "RS256"}), ProofError::Alg),
        (json!({"crit": ["x"]}), ProofError::Malformed),
        (json!({"jwk": null}), ProofError::Key),
        (json!({"jwk": other.jwk()}), ProofError::Signature),
        (json!({"jwk": with("d", json!("AAAA"))}), ProofError::Key),
        (json!({"jwk": with("crv", json!("P-384"))}), ProofError::Key),
        (json!({"jwk": with("kty", json!("oct"))}), ProofError::Key),
        (json!({"jwk": with("x", json!("AAAA"))}), ProofError::Key),
        (json!({"jwk": with("y", json!(null))}), ProofError::Key),
        // 32 bytes, but no point on the curve.
        (json!({"jwk": with("x", json!("A".repeat(43)))}), ProofError::Signature),
    ];
    for (change, error) in headers {
        let proof = key.sign(&merged(header.clone(), &change), &claims).unwrap();
        assert_eq!(Proof::verify(&proof, &expected(None)), Err(error), "{change}");
    }
    let changes = [
        (json!({"jti": null}), ProofError::Malformed),
        (json!({"jti": ""}), ProofError::Malformed),
        (json!({"jti": "x".repeat(257)}), ProofError::Malformed),
        (json!({"htm": null}), ProofError::Malformed),
        (json!({"htm": "GET"}), ProofError::Method),
        (json!({"htm": "post"}), ProofError::Method),
        (json!({"htu": null}), ProofError::Malformed),
        (json!({"htu": "/token"}), ProofError::Url),
        (json!({"htu": "https://op.example/userinfo"}), ProofError::Url),
        (json!({"htu": "https://op.example:444/token"}), ProofError::Url),
        (json!({"htu": "http://op.example/token"}), ProofError::Url),
        (json!({"iat": null}), ProofError::Malformed),
        (json!({"iat": "now"}), ProofError::Malformed),
        (json!({"iat": NOW - WINDOW - 1}), ProofError::Time),
        (json!({"iat": NOW + WINDOW + 1}), ProofError::Time),
        (json!({"nonce": 7}), ProofError::Malformed),
    ];
    for (change, error) in changes {
        let proof = key.sign(&header, &merged(claims.clone(), &change)).unwrap();
        assert_eq!(Proof::verify(&proof, &expected(None)), Err(error), "{change}");
    }
    for change in [
        json!({"htu": "https://op.example:443/token?a=b#c"}),
        json!({"htu": "HTTPS://OP.example/./token"}),
        json!({"iat": NOW - WINDOW}),
        json!({"iat": NOW + WINDOW}),
        json!({"unknown": true}),
    ] {
        let proof = key.sign(&header, &merged(claims.clone(), &change)).unwrap();
        assert!(Proof::verify(&proof, &expected(None)).is_ok(), "{change}");
    }
}

/// What one side makes the other accepts, and learns which key it was.
#[test]
fn a_key_proves_itself() {
    let key = Key::generate().unwrap();
    let url = "https://op.example/token";
    let request = Request { method: "POST", url, access_token: Some("token"), nonce: Some("n"), now: NOW };
    let proof = Proof::verify(&key.prove(&request).unwrap(), &expected(Some("token"))).unwrap();
    assert_eq!((proof.jkt, proof.nonce.as_deref()), (key.thumbprint(), Some("n")));
    let again = Proof::verify(&key.prove(&request).unwrap(), &expected(Some("token"))).unwrap();
    assert_ne!(again.jti, proof.jti);
    assert!(!format!("{key:?}").contains("pair"));
}

/// RFC 9449 section 4.2: a proof is of one access token.
#[test]
fn a_proof_names_the_token_that_it_comes_with() {
    let key = Key::generate().unwrap();
    let header = json!({"typ": "DPoP+JWT", "alg": "ES256", "jwk": key.jwk()});
    let claims = json!({"jti": "j1", "htm": "POST", "htu": "https://op.example/token", "iat": NOW});
    let of = |token: &str| json!({"ath": URL_SAFE_NO_PAD.encode(Sha256::digest(token))});
    for (change, good) in [(of("token"), true), (of("other"), false), (json!({}), false), (json!({"ath": ""}), false)] {
        let proof =
            Proof::verify(&key.sign(&header, &merged(claims.clone(), &change)).unwrap(), &expected(Some("token")));
        assert_eq!(proof.err(), (!good).then_some(ProofError::AccessToken), "{change}");
    }
}

#[test]
fn what_is_no_jwt_is_no_proof() {
    let key = Key::generate().unwrap();
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()});
    let claims = json!({"jti": "j1", "htm": "POST", "htu": "https://op.example/token", "iat": NOW});
    let good = key.sign(&header, &claims).unwrap();
    let array = key.sign(&json!(["dpop+jwt", "ES256", key.jwk(), null]), &claims).unwrap();
    let long = key.sign(&header, &merged(claims, &json!({"x": "x".repeat(LONGEST)}))).unwrap();
    for proof in ["", "a", "a.b.c", "..", &good[1..], &format!("{good}.x"), &array, &long] {
        assert_eq!(Proof::verify(proof, &expected(None)), Err(ProofError::Malformed), "{proof}");
    }
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    assert_eq!(Proof::verify(&format!("{unsigned}."), &expected(None)), Err(ProofError::Signature));
}
