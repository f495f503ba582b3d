use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::config::SigningAlg;

/// The answer of `/jwks` (RFC 7517 section 5).
#[derive(Debug, Serialize)]
pub(crate) struct JwkSet {
    pub(crate) keys: Vec<PublicJwk>,
}

/// A public key for signatures (RFC 7517 section 4).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PublicJwk {
    kid: String,
    alg: SigningAlg,
    r#use: &'static str,
    #[serde(flatten)]
    parameters: Parameters,
}

/// The parameters of a key (RFC 7518 section 6), in base64url.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kty")]
pub(crate) enum Parameters {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { crv: &'static str, x: String, y: String },
}

impl Parameters {
    /// The thumbprint (RFC 7638), which makes a `kid` that is the same wherever it is computed.
    pub(crate) fn thumbprint(&self) -> String {
        let members = match self {
            Self::Rsa { n, e } => json!({"e": e, "kty": "RSA", "n": n}),
            Self::Ec { crv, x, y } => json!({"crv": crv, "kty": "EC", "x": x, "y": y}),
        };
        // The members of a `Value` are sorted, and written without spaces, as the RFC asks.
        URL_SAFE_NO_PAD.encode(Sha256::digest(members.to_string()))
    }
}

impl PublicJwk {
    pub(crate) fn new(kid: String, alg: SigningAlg, parameters: Parameters) -> Self {
        Self { kid, alg, r#use: "sig", parameters }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7638 section 3.1.
    #[test]
    fn thumbprint() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn6\
                 4tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpb\
                 ISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = Parameters::Rsa { n: n.to_owned(), e: "AQAB".to_owned() };
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
}
