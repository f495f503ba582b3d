//! The rules of Back-Channel Logout 1.0 section 2.6, one test each: what breaks the rule, and nothing else, is refused.

use std::sync::LazyLock;

use relying_party::logout_token::{Expected, verify};
use relying_party::{Algorithm, Channel, Jwks, LogoutTokenError, VerifiedLogoutToken};
use serde_json::{Value, json};

use crate::support::{CLIENT_ID, NOW, TestKey, base64url, unsigned};

const ISSUER: &str = "https://op.example";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

static KEY: LazyLock<TestKey> = LazyLock::new(|| TestKey::es256("k1"));

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 120, "jti": "t1",
        "sub": "alice", "sid": "s1", "toe": NOW - 1, "events": { EVENT: {} },
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(names: &[&str]) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().unwrap();
    members.retain(|name, _| !names.contains(&name.as_str()));
    claims
}

fn verify_text(token: &str) -> Result<VerifiedLogoutToken, LogoutTokenError> {
    let algorithms = [Algorithm::RS256, Algorithm::ES256];
    let expected = Expected { issuer: ISSUER, client_id: CLIENT_ID, algorithms: &algorithms };
    verify(token, &KEY.keys(), &expected, NOW)
}

fn verify_claims(claims: &Value) -> Result<VerifiedLogoutToken, LogoutTokenError> {
    verify_text(&KEY.sign("logout+jwt", claims))
}

fn refused(claims: &Value, error: LogoutTokenError) {
    assert_eq!(verify_claims(claims).expect_err("refused"), error, "{claims}");
}

/// BCL-14..20, BCL-23, BCL-26: tokens of any provider, by `sid`, by `sub`, by both.
#[test]
fn good_tokens_of_many_providers() {
    let everything = verify_claims(&claims()).expect("everything");
    let event = everything.event();
    assert_eq!((event.iss.as_str(), event.sid.as_deref(), event.sub.as_deref()), (ISSUER, Some("s1"), Some("alice")));
    assert_eq!((event.channel, event.not_before, everything.jti()), (Channel::BackChannel, NOW - 1, "t1"));

    let by_sub = verify_claims(&without(&["sid", "toe"])).expect("by sub, without toe").event();
    assert_eq!((by_sub.sid, by_sub.sub.as_deref(), by_sub.not_before), (None, Some("alice"), NOW));
    let by_sid = verify_claims(&without(&["sub", "exp"])).expect("by sid, without exp").event();
    assert_eq!((by_sid.sid.as_deref(), by_sid.sub), (Some("s1"), None));

    verify_claims(&with("aud", json!(["another", CLIENT_ID]))).expect("aud among others");
    verify_claims(&with("something_new", json!({"a": [1]}))).expect("a claim that is not understood");
    verify_claims(&with("events", json!({ EVENT: {"a": 1}, "https://example/else": 7 }))).expect("more in events");
    for typ in ["logout+jwt", "application/logout+jwt", "Logout+JWT", "JWT", "jwt"] {
        verify_text(&KEY.sign(typ, &claims())).expect(typ);
    }
    let untyped = json!({"alg": "ES256", "kid": "k1"}).to_string();
    verify_text(&KEY.sign_text(&untyped, &claims().to_string())).expect("no typ");
    let unnamed = json!({"alg": "ES256"}).to_string();
    verify_text(&KEY.sign_text(&unnamed, &claims().to_string())).expect("no kid, one key");
}

/// BCL-24, BCL-30: RS256, which every provider has.
#[test]
fn an_rsa_key_verifies_as_well() {
    let key = TestKey::rs256("r1");
    let expected = Expected { issuer: ISSUER, client_id: CLIENT_ID, algorithms: &[Algorithm::RS256] };
    let token = key.sign("logout+jwt", &claims());
    verify(&token, &key.keys(), &expected, NOW).expect("RS256");
    let expected = Expected { algorithms: &[Algorithm::ES256], ..expected };
    assert_eq!(verify(&token, &key.keys(), &expected, NOW).expect_err("not allowed"), LogoutTokenError::Algorithm);
}

