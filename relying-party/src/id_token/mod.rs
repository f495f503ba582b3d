//! ID tokens that name the session of an access token, for providers whose access tokens have no `sid`.
//!
//! [`verify`] is a pure function of the two tokens, the keys, what is expected, and the time. OpenID Connect Core 1.0
//! [sections 3.1.3.7 and 3.1.3.8](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation). The `nonce` is
//! not looked at: only the app knows which it sent.

mod error;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use logout_event::SessionRef;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq as _;

pub use error::IdTokenError;

use crate::claims::{audience_names, from_object, identifier, numeric_date, present};
use crate::settings::CLOCK_SKEW;
use crate::{Algorithm, Authenticated, Keys, jws};

/// What an ID token has to agree with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider's issuer identifier: its `iss`.
    pub issuer: &'a str,
    /// The app's client identifier, which `aud` has to name.
    pub client_id: &'a str,
    /// The algorithms that it may be signed with.
    pub algorithms: &'a [Algorithm],
    /// The access token that it is presented for.
    pub access_token: &'a str,
    /// What that one says: it has passed the guard.
    pub authenticated: &'a Authenticated,
}

/// The claims as they came: whether they are there, and nothing about what they are.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Value,
    sub: Value,
    iat: Value,
    exp: Value,
    #[serde(default, deserialize_with = "present")]
    azp: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    sid: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    auth_time: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    at_hash: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    events: Option<Value>,
}

/// Verifies an ID token and returns the session that it names for the access token, at `now` (seconds since the Unix epoch).
///
/// With `at_hash` it belongs to this very access token. Without, to one of the same user: a `sub` that differs is always
/// refused, so what it says of the session can end the access token sooner and touch nobody else. For the same reason the
/// earlier of both `auth_time`s counts, which a sign-out by `sub` is compared with.
///
/// # Errors
/// The rule that the token breaks. [`IdTokenError::UnknownKey`] is worth one fetch of the provider's keys.
pub fn verify(token: &str, keys: &Keys, expected: &Expected<'_>, now: u64) -> Result<SessionRef, IdTokenError> {
    let verified = jws::verify(token, keys, expected.algorithms)?;
    if verified.typ.is_some_and(|typ| typ != "jwt") {
        return Err(IdTokenError::Type);
    }
    let claims: Claims = from_object(&verified.payload).ok_or(IdTokenError::Malformed)?;
    if claims.iss != expected.issuer {
        return Err(IdTokenError::Issuer);
    }
    if claims.events.is_some() {
        // Back-Channel Logout 1.0 section 2.4: a logout token, which need not say so by its `typ`.
        return Err(IdTokenError::Type);
    }
    check_audience(&claims, expected)?;
    check_times(&claims, now)?;
    let of_access_token = &expected.authenticated.session;
    let sub = identifier(&claims.sub).ok_or(IdTokenError::Malformed)?;
    if sub != of_access_token.sub {
        return Err(IdTokenError::Subject);
    }
    check_access_token_hash(&claims, verified.algorithm, expected.access_token)?;
    let sid = claims.sid.as_ref().map(|sid| identifier(sid).ok_or(IdTokenError::Malformed)).transpose()?;
    let auth_time =
        claims.auth_time.as_ref().map(|time| numeric_date(time).ok_or(IdTokenError::Malformed)).transpose()?;
    Ok(SessionRef {
        iss: claims.iss,
        sid: sid.map(str::to_owned),
        sub: sub.to_owned(),
        auth_time: auth_time.unwrap_or(u64::MAX).min(of_access_token.auth_time),
    })
}

/// Rules 3 to 5, and that the access token does not name another app.
fn check_audience(claims: &Claims, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    if !audience_names(&claims.aud, expected.client_id) {
        return Err(IdTokenError::Audience);
    }
    let is_one = claims.aud.as_array().is_none_or(|audiences| audiences.len() == 1);
    let is_ours = match &claims.azp {
        None => is_one,
        Some(azp) => azp.as_str() == Some(expected.client_id),
    };
    if !is_ours {
        return Err(IdTokenError::AuthorizedParty);
    }
    match &expected.authenticated.claims.client_id {
        Some(client) if client != expected.client_id => Err(IdTokenError::Client),
        _ => Ok(()),
    }
}

/// Rules 9 and 10.
fn check_times(claims: &Claims, now: u64) -> Result<(), IdTokenError> {
    let exp = numeric_date(&claims.exp).ok_or(IdTokenError::Malformed)?;
    let iat = numeric_date(&claims.iat).ok_or(IdTokenError::Malformed)?;
    if exp.saturating_add(CLOCK_SKEW) <= now {
        return Err(IdTokenError::Expired);
    }
    if iat > now.saturating_add(CLOCK_SKEW) {
        return Err(IdTokenError::IssuedInFuture);
    }
    Ok(())
}

/// Section 3.1.3.8: the left half of the access token's digest, by the hash of the ID token's `alg`.
fn check_access_token_hash(claims: &Claims, algorithm: Algorithm, access_token: &str) -> Result<(), IdTokenError> {
    let Some(at_hash) = &claims.at_hash else { return Ok(()) };
    let at_hash = at_hash.as_str().ok_or(IdTokenError::Malformed)?;
    let digest = digest(algorithm, access_token.as_bytes());
    let expected = URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2]);
    if bool::from(at_hash.as_bytes().ct_eq(expected.as_bytes())) { Ok(()) } else { Err(IdTokenError::AccessTokenHash) }
}

/// By the hash that is part of `alg`; Ed25519's is SHA-512 (RFC 8032 section 5.1).
fn digest(algorithm: Algorithm, bytes: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => Sha256::digest(bytes).to_vec(),
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => Sha384::digest(bytes).to_vec(),
        Algorithm::RS512 | Algorithm::PS512 | Algorithm::EdDSA => Sha512::digest(bytes).to_vec(),
    }
}
