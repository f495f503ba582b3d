use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use super::SigningAlg;

/// More keys than this nobody needs.
const MOST_KEYS: usize = 20;
/// In bits. Longer keys take so long to verify with that they would be a burden.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The public keys by which a client signs its assertions: a JWK Set (RFC 7517 section 5) of which something can be used.
#[derive(Debug)]
pub(crate) struct ClientKeys(Vec<ClientKey>);

struct ClientKey {
    kid: Option<String>,
    alg: SigningAlg,
    verifying: DecodingKey,
}

/// What is wrong with a JWK Set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwksError {
    /// Not a set, or too large a one.
    #[error("must be a JWK Set: an object whose `keys` are at most 20 objects")]
    NotASet,
    /// A key that only the client should have.
    #[error("holds a private or secret key: only the public halves belong here")]
    Private,
    /// A key whose parameters are none.
    #[error("holds a key that is damaged, or an RSA key of less than 2048 or more than 8192 bits")]
    Damaged,
    /// Nothing that can be used.
    #[error("has no key for signatures by RS256 (RSA) or ES256 (P-256), or none for token_endpoint_auth_signing_alg")]
    Useless,
    /// Keys that cannot be told apart.
    #[error("has several keys for one algorithm: each needs a `kid` of its own")]
    Ambiguous,
}

/// Reads keys that somebody registers, who can be told what is wrong with one of them. Those of other kinds, for other uses,
/// or for another algorithm than `only` are left out.
pub(crate) fn parse(jwks: &Value, only: Option<SigningAlg>) -> Result<ClientKeys, JwksError> {
    read(jwks, only, Err)
}

/// Reads keys that were published: one that is of no use does not spoil the others
/// ([RFC 7517 section 5](https://www.rfc-editor.org/rfc/rfc7517#section-5)). One that should be secret does, so that
/// somebody learns of it.
pub(crate) fn parse_usable(jwks: &Value) -> Result<ClientKeys, JwksError> {
    read(jwks, None, |why| if why == JwksError::Damaged { Ok(None) } else { Err(why) })
}

/// `instead`: what is taken for a key that cannot be read.
fn read(
    jwks: &Value,
    only: Option<SigningAlg>,
    instead: fn(JwksError) -> Result<Option<ClientKey>, JwksError>,
) -> Result<ClientKeys, JwksError> {
    let keys = jwks.get("keys").and_then(Value::as_array).filter(|keys| keys.len() <= MOST_KEYS);
    let mut found: Vec<ClientKey> = Vec::new();
    for jwk in keys.ok_or(JwksError::NotASet)? {
        let jwk = jwk.as_object().ok_or(JwksError::NotASet)?;
        match key(jwk).or_else(instead)? {
            Some(key) if only.is_none_or(|only| only == key.alg) => found.push(key),
            _ => {}
        }
    }
    let is_ambiguous = |(n, key): (usize, &ClientKey)| {
        let mut before = found[..n].iter().filter(|other| other.alg == key.alg);
        before.any(|other| key.kid.is_none() || other.kid.is_none() || other.kid == key.kid)
    };
    if found.is_empty() {
        return Err(JwksError::Useless);
    }
    if found.iter().enumerate().any(is_ambiguous) {
        return Err(JwksError::Ambiguous);
    }
    Ok(ClientKeys(found))
}

fn key(jwk: &Map<String, Value>) -> Result<Option<ClientKey>, JwksError> {
    // RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1.
    if jwk.contains_key("d") || jwk.contains_key("k") {
        return Err(JwksError::Private);
    }
    let member = |name: &str| jwk.get(name).and_then(Value::as_str);
    if member("use").is_some_and(|r#use| r#use != "sig") {
        return Ok(None);
    }
    let alg = match (member("kty"), member("crv")) {
        (Some("RSA"), _) => SigningAlg::RS256,
        (Some("EC"), Some("P-256")) => SigningAlg::ES256,
        _ => return Ok(None),
    };
    if member("alg").is_some_and(|named| named != alg.as_str()) {
        return Ok(None);
    }
    let parameter = |name: &str| member(name).ok_or(JwksError::Damaged);
    let verifying = match alg {
        SigningAlg::RS256 => {
            let (n, e) = (parameter("n")?, parameter("e")?);
            if !RSA_BITS.contains(&bits(n).ok_or(JwksError::Damaged)?) {
                return Err(JwksError::Damaged);
            }
            DecodingKey::from_rsa_components(n, e)
        }
        SigningAlg::ES256 => {
            let (x, y) = (parameter("x")?, parameter("y")?);
            if [x, y].iter().any(|coordinate| bytes(coordinate).is_none_or(|bytes| bytes.len() != 32)) {
                return Err(JwksError::Damaged);
            }
            DecodingKey::from_ec_components(x, y)
        }
    }
    .map_err(|_| JwksError::Damaged)?;
    Ok(Some(ClientKey { kid: member("kid").map(str::to_owned), alg, verifying }))
}

fn bytes(base64url: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(base64url).ok()
}

/// How many bits a number has that is written in base64url.
fn bits(number: &str) -> Option<usize> {
    let bytes = bytes(number)?;
    let significant = &bytes[bytes.iter().position(|byte| *byte != 0)?..];
    Some(significant.len() * 8 - significant[0].leading_zeros() as usize)
}