/// BCL-29
#[test]
fn rule_1_an_encrypted_token_was_not_agreed_on() {
    let five_parts = format!("{}.a.b.c.d", base64url(r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#));
    assert_eq!(verify_text(&five_parts).expect_err("encrypted"), LogoutTokenError::Encrypted);
}

/// BCL-30
#[test]
fn rule_2_the_signature_is_the_providers() {
    let forged = TestKey::es256("k1").sign("logout+jwt", &claims());
    assert_eq!(verify_text(&forged).expect_err("another key of that name"), LogoutTokenError::Signature);

    let good = KEY.sign("logout+jwt", &claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let other = base64url(&with("sub", json!("bob")).to_string());
    let swapped = format!("{header}.{other}.{signature}");
    assert_eq!(verify_text(&swapped).expect_err("another payload"), LogoutTokenError::Signature);
    assert_eq!(verify_text(&format!("{message}.")).expect_err("no signature"), LogoutTokenError::Signature);
}

/// BCL-39: distinct, because it is worth one fetch.
#[test]
fn rule_2_an_unknown_key_is_told_apart() {
    let unknown = TestKey::es256("k2").sign("logout+jwt", &claims());
    assert_eq!(verify_text(&unknown).expect_err("unknown kid"), LogoutTokenError::UnknownKey);
    let unnamed = TestKey::es256("k1").sign_text(r#"{"alg":"ES256"}"#, &claims().to_string());
    assert_eq!(verify_text(&unnamed).expect_err("no kid, another key"), LogoutTokenError::UnknownKey);
}

/// Of the keys without a `kid` eight that can be the token's are tried; others of the set do not count.
#[test]
fn rule_2_without_a_kid_eight_keys_are_tried() {
    let unnamed = |key: &TestKey, extra: Value| {
        let mut jwk = key.jwk();
        let members = jwk.as_object_mut().unwrap();
        members.remove("kid");
        members.extend(extra.as_object().unwrap().clone());
        jwk
    };
    let token = KEY.sign_text(r#"{"alg":"ES256"}"#, &claims().to_string());
    let expected = Expected { issuer: ISSUER, client_id: CLIENT_ID, algorithms: &[Algorithm::ES256] };
    let with_keys = |before: &[Value]| {
        let keys = [before, &[unnamed(&KEY, json!({}))]].concat();
        verify(&token, &Jwks::parse(json!({ "keys": keys })).unwrap().keys, &expected, NOW)
    };
    let mut keys = vec![unnamed(&TestKey::rs256(""), json!({})), unnamed(&KEY, json!({"use": "enc"}))];
    keys.extend((0..7).map(|_| unnamed(&TestKey::es256(""), json!({}))));
    with_keys(&keys).expect("the eighth that it can be");
    keys.push(unnamed(&TestKey::es256(""), json!({})));
    assert_eq!(with_keys(&keys).expect_err("the ninth"), LogoutTokenError::UnknownKey);
}

/// BCL-31
#[test]
fn rule_3_neither_none_nor_a_shared_secret() {
    for alg in ["none", "None", "NONE", "HS256", "HS512", "ES512", ""] {
        let token = unsigned(&json!({"alg": alg, "kid": "k1"}), &claims());
        assert_eq!(verify_text(&token).expect_err(alg), LogoutTokenError::Algorithm, "{alg}");
    }
    // Allowed by the settings, but not what this key is for.
    let confused = KEY.sign_text(r#"{"alg":"RS256","kid":"k1"}"#, &claims().to_string());
    assert_eq!(verify_text(&confused).expect_err("an EC key as RSA"), LogoutTokenError::Algorithm);
}

/// BCL-32
#[test]
fn rule_4_iss_is_our_provider() {
    for iss in [
        json!("https://evil.example"),
        json!("https://op.example/"),
        json!("HTTPS://op.example"),
        json!([ISSUER]),
        json!(null),
    ] {
        refused(&with("iss", iss), LogoutTokenError::Issuer);
    }
    refused(&without(&["iss"]), LogoutTokenError::Issuer);
}

/// BCL-32
#[test]
fn rule_4_aud_names_us() {
    for aud in [json!("another"), json!(["another"]), json!([]), json!(""), json!(null), json!({ CLIENT_ID: true })] {
        refused(&with("aud", aud), LogoutTokenError::Audience);
    }
    refused(&without(&["aud"]), LogoutTokenError::Audience);
}

/// BCL-32
#[test]
fn rule_4_iat_is_now() {
    for iat in [json!("1800000000"), json!(null), json!(-1), json!(1e300), json!({})] {
        refused(&with("iat", iat), LogoutTokenError::IssuedAt);
    }
    refused(&without(&["iat"]), LogoutTokenError::IssuedAt);
    verify_claims(&with("iat", json!(NOW + 60))).expect("a clock that is ahead");
    refused(&with("iat", json!(NOW + 61)), LogoutTokenError::IssuedInFuture);

    let issued_ago = |seconds: u64| with("iat", json!(NOW - seconds));
    verify_claims(&issued_ago(3_600)).expect("an hour ago, not expired");
    refused(&issued_ago(3_660), LogoutTokenError::TooOld);
    let without_exp = |seconds: u64| {
        let mut claims = without(&["exp"]);
        claims["iat"] = json!(NOW - seconds);
        claims
    };
    verify_claims(&without_exp(179)).expect("two minutes and the clocks' difference");
    refused(&without_exp(180), LogoutTokenError::TooOld);
}

/// BCL-32
#[test]
fn rule_4_exp_is_ahead() {
    verify_claims(&with("exp", json!(NOW - 59))).expect("a clock that is behind");
    refused(&with("exp", json!(NOW - 60)), LogoutTokenError::Expired);
    for exp in [json!("1800000120"), json!(null), json!(-1)] {
        refused(&with("exp", exp), LogoutTokenError::Expired);
    }
}

/// BCL-18
#[test]
fn jti_is_there() {
    for jti in [json!(""), json!(7), json!(null), json!("x".repeat(513))] {
        refused(&with("jti", jti), LogoutTokenError::JwtId);
    }
    refused(&without(&["jti"]), LogoutTokenError::JwtId);
}

/// BCL-33
#[test]
fn rule_5_sub_or_sid_or_both() {
    refused(&without(&["sub", "sid"]), LogoutTokenError::NoSubject);
    for name in ["sub", "sid"] {
        for value in [json!(""), json!(7), json!(null), json!(["s1"]), json!("x".repeat(513)), json!("a\u{0}b")] {
            refused(&with(name, value), LogoutTokenError::Subject);
        }
    }
}

/// BCL-34
#[test]
fn rule_6_events_say_logout() {
    for events in [
        json!({}),
        json!(null),
        json!(EVENT),
        json!([EVENT]),
        json!({ "http://schemas.openid.net/event/backchannel-logout/": {} }),
        json!({ "https://schemas.openid.net/event/backchannel-logout": {} }),
        json!({ EVENT: null }),
        json!({ EVENT: true }),
        json!({ EVENT: [] }),
        json!({ EVENT: "{}" }),
    ] {
        refused(&with("events", events), LogoutTokenError::Events);
    }
    refused(&without(&["events"]), LogoutTokenError::Events);
}

/// BCL-35, BCL-28
#[test]
fn rule_7_no_nonce_whatever_its_value() {
    for nonce in [json!("n"), json!(""), json!(null), json!(false)] {
        refused(&with("nonce", nonce), LogoutTokenError::Nonce);
    }
}

/// BCL-38, BCL-28
#[test]
fn another_kind_of_token_is_none() {
    for typ in ["at+jwt", "application/at+jwt", "secevent+jwt", "dpop+jwt", "command+jwt", "JWE", ""] {
        let token = KEY.sign(typ, &claims());
        assert_eq!(verify_text(&token).expect_err(typ), LogoutTokenError::Type, "{typ}");
    }
    let id_token = json!({
        "iss": ISSUER, "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 120, "jti": "t1", "sub": "alice", "sid": "s1",
        "auth_time": NOW, "nonce": "n",
    });
    assert_eq!(verify_text(&KEY.sign("JWT", &id_token)).expect_err("an ID token"), LogoutTokenError::Events);
}

/// RFC 8417 section 2.2
#[test]
fn toe_is_the_instant_and_never_after_iat() {
    let not_before = |toe: Value| verify_claims(&with("toe", toe)).map(|token| token.event().not_before);
    assert_eq!(not_before(json!(NOW - 30)), Ok(NOW - 30));
    assert_eq!(not_before(json!(NOW as f64 - 0.5)), Ok(NOW - 1));
    assert_eq!(not_before(json!(NOW * 10)), Ok(NOW), "a wrong unit must not end the sign-ins to come");
    for toe in [json!("now"), json!(null), json!(-1)] {
        refused(&with("toe", toe), LogoutTokenError::TimeOfEvent);
    }
}

#[test]
fn what_is_no_token_is_refused_without_a_panic() {
    let header = r#"{"alg":"ES256","kid":"k1"}"#;
    let twice = claims().to_string().replacen('{', r#"{"sid":"s2","#, 1);
    for token in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        "a.b.c".into(),
        "\u{0}.\u{0}.\u{0}".into(),
        format!("{}.{}.", base64url("[]"), base64url("{}")),
        format!("{}.e30.", base64url(r#"{"alg":"ES256","alg":"none"}"#)),
        KEY.sign_text(r#"{"alg":"ES256","kid":"k1","crit":["b64"],"b64":false}"#, &claims().to_string()),
        KEY.sign_text(header, ""),
        KEY.sign_text(header, "null"),
        KEY.sign_text(header, "[]"),
        KEY.sign_text(r#"["ES256","k1",null]"#, &claims().to_string()),
        KEY.sign_text(header, &format!("{}{}", "[".repeat(5_000), "]".repeat(5_000))),
        KEY.sign_text(header, &twice),
        format!("{}=", KEY.sign("logout+jwt", &claims())),
    ] {
        let error = verify_text(&token).expect_err(&token);
        assert!(matches!(error, LogoutTokenError::Malformed | LogoutTokenError::Signature), "{token}: {error}");
    }
    let long = KEY.sign("logout+jwt", &with("padding", json!("x".repeat(16_000))));
    assert_eq!(verify_text(&long).expect_err("long"), LogoutTokenError::TooLarge);
}
