//! Tokens that are worth something only together with a key: [RFC 9449](https://www.rfc-editor.org/rfc/rfc9449).

mod error;
mod nonce;
mod proof;
mod replay;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) use error::DpopError;
use nonce::Nonces;
use proof::{Expected, Proof};
use replay::Replay;

use crate::secret::RandomError;

/// The header of a proof.
const PROOF: HeaderName = HeaderName::from_static("dpop");
/// The header by which the provider says which nonce the next proof must have.
pub(crate) const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The algorithms that a proof may be signed with, for the metadata.
pub(crate) const SIGNING_ALGS: [&str; 1] = ["ES256"];

/// Whether the request has a proof, right or wrong.
pub(crate) fn is_used(headers: &HeaderMap) -> bool {
    headers.contains_key(PROOF)
}

/// What proofs are checked against: the nonces that were given out, and the proofs that were seen.
#[derive(Debug)]
pub(crate) struct Dpop {
    nonces: Nonces,
    replay: Replay,
}

impl Dpop {
    /// Nonces of an earlier process are not known, so its proofs cannot be played back to this one either.
    pub(crate) fn new() -> Result<Self, RandomError> {
        Ok(Self { nonces: Nonces::new()?, replay: Replay::default() })
    }

    /// The thumbprint (RFC 7638) of the key that made the proof of this request; `None`: there is no proof. `access_token`
    /// is the one that the request presents, if it presents one.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        method: &str,
        url: &str,
        access_token: Option<&str>,
        now: i64,
    ) -> Result<Option<String>, DpopError> {
        let mut values = headers.get_all(PROOF).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(DpopError::Several);
        }
        let text = value.to_str().map_err(|_| DpopError::Malformed)?;
        let proof = Proof::verify(text, &Expected { method, url, access_token, now })?;
        if !proof.nonce.is_some_and(|nonce| self.nonces.accepts(&nonce, now)) {
            return Err(DpopError::Nonce);
        }
        self.replay.first_sight(&proof.jkt, &proof.jti, now)?;
        Ok(Some(proof.jkt))
    }

    /// The nonce for the next proof, as a header.
    pub(crate) fn nonce(&self, now: i64) -> (HeaderName, HeaderValue) {
        // Base64url is always a header's value.
        let value = HeaderValue::from_str(&self.nonces.current(now)).unwrap_or_else(|_| HeaderValue::from_static(""));
        (NONCE, value)
    }
}
