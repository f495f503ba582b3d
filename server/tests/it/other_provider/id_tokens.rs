//! OpenID Connect Core 1.0 section 3.1.3.7: the ID tokens that App A refuses.

use relying_party::{Algorithm, Clock};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::provider::{Key, OtherProvider, good_id_token, now, signed_by_secret, unsigned};
use crate::browser::{Browser, client};

type Make = fn(&[Key; 2], Value) -> String;

/// A good token but for one claim; null takes it out.
fn with(keys: &[Key; 2], mut claims: Value, name: &str, value: Value) -> String {
    claims[name] = value;
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    good_id_token(keys, &claims)
}

/// The provider announces `none` and HS256 as well, and two keys.
#[tokio::test]
async fn an_id_token_that_breaks_a_rule_signs_nobody_in() {
    let broken: [(&str, Make); 22] = [
        ("alg none", |_, claims| format!("{}.", unsigned(&json!({ "alg": "none" }), &claims))),
        ("alg none, with a signature", |keys, claims| keys[0].sign(&json!({ "alg": "none", "kid": "one" }), &claims)),
        ("the client's secret", |_, claims| signed_by_secret(&claims, "app-a-demo-secret-known-to-everybody")),
        ("no kid among two keys", |keys, claims| keys[0].sign(&json!({ "alg": "ES256" }), &claims)),
        ("an unknown kid", |keys, claims| keys[0].sign(&json!({ "alg": "ES256", "kid": "three" }), &claims)),
        ("the other key's kid", |keys, claims| keys[0].sign(&json!({ "alg": "ES256", "kid": "two" }), &claims)),
        ("no iss", |keys, claims| with(keys, claims, "iss", Value::Null)),
        ("another iss", |keys, claims| with(keys, claims, "iss", json!("https://other.example"))),
        ("no aud", |keys, claims| with(keys, claims, "aud", Value::Null)),
        ("another aud", |keys, claims| with(keys, claims, "aud", json!("app-b"))),
        ("a second aud", |keys, claims| with(keys, claims, "aud", json!(["app-a", "somebody"]))),
        ("another azp", |keys, claims| with(keys, claims, "azp", json!("app-b"))),
        ("an empty azp", |keys, claims| with(keys, claims, "azp", json!(""))),
        ("two azps", |keys, claims| with(keys, claims, "azp", json!(["app-a", "app-b"]))),
        ("a second aud, with our azp", |keys, mut claims| {
            claims["azp"] = json!("app-a");
            with(keys, claims, "aud", json!(["app-a", "somebody"]))
        }),
        ("no sub", |keys, claims| with(keys, claims, "sub", Value::Null)),
        ("no iat", |keys, claims| with(keys, claims, "iat", Value::Null)),
        ("no exp", |keys, claims| with(keys, claims, "exp", Value::Null)),
        ("an exp long past", |keys, claims| with(keys, claims, "exp", json!(1_000_000))),
        ("no nonce", |keys, claims| with(keys, claims, "nonce", Value::Null)),
        ("another nonce", |keys, claims| with(keys, claims, "nonce", json!("guess"))),
        ("another access token's at_hash", |keys, claims| {
            with(keys, claims, "at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"))
        }),
    ];
    let other = OtherProvider::start(json!({})).await;
    for (what, make) in broken {
        other.make_id_tokens(make);
        let mut browser = Browser::new();
        let page = other.sign_in(&mut browser).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{what}: {}", page.body);
        assert!(page.body.contains("role=\"alert\"") && page.body.contains("data-session=\"signed-out\""), "{what}");
        let home = browser.open(&other.parties.app_a).await;
        assert!(home.body.contains("data-session=\"signed-out\""), "{what}");
    }
    // It is the token that was wrong each time.
    other.make_id_tokens(|keys, claims| with(keys, claims, "azp", json!("app-a")));
    let home = other.sign_in(&mut Browser::new()).await;
    assert!(home.body.contains("data-user=\"alice\""), "{}", home.body);
    other.stop().await;
}

/// Clocks differ by less than a minute.
#[tokio::test]
async fn a_minute_is_what_clocks_may_differ_by() {
    let start = now();
    let other = OtherProvider::start_at(json!({}), |_| {}, Clock::manual(start)).await;
    for (exp, iat, is_signed_in) in [
        (start - 59, start - 100, true),
        (start - 60, start - 100, false),
        (start + 300, start + 60, true),
        (start + 300, start + 61, false),
    ] {
        other.make_id_tokens(move |keys, mut claims| {
            claims["exp"] = json!(exp);
            with(keys, claims, "iat", json!(iat))
        });
        let page = other.sign_in(&mut Browser::new()).await;
        assert_eq!(page.body.contains("data-user=\"alice\""), is_signed_in, "{exp} {iat} at {start}: {}", page.body);
    }
    other.stop().await;
}

