use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;

struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        })
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let input = format!("{header}.{claims}");
        let signature = self.0.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

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
    let (key, other) = (Key::new(), Key::new());
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()});
    let claims = json!({"jti": "j1", "htm": "POST", "htu": "https://op.example/token", "iat": NOW, "nonce": "n"});
    let proof = Proof::verify(&key.sign(&header, &claims), &expected(None)).unwrap();
    assert_eq!((proof.jti.as_str(), proof.nonce.as_deref(), proof.jkt.len()), ("j1", Some("n"), 43));
    // Nobody has to ask for a nonce that the provider did not ask for; whether it did is not seen here.
    assert!(
        Proof::verify(&key.sign(&header, &merged(claims.clone(), &json!({"nonce": null}))), &expected(None)).is_ok()
    );

    let with = |name: &str, value: Value| merged(key.jwk(), &json!({name: value}));
    let headers = [
        (json!({"typ": null}), DpopError::Typ),
        (json!({"typ": "JWT"}), DpopError::Typ),
        (json!({"alg": "none"}), DpopError::Alg),
        (json!({"alg": "HS256"}), DpopError::Alg),
        (json!({"alg": "RS256"}), DpopError::Alg),
        (json!({"crit": ["x"]}), DpopError::Malformed),
        (json!({"jwk": null}), DpopError::Key),
        (json!({"jwk": other.jwk()}), DpopError::Signature),
        (json!({"jwk": with("d", json!("AAAA"))}), DpopError::Key),
        (json!({"jwk": with("crv", json!("P-384"))}), DpopError::Key),
        (json!({"jwk": with("kty", json!("oct"))}), DpopError::Key),
        (json!({"jwk": with("x", json!("AAAA"))}), DpopError::Key),
        (json!({"jwk": with("y", json!(null))}), DpopError::Key),
        // 32 bytes, but no point on the curve.
        (json!({"jwk": with("x", json!("A".repeat(43)))}), DpopError::Signature),
    ];
    for (change, error) in headers {
        let proof = key.sign(&merged(header.clone(), &change), &claims);
        assert_eq!(Proof::verify(&proof, &expected(None)), Err(error), "{change}");
    }
    let changes = [
        (json!({"jti": null}), DpopError::Malformed),
        (json!({"jti": ""}), DpopError::Malformed),
        (json!({"jti": "x".repeat(257)}), DpopError::Malformed),
        (json!({"htm": null}), DpopError::Malformed),
        (json!({"htm": "GET"}), DpopError::Method),
        (json!({"htm": "post"}), DpopError::Method),
        (json!({"htu": null}), DpopError::Malformed),
        (json!({"htu": "/token"}), DpopError::Url),
        (json!({"htu": "https://op.example/userinfo"}), DpopError::Url),
        (json!({"htu": "https://op.example:444/token"}), DpopError::Url),
        (json!({"htu": "http://op.example/token"}), DpopError::Url),
        (json!({"iat": null}), DpopError::Malformed),
        (json!({"iat": "now"}), DpopError::Malformed),
        (json!({"iat": NOW - WINDOW - 1}), DpopError::Time),
        (json!({"iat": NOW + WINDOW + 1}), DpopError::Time),
        (json!({"nonce": 7}), DpopError::Malformed),
    ];
    for (change, error) in changes {
        let proof = key.sign(&header, &merged(claims.clone(), &change));
        assert_eq!(Proof::verify(&proof, &expected(None)), Err(error), "{change}");
    }
    for change in [
        json!({"htu": "https://op.example:443/token?a=b#c"}),
        json!({"htu": "HTTPS://OP.example/./token"}),
        json!({"iat": NOW - WINDOW}),
        json!({"iat": NOW + WINDOW}),
        json!({"unknown": true}),
    ] {
        let proof = key.sign(&header, &merged(claims.clone(), &change));
        assert!(Proof::verify(&proof, &expected(None)).is_ok(), "{change}");
    }
}

/// RFC 9449 section 4.2: a proof is of one access token.
#[test]
fn a_proof_names_the_token_that_it_comes_with() {
    let key = Key::new();
    let header = json!({"typ": "DPoP+JWT", "alg": "ES256", "jwk": key.jwk()});
    let claims = json!({"jti": "j1", "htm": "POST", "htu": "https://op.example/token", "iat": NOW});
    let of = |token: &str| json!({"ath": URL_SAFE_NO_PAD.encode(Sha256::digest(token))});
    for (change, good) in [(of("token"), true), (of("other"), false), (json!({}), false), (json!({"ath": ""}), false)] {
        let proof = Proof::verify(&key.sign(&header, &merged(claims.clone(), &change)), &expected(Some("token")));
        assert_eq!(proof.err(), (!good).then_some(DpopError::AccessToken), "{change}");
    }
}

#[test]
fn what_is_no_jwt_is_no_proof() {
    let key = Key::new();
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()});
    let claims = json!({"jti": "j1", "htm": "POST", "htu": "https://op.example/token", "iat": NOW});
    let good = key.sign(&header, &claims);
    let array = key.sign(&json!(["dpop+jwt", "ES256", key.jwk(), null]), &claims);
    let long = key.sign(&header, &merged(claims, &json!({"x": "x".repeat(LONGEST)})));
    for proof in ["", "a", "a.b.c", "..", &good[1..], &format!("{good}.x"), &array, &long] {
        assert_eq!(Proof::verify(proof, &expected(None)), Err(DpopError::Malformed), "{proof}");
    }
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    assert_eq!(Proof::verify(&format!("{unsigned}."), &expected(None)), Err(DpopError::Signature));
}
