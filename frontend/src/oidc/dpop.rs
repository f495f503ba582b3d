//! Proofs of possession: [RFC 9449](https://www.rfc-editor.org/rfc/rfc9449), section 4.2.

use base64ct::{Base64UrlUnpadded, Encoding as _};

use crate::browser::{CryptoFailed, Point, digest};
use crate::json::Json;

/// What a proof says.
pub(crate) struct Claims<'a> {
    /// Random, so that no proof is taken twice.
    pub(crate) jti: &'a str,
    /// The method of the request.
    pub(crate) htm: &'a str,
    /// Its address.
    pub(crate) htu: &'a str,
    /// Seconds since the Unix epoch.
    pub(crate) iat: u64,
    /// The hash of the access token that the request presents.
    pub(crate) ath: Option<&'a str>,
    /// What the server said last in `DPoP-Nonce`.
    pub(crate) nonce: Option<&'a str>,
}

/// What is signed; the proof is this, a dot, and the signature.
pub(crate) fn signing_input(key: &Point, claims: &Claims<'_>) -> String {
    let jwk =
        Json::object([("kty", "EC".into()), ("crv", "P-256".into()), ("x", (&key.x).into()), ("y", (&key.y).into())]);
    let header = Json::object([("typ", "dpop+jwt".into()), ("alg", "ES256".into()), ("jwk", jwk)]);
    let htu = claims.htu.split(['?', '#']).next().unwrap_or_default();
    let mut fields = vec![("jti", claims.jti), ("htm", claims.htm), ("htu", htu)];
    fields.extend(claims.ath.map(|ath| ("ath", ath)));
    fields.extend(claims.nonce.map(|nonce| ("nonce", nonce)));
    let mut fields: Vec<(String, Json)> =
        fields.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
    fields.push(("iat".to_owned(), claims.iat.into()));
    let [header, claims] = [header, Json::Object(fields)].map(|part| encode(part.write().as_bytes()));
    format!("{header}.{claims}")
}

/// The thumbprint of a key (RFC 7638 section 3): `jkt`, and `dpop_jkt` of the authorization request (section 10).
pub(crate) async fn thumbprint(key: &Point) -> Result<String, CryptoFailed> {
    Ok(encode(&digest("SHA-256", &thumbprint_input(key)).await?))
}

/// The value of `ath` (section 4.2).
pub(crate) async fn access_token_hash(access_token: &str) -> Result<String, CryptoFailed> {
    Ok(encode(&digest("SHA-256", access_token).await?))
}

/// Its members in lexicographic order, and no white space.
fn thumbprint_input(key: &Point) -> String {
    let Point { x, y } = key;
    format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
}

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn point() -> Point {
        Point {
            x: "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs".to_owned(),
            y: "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA".to_owned(),
        }
    }

    fn parts(input: &str) -> Vec<Value> {
        let part = |part| serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap();
        input.split('.').map(part).collect()
    }

    #[test]
    fn a_proof_names_its_request_and_its_key() {
        let claims = Claims {
            jti: "j1",
            htm: "GET",
            htu: "http://127.0.0.1:4002/api/notes?page=2#top",
            iat: 1_790_000_000,
            ath: Some("hash"),
            nonce: Some("n1"),
        };
        let Point { x, y } = point();
        let expected = [
            json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", "x": x, "y": y}}),
            json!({
                "jti": "j1", "htm": "GET", "htu": "http://127.0.0.1:4002/api/notes", "iat": 1_790_000_000, "ath": "hash",
                "nonce": "n1",
            }),
        ];
        assert_eq!(parts(&signing_input(&point(), &claims)), expected);

        let sparse = Claims { ath: None, nonce: None, ..claims };
        let claims = parts(&signing_input(&point(), &sparse)).remove(1);
        assert!(claims.get("ath").is_none() && claims.get("nonce").is_none());
    }

    /// The key and the thumbprint of RFC 9449, sections 4.1 and 6.1.
    #[test]
    fn the_thumbprint_is_that_of_the_specification() {
        use sha2::{Digest as _, Sha256};
        let digest = Sha256::digest(thumbprint_input(&point()));
        assert_eq!(encode(&digest), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }
}