impl ClientKeys {
    /// The key that an assertion names; without a `kid`, the only one of the algorithm (OpenID Connect Core 1.0 section 10.1).
    pub(crate) fn find(&self, kid: Option<&str>, alg: SigningAlg) -> Option<&DecodingKey> {
        let mut of_alg = self.0.iter().filter(|key| key.alg == alg);
        let key = match kid {
            // A key without a `kid` is the only one of its algorithm.
            Some(kid) => of_alg.find(|key| key.kid.as_deref().is_none_or(|own| own == kid))?,
            None => of_alg.next().filter(|_| of_alg.next().is_none())?,
        };
        Some(&key.verifying)
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("kid", &self.kid).field("alg", &self.alg).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// From RFC 7517 appendix A.1.
    fn ec(more: Value) -> Value {
        merged(
            json!({
                "kty": "EC", "crv": "P-256",
                "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
            }),
            more,
        )
    }

    fn rsa(bits: usize, more: Value) -> Value {
        let mut n = vec![0xff; bits / 8];
        n[0] = 0x80;
        merged(json!({"kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(n)}), more)
    }

    fn merged(mut key: Value, more: Value) -> Value {
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    }

    #[test]
    fn what_is_taken_for_a_set_of_keys() {
        use SigningAlg::{ES256, RS256};
        let set = |keys: &[Value]| json!({"keys": keys});
        let other = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let table = [
            (set(&[ec(json!({}))]), None, Ok(1)),
            (set(&[rsa(2048, json!({})), ec(json!({})), other.clone()]), None, Ok(2)),
            (set(&[rsa(2048, json!({})), ec(json!({}))]), Some(ES256), Ok(1)),
            (set(&[ec(json!({"kid": "1"})), ec(json!({"kid": "2"}))]), None, Ok(2)),
            (set(&[ec(json!({"kid": "1"})), ec(json!({"use": "enc"}))]), None, Ok(1)),
            (set(&[ec(json!({"kid": "1"})), rsa(2048, json!({"alg": "PS256"}))]), None, Ok(1)),
            (set(&[]), None, Err(JwksError::Useless)),
            (set(&[other]), None, Err(JwksError::Useless)),
            (set(&[ec(json!({}))]), Some(RS256), Err(JwksError::Useless)),
            (set(&[ec(json!({"kid": "1"})), ec(json!({}))]), None, Err(JwksError::Ambiguous)),
            (set(&[ec(json!({"kid": "1"})), ec(json!({"kid": "1"}))]), None, Err(JwksError::Ambiguous)),
            (set(&[ec(json!({"d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}))]), None, Err(JwksError::Private)),
            (set(&[json!({"kty": "oct", "k": "c2VjcmV0"})]), None, Err(JwksError::Private)),
            (set(&[rsa(1024, json!({}))]), None, Err(JwksError::Damaged)),
            (set(&[rsa(16384, json!({}))]), None, Err(JwksError::Damaged)),
            (set(&[rsa(2048, json!({"n": "?"}))]), None, Err(JwksError::Damaged)),
            (set(&[ec(json!({"x": "AQAB"}))]), None, Err(JwksError::Damaged)),
            (set(&[json!({"kty": "EC", "crv": "P-256"})]), None, Err(JwksError::Damaged)),
            (set(&[json!("key")]), None, Err(JwksError::NotASet)),
            (set(&vec![ec(json!({"use": "enc"})); MOST_KEYS + 1]), None, Err(JwksError::NotASet)),
            (json!({}), None, Err(JwksError::NotASet)),
            (json!([ec(json!({}))]), None, Err(JwksError::NotASet)),
        ];
        for (jwks, only, expected) in table {
            assert_eq!(parse(&jwks, only).map(|keys| keys.0.len()), expected, "{jwks}");
        }
    }

    /// RFC 7517 section 5
    #[test]
    fn a_key_that_is_of_no_use_spoils_no_others() {
        let (good, private) = (ec(json!({"kid": "1"})), json!({"kty": "oct", "k": "c2VjcmV0"}));
        let useless = [
            json!({}),
            json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
            ec(json!({"crv": "P-384"})),
            ec(json!({"x": "AQAB"})),
            ec(json!({"x": 1})),
            json!({"kty": "EC", "crv": "P-256"}),
            json!({"kty": "RSA", "n": "AQAB"}),
            rsa(1024, json!({})),
            rsa(16384, json!({})),
            rsa(2048, json!({"n": "?"})),
        ];
        for other in &useless {
            let set = json!({"keys": [other, good, other]});
            assert!(parse_usable(&set).unwrap().find(Some("1"), SigningAlg::ES256).is_some(), "{other}");
        }
        assert_eq!(parse_usable(&json!({"keys": useless})).err(), Some(JwksError::Useless));
        assert_eq!(parse_usable(&json!({"keys": [good, private]})).err(), Some(JwksError::Private));
        let too_many = vec![good; MOST_KEYS + 1];
        assert_eq!(parse_usable(&json!({"keys": too_many})).err(), Some(JwksError::NotASet));
    }

    #[test]
    fn which_key_an_assertion_means() {
        use SigningAlg::{ES256, RS256};
        let keys = |keys: &[Value]| parse(&json!({"keys": keys}), None).unwrap();
        let several = keys(&[ec(json!({"kid": "1"})), ec(json!({"kid": "2"})), rsa(2048, json!({}))]);
        let table = [
            (Some("1"), ES256, true),
            (Some("2"), ES256, true),
            (Some("3"), ES256, false),
            (None, ES256, false),
            (None, RS256, true),
            (Some("whatever"), RS256, true),
        ];
        for (kid, alg, is_found) in table {
            assert_eq!(several.find(kid, alg).is_some(), is_found, "{kid:?} {alg:?}");
        }
        let one = keys(&[ec(json!({"kid": "1"}))]);
        assert!(one.find(None, ES256).is_some() && one.find(Some("2"), ES256).is_none());
    }
}
