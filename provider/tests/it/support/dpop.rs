use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::ISSUER;

/// The key of an app that proves it (RFC 9449).
pub(crate) struct DpopKey {
    pair: EcdsaKeyPair,
    /// What the provider said last.
    pub(crate) nonce: Option<String>,
    made: u32,
}

impl DpopKey {
    pub(crate) fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { pair, nonce: None, made: 0 }
    }

    fn coordinates(&self) -> [String; 2] {
        let point = self.pair.public_key().as_ref();
        [&point[1..33], &point[33..]].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate))
    }

    /// RFC 7638
    pub(crate) fn thumbprint(&self) -> String {
        let [x, y] = self.coordinates();
        let members = format!("{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{x}\",\"y\":\"{y}\"}}");
        URL_SAFE_NO_PAD.encode(Sha256::digest(members))
    }

    /// A new proof for this endpoint, with the nonce that is known.
    pub(crate) fn proof(&mut self, method: &str, path: &str, access_token: Option<&str>, now: u64) -> String {
        let [x, y] = self.coordinates();
        self.made += 1;
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", "x": x, "y": y}});
        let mut claims =
            json!({"jti": format!("{}", self.made), "htm": method, "htu": format!("{ISSUER}{path}"), "iat": now});
        if let Some(nonce) = &self.nonce {
            claims["nonce"] = json!(nonce);
        }
        if let Some(token) = access_token {
            claims["ath"] = json!(URL_SAFE_NO_PAD.encode(Sha256::digest(token)));
        }
        self.sign(&header, &claims)
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let input = format!("{header}.{claims}");
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
