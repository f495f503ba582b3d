use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::{Position, Url};

use super::DpopError;
use crate::keys::Parameters;

/// How far a proof's `iat` may be from this server's time, in seconds. Its nonce bounds its age more closely.
pub(super) const WINDOW: i64 = 300;

/// The longest proof that is read, in bytes.
const LONGEST: usize = 4 * 1024;

/// The longest `jti`, in bytes.
const LONGEST_JTI: usize = 256;

/// What the proof of a request must say.
pub(super) struct Expected<'a> {
    pub(super) method: &'a str,
    /// The endpoint, without query.
    pub(super) url: &'a str,
    /// What the request presents besides.
    pub(super) access_token: Option<&'a str>,
    pub(super) now: i64,
}

/// A proof that is right for its request. Whether its nonce is ours, and whether it is new, is still to be seen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) jkt: String,
    pub(super) jti: String,
    pub(super) nonce: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    typ: Option<String>,
    alg: Option<String>,
    jwk: Option<Map<String, Value>>,
    crit: Option<Value>,
}

#[derive(Clone, Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: f64,
    nonce: Option<String>,
    ath: Option<String>,
}

impl Proof {
    /// RFC 9449 section 4.3, in its order.
    pub(super) fn verify(proof: &str, expected: &Expected<'_>) -> Result<Self, DpopError> {
        if proof.len() > LONGEST {
            return Err(DpopError::Malformed);
        }
        let header = header(proof).ok_or(DpopError::Malformed)?;
        if header.crit.is_some() {
            return Err(DpopError::Malformed);
        }
        if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case("dpop+jwt")) {
            return Err(DpopError::Typ);
        }
        if header.alg.as_deref() != Some("ES256") {
            return Err(DpopError::Alg);
        }
        let (jkt, key) = header.jwk.as_ref().and_then(public_key).ok_or(DpopError::Key)?;
        let claims = claims(proof, &key)?;
        check(&claims, expected)?;
        Ok(Self { jkt, jti: claims.jti, nonce: claims.nonce })
    }
}

fn header(proof: &str) -> Option<Header> {
    let (header, _) = proof.split_once('.')?;
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    // serde would also take an array for a struct.
    header.starts_with(b"{").then(|| serde_json::from_slice(&header).ok()).flatten()
}

/// The key and its thumbprint. A private key, or one of another kind, is none.
fn public_key(jwk: &Map<String, Value>) -> Option<(String, DecodingKey)> {
    let member = |name: &str| jwk.get(name).and_then(Value::as_str);
    let coordinate = |name: &str| {
        let text = member(name)?;
        (URL_SAFE_NO_PAD.decode(text).ok()?.len() == 32).then(|| text.to_owned())
    };
    if member("kty") != Some("EC") || member("crv") != Some("P-256") || jwk.contains_key("d") {
        return None;
    }
    let (x, y) = (coordinate("x")?, coordinate("y")?);
    let key = DecodingKey::from_ec_components(&x, &y).ok()?;
    Some((Parameters::Ec { crv: "P-256", x, y }.thumbprint(), key))
}

fn claims(proof: &str, key: &DecodingKey) -> Result<Claims, DpopError> {
    use jsonwebtoken::errors::ErrorKind;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    match jsonwebtoken::decode::<Claims>(proof, key, &validation) {
        Ok(data) => Ok(data.claims),
        Err(error) => match error.kind() {
            ErrorKind::InvalidSignature | ErrorKind::Provider(_) => Err(DpopError::Signature),
            _ => Err(DpopError::Malformed),
        },
    }
}

fn check(claims: &Claims, expected: &Expected<'_>) -> Result<(), DpopError> {
    if claims.jti.is_empty() || claims.jti.len() > LONGEST_JTI {
        return Err(DpopError::Malformed);
    }
    if claims.htm != expected.method {
        return Err(DpopError::Method);
    }
    if !is_same_endpoint(&claims.htu, expected.url) {
        return Err(DpopError::Url);
    }
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
    let (age, window) = (expected.now as f64 - claims.iat, WINDOW as f64);
    if !(-window..=window).contains(&age) {
        return Err(DpopError::Time);
    }
    if let Some(access_token) = expected.access_token {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(access_token));
        if !claims.ath.as_ref().is_some_and(|ath| bool::from(ath.as_bytes().ct_eq(hash.as_bytes()))) {
            return Err(DpopError::AccessToken);
        }
    }
    Ok(())
}

/// Normalised as URLs are, and without query and fragment (RFC 9449 section 4.3).
fn is_same_endpoint(htu: &str, url: &str) -> bool {
    match (Url::parse(htu), Url::parse(url)) {
        (Ok(htu), Ok(url)) => htu[..Position::AfterPath] == url[..Position::AfterPath],
        _ => false,
    }
}

#[cfg(test)]
mod tests;
