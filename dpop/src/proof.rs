use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::{Position, Url};

use crate::ProofError;

/// How far a proof's `iat` may be from this server's time, in seconds. Its nonce bounds its age more closely.
pub(super) const WINDOW: u64 = 300;

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
    pub(super) now: u64,
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
    pub(super) fn verify(proof: &str, expected: &Expected<'_>) -> Result<Self, ProofError> {
        if proof.len() > LONGEST {
            return Err(ProofError::Malformed);
        }
        let header = header(proof).ok_or(ProofError::Malformed)?;
        if header.crit.is_some() {
            return Err(ProofError::Malformed);
        }
        if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case("dpop+jwt")) {
            return Err(ProofError::Typ);
        }
        if header.alg.as_deref() != Some("ES256") {
            return Err(ProofError::Alg);
        }
        let (jkt, key) = header.jwk.as_ref().and_then(public_key).ok_or(ProofError::Key)?;
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
    Some((thumbprint(&x, &y), key))
}

/// RFC 7638 section 3.2: the members that every such key has, sorted, without spaces. Base64url needs no escapes.
pub(crate) fn thumbprint(x: &str, y: &str) -> String {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

fn claims(proof: &str, key: &DecodingKey) -> Result<Claims, ProofError> {
    use jsonwebtoken::errors::ErrorKind;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    match jsonwebtoken::decode::<Claims>(proof, key, &validation) {
        Ok(data) => Ok(data.claims),
        Err(error) => match error.kind() {
            ErrorKind::InvalidSignature | ErrorKind::Provider(_) => Err(ProofError::Signature),
            _ => Err(ProofError::Malformed),
        },
    }
}

fn check(claims: &Claims, expected: &Expected<'_>) -> Result<(), ProofError> {
    if claims.jti.is_empty() || claims.jti.len() > LONGEST_JTI {
        return Err(ProofError::Malformed);
    }
    if claims.htm != expected.method {
        return Err(ProofError::Method);
    }
    if !is_same_endpoint(&claims.htu, expected.url) {
        return Err(ProofError::Url);
    }
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
    let (age, window) = (expected.now as f64 - claims.iat, WINDOW as f64);
    if !(-window..=window).contains(&age) {
        return Err(ProofError::Time);
    }
    if let Some(access_token) = expected.access_token {
        let hash = access_token_hash(access_token);
        if !claims.ath.as_ref().is_some_and(|ath| bool::from(ath.as_bytes().ct_eq(hash.as_bytes()))) {
            return Err(ProofError::AccessToken);
        }
    }
    Ok(())
}

/// `ath` (RFC 9449 section 4.2).
pub(crate) fn access_token_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(access_token))
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