/// What some providers write otherwise than the specification has it, in claims that nobody's sign-in hangs on.
#[tokio::test]
async fn an_id_token_that_some_providers_make_signs_in() {
    let unusual: [(&str, Make); 4] = [
        ("a date in words", |keys, claims| with(keys, claims, "updated_at", json!("2026-11-22T18:50:00.123Z"))),
        ("a boolean in words", |keys, claims| with(keys, claims, "email_verified", json!("true"))),
        ("another one", |keys, claims| with(keys, claims, "phone_number_verified", json!("false"))),
        ("a date with fractions", |keys, claims| with(keys, claims, "updated_at", json!(1_790_000_000.5))),
    ];
    let other = OtherProvider::start(json!({})).await;
    for (what, make) in unusual {
        other.make_id_tokens(make);
        let home = other.sign_in(&mut Browser::new()).await;
        assert!(home.body.contains("data-user=\"alice\""), "{what}: {}", home.body);
    }
    other.stop().await;
}

/// A provider that has changed its key, and whose tokens do not say so by a new `kid`.
#[tokio::test]
async fn a_changed_key_is_fetched_where_no_kid_tells_of_it() {
    for (what, kid) in [("no kid", None), ("the old key's kid", Some("one"))] {
        let other = OtherProvider::start(json!({})).await;
        let (key, mut header) = (Key::new("one"), json!({ "alg": "ES256" }));
        let mut jwk = key.jwk();
        match kid {
            Some(kid) => header["kid"] = json!(kid),
            None => drop(jwk.as_object_mut().unwrap().remove("kid")),
        }
        other.publish(&[jwk]);
        other.make_id_tokens(move |_, claims| key.sign(&header, &claims));
        let home = other.sign_in(&mut Browser::new()).await;
        assert!(home.body.contains("data-user=\"alice\""), "{what}: {}", home.body);
        other.stop().await;
    }
}

#[tokio::test]
async fn a_token_response_without_end_is_not_read() {
    let other = OtherProvider::start(json!({})).await;
    other.change_tokens(|tokens| tokens["more"] = json!("x".repeat(300_000)));
    let page = other.sign_in(&mut Browser::new()).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{}", page.body);
    other.stop().await;
}

/// App A could never be told of the end of such a session.
#[tokio::test]
async fn a_session_that_no_sign_out_can_name_does_not_begin() {
    let unnameable: [(&str, Make); 6] = [
        ("an empty sid", |keys, claims| with(keys, claims, "sid", json!(""))),
        ("a long sid", |keys, claims| with(keys, claims, "sid", json!("s".repeat(513)))),
        ("a sid of two lines", |keys, claims| with(keys, claims, "sid", json!("a\nb"))),
        ("an empty sub", |keys, claims| with(keys, claims, "sub", json!(""))),
        ("a long sub", |keys, claims| with(keys, claims, "sub", json!("a".repeat(256)))),
        ("a sub of two lines", |keys, claims| with(keys, claims, "sub", json!("a\nb"))),
    ];
    let other = OtherProvider::start(json!({})).await;
    for (what, make) in unnameable {
        other.make_id_tokens(make);
        let page = other.sign_in(&mut Browser::new()).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{what}: {}", page.body);
        assert!(page.body.contains("could never be ended again"), "{what}: {}", page.body);
    }
    let longest: [(&str, Make); 2] = [
        ("sid", |keys, claims| with(keys, claims, "sid", json!("s".repeat(512)))),
        ("sub", |keys, claims| with(keys, claims, "sub", json!("a".repeat(255)))),
    ];
    for (what, make) in longest {
        other.make_id_tokens(make);
        let home = other.sign_in(&mut Browser::new()).await;
        assert!(home.body.contains("data-session=\"signed-in\""), "{what}: {}", home.body);
    }
    other.stop().await;
}

/// BCL-31
#[tokio::test]
async fn an_algorithm_that_was_agreed_on_is_the_only_one() {
    for (agreed, status, is_signed_in) in
        [(Algorithm::ES256, StatusCode::OK, true), (Algorithm::RS256, StatusCode::BAD_REQUEST, false)]
    {
        let other = OtherProvider::start_with(json!({}), |config| {
            config.app_a.as_mut().unwrap().id_token_signed_response_alg = Some(agreed);
        })
        .await;
        let page = other.sign_in(&mut Browser::new()).await;
        assert_eq!(page.body.contains("data-session=\"signed-in\""), is_signed_in, "{agreed:?}: {}", page.body);
        let form = [("logout_token", other.logout_token("app-a", "s1"))];
        let answer = client().post(format!("{}/logout/back-channel", other.parties.app_a)).form(&form).send().await;
        assert_eq!(answer.unwrap().status(), status, "{agreed:?}");
        other.stop().await;
    }
}
