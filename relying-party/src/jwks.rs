use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use serde::Deserialize as _;
use serde_json::Value;

use crate::Algorithm;

/// More keys than this in one set are not looked at.
const MAX_KEYS: usize = 64;

/// The provider's keys, as it published them and ready for use (RFC 7517 section 5).
#[derive(Clone, Debug)]
pub struct Jwks {
    /// The document as it was served.
    pub raw: Value,
    /// Those of its keys that can verify a signature.
    pub keys: Keys,
}

impl Jwks {
    /// Reads a JWK Set. `None` when it is not one, or when nothing in it can verify a signature.
    ///
    /// Keys of unknown type, for encryption, and shared secrets are passed over.
    #[must_use]
    pub fn parse(raw: Value) -> Option<Self> {
        let members = raw.get("keys")?.as_array()?;
        let keys: Vec<Key> = members.iter().take(MAX_KEYS).filter_map(Key::parse).collect();
        (!keys.is_empty()).then(|| Self { raw, keys: Keys(keys) })
    }
}

/// Public keys that can verify a signature.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Key>);

#[derive(Clone, Debug)]
pub(crate) struct Key {
    kid: Option<String>,
    algorithms: Vec<Algorithm>,
    pub(crate) decoding: DecodingKey,
}

impl Keys {
    /// Whether one of them can verify a signature of this algorithm.
    #[must_use]
    pub fn can_verify(&self, algorithm: Algorithm) -> bool {
        self.0.iter().any(|key| key.supports(algorithm))
    }

    /// The keys that a token with this `kid` can have been signed with; without `kid`, any.
    pub(crate) fn named<'k>(&'k self, kid: Option<&str>) -> Vec<&'k Key> {
        self.0.iter().filter(|key| kid.is_none() || key.kid.as_deref() == kid).collect()
    }
}

impl Key {
    fn parse(member: &Value) -> Option<Self> {
        // One at a time: a key of a kind that is not known must not fail the set.
        let jwk = Jwk::deserialize(member).ok()?;
        let for_signatures = !matches!(&jwk.common.public_key_use, Some(usage) if *usage != PublicKeyUse::Signature);
        let for_verifying = jwk.common.key_operations.as_ref().is_none_or(|ops| ops.contains(&KeyOperations::Verify));
        if !(for_signatures && for_verifying) {
            return None;
        }
        let mut algorithms = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => vec![
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => vec![Algorithm::ES256],
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => vec![Algorithm::ES384],
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => vec![Algorithm::EdDSA],
            _ => return None,
        };
        if let Some(alg) = member.get("alg").and_then(Value::as_str) {
            algorithms.retain(|algorithm| algorithm.as_str() == alg);
        }
        if algorithms.is_empty() {
            return None;
        }
        let decoding = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { kid: jwk.common.key_id, algorithms, decoding })
    }

    pub(crate) fn supports(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ec(extra: Value) -> Value {
        let mut key = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
        if let (Some(key), Some(extra)) = (key.as_object_mut(), extra.as_object()) {
            key.extend(extra.clone());
        }
        key
    }

    #[test]
    fn one_odd_key_does_not_spoil_the_set() {
        let set = json!({"keys": [
            {"kty": "XYZ", "kid": "from the future"},
            "not even an object",
            {"kty": "oct", "kid": "shared secret", "k": "AAAA"},
            ec(json!({"kid": "encryption", "use": "enc"})),
            ec(json!({"kid": "signing only", "key_ops": ["sign"]})),
            ec(json!({"kid": "wrong alg", "alg": "RS256"})),
            ec(json!({"kid": "good", "use": "sig", "alg": "ES256"})),
        ]});
        let jwks = Jwks::parse(set).expect("one good key");
        assert_eq!(jwks.keys.0.len(), 1);
        assert_eq!(jwks.keys.named(Some("good")).len(), 1);
        assert!(jwks.keys.named(Some("shared secret")).is_empty());
        assert!(jwks.keys.can_verify(Algorithm::ES256) && !jwks.keys.can_verify(Algorithm::RS256));
    }

    #[test]
    fn a_set_without_a_usable_key_is_none() {
        for set in [json!({"keys": []}), json!({}), json!([]), json!({"keys": [{"kty": "oct", "k": "AAAA"}]})] {
            assert!(Jwks::parse(set.clone()).is_none(), "{set}");
        }
    }
}
