use std::fmt;

use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::RandomError;
use crate::proof::{access_token_hash, thumbprint};

/// The key of an app that proves it: for clients that are not browsers, and for tests.
pub struct Key {
    pair: EcdsaKeyPair,
    x: String,
    y: String,
}

/// The request that a proof is for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Such as `POST`.
    pub method: &'a str,
    /// Of the endpoint; its query need not be there.
    pub url: &'a str,
    /// What the request presents, if it presents one.
    pub access_token: Option<&'a str>,
    /// What the server said last in `DPoP-Nonce`, if it did.
    pub nonce: Option<&'a str>,
    /// Seconds since the Unix epoch.
    pub now: u64,
}

impl Key {
    /// A new key on P-256.
    ///
    /// # Errors
    /// The machine has no randomness.
    pub fn generate() -> Result<Self, RandomError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| RandomError)?;
        // SEC 1 section 2.3.3: 4, then x and y of 32 bytes each.
        let point = pair.public_key().as_ref();
        let coordinate = |from: usize| URL_SAFE_NO_PAD.encode(point.get(from..from + 32).unwrap_or_default());
        let (x, y) = (coordinate(1), coordinate(33));
        Ok(Self { pair, x, y })
    }

    /// By which tokens name it: `jkt` (RFC 9449 section 6.1).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        thumbprint(&self.x, &self.y)
    }

    /// The proof of one request, for its `DPoP` header (section 4.2). A request that is repeated needs a new one.
    ///
    /// # Errors
    /// The machine has no randomness.
    pub fn prove(&self, request: &Request<'_>) -> Result<String, RandomError> {
        let mut jti = [0; 16];
        rand::fill(&mut jti).map_err(|_| RandomError)?;
        let mut claims = json!({
            "jti": URL_SAFE_NO_PAD.encode(jti), "htm": request.method, "htu": request.url, "iat": request.now,
        });
        if let Some(nonce) = request.nonce {
            claims["nonce"] = nonce.into();
        }
        if let Some(access_token) = request.access_token {
            claims["ath"] = access_token_hash(access_token).into();
        }
        self.sign(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()}), &claims)
    }

    pub(crate) fn jwk(&self) -> Value {
        json!({"kty": "EC", "crv": "P-256", "x": self.x, "y": self.y})
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> Result<String, RandomError> {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let input = format!("{header}.{claims}");
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).map_err(|_| RandomError)?;
        Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("jkt", &self.thumbprint()).finish_non_exhaustive()
    }
}
