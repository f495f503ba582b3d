//! Demonstrating Proof of Possession ([RFC 9449](https://www.rfc-editor.org/rfc/rfc9449)): the check that whoever sends a
//! request holds a key, which makes a copied token worth nothing.
//!
//! A provider asks [`Proofs`] at its token endpoint and binds what it gives to the key; an API asks it at every request, and
//! compares the key with the one that the access token names (`cnf.jkt`). Each party has its own [`Proofs`]: its own
//! nonces, and its own memory of the proofs that it has seen. [`Key`] is the other side.

mod error;
mod key;
mod nonce;
mod proof;
mod replay;

use http::{HeaderMap, HeaderName, HeaderValue};

pub use error::{ProofError, RandomError};
pub use key::{Key, Request};
use nonce::Nonces;
use proof::{Expected, Proof};
use replay::Replay;

/// The header of a proof (section 4.1).
pub const DPOP: HeaderName = HeaderName::from_static("dpop");

/// The header by which a server says which nonce the next proof must have (section 8).
pub const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The algorithms that a proof may be signed with: `dpop_signing_alg_values_supported` (section 5.1).
pub const SIGNING_ALGS: [&str; 1] = ["ES256"];

/// What a server checks proofs against: the nonces that it gave out, and the proofs that it has seen.
///
/// Neither is kept over a restart, and neither has to be: nonces of an earlier process are not accepted, so its proofs
/// cannot be played back to this one.
#[derive(Debug)]
pub struct Proofs {
    nonces: Nonces,
    replay: Replay,
}

impl Proofs {
    /// With nonces of its own.
    ///
    /// # Errors
    /// The machine has no randomness.
    pub fn new() -> Result<Self, RandomError> {
        Ok(Self { nonces: Nonces::new()?, replay: Replay::new(replay::CAPACITY) })
    }

    /// Checks the proof of a request (section 4.3) and returns the thumbprint (RFC 7638) of the key that made it; `None`:
    /// there is no proof.
    ///
    /// `url` is the endpoint as clients know it, whose query does not count; `access_token` is the one that the request
    /// presents, if it presents one; `now` is in seconds since the Unix epoch.
    ///
    /// # Errors
    /// The first check that failed. A proof that failed for its nonce is to be repeated with that of
    /// [`nonce`](Self::nonce).
    pub fn check(
        &self,
        headers: &HeaderMap,
        method: &str,
        url: &str,
        access_token: Option<&str>,
        now: u64,
    ) -> Result<Option<String>, ProofError> {
        let mut values = headers.get_all(DPOP).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(ProofError::Several);
        }
        let text = value.to_str().map_err(|_| ProofError::Malformed)?;
        let proof = Proof::verify(text, &Expected { method, url, access_token, now })?;
        if !proof.nonce.is_some_and(|nonce| self.nonces.accepts(&nonce, now)) {
            return Err(ProofError::Nonce);
        }
        self.replay.first_sight(&proof.jkt, &proof.jti, now)?;
        Ok(Some(proof.jkt))
    }

    /// The nonce for the next proof, as a header: for every answer to a request that came with a proof.
    #[must_use]
    pub fn nonce(&self, now: u64) -> (HeaderName, HeaderValue) {
        // Base64url is always a header's value.
        let value = HeaderValue::from_str(&self.nonces.current(now)).unwrap_or_else(|_| HeaderValue::from_static(""));
        (DPOP_NONCE, value)
    }
}

/// Whether the request has a proof, right or wrong.
#[must_use]
pub fn has_proof(headers: &HeaderMap) -> bool {
    headers.contains_key(DPOP)
}
