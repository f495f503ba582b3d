use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::*;

const NOW: u64 = 1_790_000_000;

fn expected() -> Expected<'static> {
    Expected { issuer: "http://localhost:4000", client_id: "app-b", nonce: Nonce::Sent("n1"), now: NOW }
}

fn claims(change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = json!({
        "iss": "http://localhost:4000", "sub": "u1", "aud": "app-b", "exp": NOW + 300, "iat": NOW, "nonce": "n1",
        "auth_time": NOW - 50, "sid": "s1", "preferred_username": "alice",
    });
    change(&mut claims);
    claims
}

fn token(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    format!("{}.{}.c2ln", part(header), part(claims))
}

fn judge(claims: &Value) -> Result<Identity, IdTokenError> {
    let (_, claims) = decode(&token(&json!({"alg": "RS256"}), claims)).ok_or(IdTokenError::Malformed)?;
    let claims = Object::of(&claims).and_then(Claims::read).ok_or(IdTokenError::Malformed)?;
    check(&claims, &expected())?;
    Ok(claims.identity())
}

#[test]
fn a_valid_token_names_the_session() {
    let identity = judge(&claims(|_| {})).unwrap();
    assert_eq!(identity.preferred_username.as_deref(), Some("alice"));
    let session = SessionRef {
        iss: "http://localhost:4000".to_owned(),
        sid: Some("s1".to_owned()),
        sub: "u1".to_owned(),
        auth_time: NOW - 50,
    };
    assert_eq!(identity.session, session);

    let sparse = judge(&claims(|claims| {
        for name in ["auth_time", "sid", "preferred_username"] {
            claims.as_object_mut().unwrap().remove(name);
        }
    }))
    .unwrap();
    assert_eq!((sparse.session.sid, sparse.session.auth_time), (None, NOW));
}

#[test]
fn what_cannot_be_read_names_no_session() {
    let header = json!({"alg": "RS256"});
    assert!(has_sid(&token(&header, &claims(|_| {}))));
    let without = claims(|claims| drop(claims.as_object_mut().unwrap().remove("sid")));
    let of_a_number = claims(|claims| claims["sid"] = json!(7));
    let jwts = [token(&header, &without), token(&header, &of_a_number), "opaque".to_owned(), String::new()];
    for jwt in &jwts {
        assert!(!has_sid(jwt), "{jwt}");
    }
}

#[test]
fn each_rule_refuses_alone() {
    use IdTokenError as E;
    let table = [
        ("iss", json!("http://localhost:4000/"), E::Issuer),
        ("aud", json!("app-a"), E::Audience),
        ("aud", json!([]), E::Audience),
        ("aud", json!(["app-b", "app-a"]), E::Audience),
        ("azp", json!("app-a"), E::AuthorizedParty),
        ("exp", json!(NOW - SKEW), E::Expired),
        ("iat", json!(NOW + SKEW + 1), E::IssuedAt),
        ("iat", json!(NOW - MAX_AGE - 1), E::IssuedAt),
        ("nonce", json!("n2"), E::Nonce),
        ("nonce", Value::Null, E::Nonce),
        ("sub", json!(""), E::Malformed),
        ("sub", Value::Null, E::Malformed),
        ("aud", json!(7), E::Audience),
        ("aud", json!([7]), E::Audience),
        ("exp", json!("soon"), E::Malformed),
    ];
    for (name, value, error) in table {
        let claims = claims(|claims| claims[name] = value.clone());
        assert_eq!(judge(&claims), Err(error), "{name} = {value}");
    }
}

#[test]
fn what_the_rules_allow_is_accepted() {
    let table = [
        ("aud", json!(["app-b"])),
        ("azp", json!("app-b")),
        ("exp", json!(NOW - SKEW + 1)),
        ("iat", json!(NOW + SKEW)),
        ("iat", json!(NOW - MAX_AGE)),
    ];
    for (name, value) in table {
        assert!(judge(&claims(|claims| claims[name] = value.clone())).is_ok(), "{name} = {value}");
    }
    let several = claims(|claims| {
        claims["aud"] = json!(["app-b", "app-a"]);
        claims["azp"] = json!("app-b");
    });
    assert_eq!(judge(&several), Err(IdTokenError::Audience), "3: an audience that this app does not trust");
}

/// Without `auth_time`, a renewed token says when it was issued, which is another time than the first one's.
#[test]
fn a_renewed_token_without_auth_time_is_of_the_same_session() {
    let first = claims(|claims| claims["auth_time"] = Value::Null);
    let renewed = claims(|claims| {
        claims["auth_time"] = Value::Null;
        claims["iat"] = json!(NOW + 30);
    });
    for sid in [json!("s1"), Value::Null] {
        let with = |token: &Value| {
            let mut token = token.clone();
            token["sid"] = sid.clone();
            judge(&token).unwrap()
        };
        let session = with(&first).session;
        assert!(with(&renewed).is_of(&session), "{sid}");
        let mut other = renewed.clone();
        other["sub"] = json!("u2");
        assert!(!with(&other).is_of(&session), "{sid}");
    }
    let later = claims(|claims| (claims["sid"], claims["auth_time"]) = (Value::Null, json!(NOW - 10)));
    let session = judge(&claims(|claims| claims["sid"] = Value::Null)).unwrap().session;
    assert!(!judge(&later).unwrap().is_of(&session), "another sign-in of the user, where there is no sid");
}

#[test]
fn what_is_no_signed_jwt_is_refused() {
    for text in ["", "a.b", "a.b.c", "e30.e30", "e30.e30.c2ln.x", "e30=.e30.c2ln"] {
        assert!(decode(text).is_none(), "{text}");
    }
    for alg in ["none", "None", "HS256", "EdDSA", ""] {
        assert_eq!(digest_name(alg), Err(IdTokenError::Algorithm), "{alg}");
    }
}

/// Core section 12.2.
#[test]
fn after_a_renewal_the_nonce_is_absent_or_the_first_one() {
    let first = token(&json!({"alg": "RS256"}), &claims(|_| {}));
    let renewed = Nonce::AbsentOrOf(&first);
    assert!(renewed.accepts(None) && renewed.accepts(Some("n1")) && !renewed.accepts(Some("n2")));
    let without = token(&json!({"alg": "RS256"}), &claims(|claims| claims["nonce"] = Value::Null));
    assert!(!Nonce::AbsentOrOf(&without).accepts(Some("n1")));
    assert!(!Nonce::AbsentOrOf("").accepts(Some("n1")) && !Nonce::Sent("n1").accepts(None));
}

/// The access token and `at_hash` of Core appendix A.4.
#[test]
fn at_hash_is_the_left_half_of_the_digest() {
    let digest = Sha256::digest("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
    assert!(at_hash_matches("77QmUPtjPfzWtF2AnpK9RQ", &digest));
    assert!(!at_hash_matches("77QmUPtjPfzWtF2AnpK9RA", &digest));
    assert!(!at_hash_matches("", &digest));
}
