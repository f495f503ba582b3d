//! Signed tokens (RFC 7515 section 5.2): from text to a payload that the provider signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::claims::{from_object, present};
use crate::{Algorithm, Keys};

/// Longer tokens are not looked at, in bytes.
pub(crate) const MAX_TOKEN: usize = 16 * 1024;

/// Without a `kid`, no more keys than this are tried of those that can verify the `alg`: a forged token costs as much.
const MAX_TRIES: usize = 8;

#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum JwsError {
    #[error("longer than {MAX_TOKEN} bytes")]
    TooLarge,
    #[error("not a signed JWT")]
    Malformed,
    #[error("encrypted")]
    Encrypted,
    #[error("its alg is not allowed")]
    Algorithm,
    #[error("signed with an unknown key")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
}

/// The members of the header that matter to us (RFC 7515 section 4.1).
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<Value>,
}

/// What the provider signed.
pub(crate) struct Verified {
    /// The header's `typ`, lower case and without the `application/` that may be left out.
    pub(crate) typ: Option<String>,
    /// The algorithm that it is signed with.
    pub(crate) algorithm: Algorithm,
    /// The payload, still JSON text.
    pub(crate) payload: Vec<u8>,
}

/// Verifies the signature of a compact JWS by one of `keys` and one of `algorithms`.
pub(crate) fn verify(token: &str, keys: &Keys, algorithms: &[Algorithm]) -> Result<Verified, JwsError> {
    if token.len() > MAX_TOKEN {
        return Err(JwsError::TooLarge);
    }
    let (message, signature, header, payload) = split(token)?;
    let header: Header = from_object(&decode(header)?).ok_or(JwsError::Malformed)?;
    if header.crit.is_some() {
        // RFC 7515 section 4.1.11: an extension that must be understood, and we understand none.
        return Err(JwsError::Malformed);
    }
    let algorithm = Algorithm::from_name(&header.alg).filter(|algorithm| algorithms.contains(algorithm));
    let algorithm = algorithm.ok_or(JwsError::Algorithm)?;
    verify_signature(message, signature, header.kid.as_deref(), algorithm, keys)?;
    Ok(Verified { typ: header.typ.as_deref().map(media_type), algorithm, payload: decode(payload)? })
}

/// `HEADER.PAYLOAD`, then its three parts; five parts are an encrypted token (RFC 7516 section 3.1).
fn split(token: &str) -> Result<(&str, &str, &str, &str), JwsError> {
    match token.matches('.').count() {
        2 => {}
        4 => return Err(JwsError::Encrypted),
        _ => return Err(JwsError::Malformed),
    }
    let (message, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(JwsError::Malformed)?;
    Ok((message, signature, header, payload))
}

fn verify_signature(
    message: &str,
    signature: &str,
    kid: Option<&str>,
    algorithm: Algorithm,
    keys: &Keys,
) -> Result<(), JwsError> {
    let named = keys.named(kid);
    if named.is_empty() {
        return Err(JwsError::UnknownKey);
    }
    let mut able = named.into_iter().filter(|key| key.supports(algorithm)).take(MAX_TRIES).peekable();
    if able.peek().is_none() {
        return Err(if kid.is_some() { JwsError::Algorithm } else { JwsError::UnknownKey });
    }
    let good = able.any(|key| {
        crypto::verify(signature, message.as_bytes(), &key.decoding, algorithm.jwt()).is_ok_and(|good| good)
    });
    match (good, kid) {
        (true, _) => Ok(()),
        (false, Some(_)) => Err(JwsError::Signature),
        // A provider that names no keys may have changed its key: as good as an unknown one.
        (false, None) => Err(JwsError::UnknownKey),
    }
}

fn decode(part: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Malformed)
}

/// RFC 7515 section 4.1.9: `typ` is a media type whose `application/` may be left out; case plays no part.
fn media_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").map_or_else(|| typ.clone(), str::to_owned)
}
