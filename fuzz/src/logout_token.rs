//! Logout tokens, verified with a fixed key at a fixed time.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use relying_party::logout_token::{Expected, verify};
use relying_party::{Algorithm, Jwks, Keys, VerifiedLogoutToken};
use serde_json::{Value, json};

const ISSUER: &str = "https://op.example";
const CLIENT_ID: &str = "app-b";
const NOW: u64 = 1_800_000_000;
const CLOCK_SKEW: f64 = 60.0;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const HEADER: &str = r#"{"alg":"ES256","kid":"k1","typ":"logout+jwt"}"#;

/// The key of RFC 7515 appendix A.3.1, which is no secret: so seeds with a good signature can be kept.
const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let key = json!({ "kty": "EC", "crv": "P-256", "kid": "k1", "x": X, "y": Y });
    Jwks::parse(json!({ "keys": [key] })).expect("a key set").keys
});

static PUBLIC: LazyLock<Vec<u8>> = LazyLock::new(|| [vec![4], decode(X), decode(Y)].concat());

static PAIR: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &decode(D), &PUBLIC)
        .expect("a key pair")
});

/// Any text as a token: without the provider's signature it is refused.
pub fn compact_jws(data: &[u8]) {
    let Ok(token) = str::from_utf8(data) else { return };
    let Some(accepted) = accepted(token, NOW) else { return };
    let (message, signature) = token.rsplit_once('.').expect("a token has dots");
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &*PUBLIC);
    key.verify(message.as_bytes(), &decode(signature)).expect("nothing is accepted that the provider has not signed");
    let (_, payload) = message.split_once('.').expect("two parts");
    says_what_the_claims_say(&accepted, &decode(payload));
}

/// A header and claims, a line each (or claims alone), signed by the provider.
pub fn logout_token(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (header, claims) = text.split_once('\n').unwrap_or((HEADER, text));
    let token = sign(header, claims);
    let Some(accepted) = accepted(&token, NOW) else { return };
    says_what_the_claims_say(&accepted, claims.as_bytes());

    let message = token.rsplit_once('.').expect("a token has dots").0;
    assert!(self::accepted(&format!("{message}."), NOW).is_none(), "accepted without its signature");
    let until = accepted.acceptable_until();
    assert!(self::accepted(&token, until - 1).is_some(), "refused before its time is over");
    assert!(self::accepted(&token, until).is_none(), "accepted when its jti may have been forgotten");

    let claims: Value = serde_json::from_str(claims).expect("accepted claims are JSON");
    let again = self::accepted(&sign(header, &claims.to_string()), NOW).expect("the same claims, written anew");
    assert_eq!(again.jti(), accepted.jti());
    let names = |token: &VerifiedLogoutToken| (token.event().iss, token.event().sid, token.event().sub);
    assert_eq!(names(&again), names(&accepted));
}

fn says_what_the_claims_say(accepted: &VerifiedLogoutToken, claims: &[u8]) {
    let claims: Value = serde_json::from_slice(claims).expect("accepted claims are JSON");
    let event = accepted.event();
    assert_eq!((event.iss.as_str(), claims["iss"].as_str()), (ISSUER, Some(ISSUER)));
    assert_eq!(event.sid.as_deref(), claims["sid"].as_str());
    assert_eq!(event.sub.as_deref(), claims["sub"].as_str());
    assert!(event.sid.is_some() || event.sub.is_some(), "it ends nothing");
    assert_eq!(Some(accepted.jti()), claims["jti"].as_str());
    assert!(claims["aud"] == CLIENT_ID || claims["aud"].as_array().is_some_and(|aud| aud.contains(&json!(CLIENT_ID))));
    assert!(claims["events"][EVENT].is_object(), "it is no logout token");
    assert!(claims.get("nonce").is_none(), "it has a nonce");
    let iat = claims["iat"].as_f64().expect("a date");
    assert!(event.not_before as f64 <= iat && iat < NOW as f64 + CLOCK_SKEW + 1.0, "it is of the future");
    assert!(accepted.acceptable_until() > NOW, "it has expired");
}

fn accepted(token: &str, now: u64) -> Option<VerifiedLogoutToken> {
    let algorithms = [Algorithm::RS256, Algorithm::ES256];
    let expected = Expected { issuer: ISSUER, client_id: CLIENT_ID, algorithms: &algorithms };
    verify(token, &KEYS, &expected, now).ok()
}

fn sign(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = PAIR.sign(&SystemRandom::new(), message.as_bytes()).expect("a signature");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}
