//! The provider's signing keys: made at first start, kept in a file, published at `/jwks`.

mod file;
mod jwk;
mod key;

use std::path::Path;

use jsonwebtoken::{Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use file::KeyFileError;
pub(crate) use jwk::JwkSet;
use key::SigningKey;

use crate::config::SigningAlg;

/// What a token is, said in its header so that none is taken for another (RFC 8725 section 3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typ {
    /// An ID token, which had no type of its own when it was invented.
    Id,
    /// RFC 9068 section 2.1.
    Access,
    /// OpenID Connect Back-Channel Logout 1.0 section 2.4.
    Logout,
}

impl Typ {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "JWT",
            Self::Access => "at+jwt",
            Self::Logout => "logout+jwt",
        }
    }

    /// RFC 7515 section 4.1.9: compared like a media type, and `application/` may be written out.
    fn matches(self, typ: Option<&str>) -> bool {
        match typ {
            None => self == Self::Id,
            Some(typ) => {
                let short = typ.get(..12).filter(|start| start.eq_ignore_ascii_case("application/"));
                typ[short.map_or(0, str::len)..].eq_ignore_ascii_case(self.as_str())
            }
        }
    }
}

/// A token could not be signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignError {
    #[error("the claims cannot be written as JSON")]
    Claims(#[from] serde_json::Error),
    #[error("the key refused to sign")]
    Key,
    #[error("there is no key for this algorithm")]
    NoKey,
}

/// Why a token is not one of ours. `exp` is not looked at: the caller knows whether it matters.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VerifyError {
    #[error("not a signed JWT")]
    Malformed,
    #[error("a header that is not understood")]
    Critical,
    #[error("a token of another type")]
    Typ,
    #[error("signed with a key that is not ours")]
    UnknownKey,
    #[error("signature or claims are wrong")]
    Signature,
}

/// The keys. The first of an algorithm signs; all are published and verify.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<SigningKey>,
}

impl KeySet {
    /// Reads the keys of this folder, or makes them. Takes a while: for a thread that may block.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, KeyFileError> {
        file::open(data_dir).map(|keys| Self { keys })
    }

    /// Signs claims as a JWT in compact form.
    pub(crate) fn sign<C: Serialize>(&self, alg: SigningAlg, typ: Typ, claims: &C) -> Result<String, SignError> {
        let key = self.keys.iter().find(|key| key.alg == alg).ok_or(SignError::NoKey)?;
        key.sign(typ.as_str(), claims)
    }

    /// The claims of a token of this type that one of these keys signed.
    pub(crate) fn verify<C: DeserializeOwned + Clone>(&self, typ: Typ, token: &str) -> Result<C, VerifyError> {
        let header: Header = jsonwebtoken::decode_header(token).map_err(|_| VerifyError::Malformed)?;
        if header.crit.is_some() {
            return Err(VerifyError::Critical);
        }
        if !typ.matches(header.typ.as_deref()) {
            return Err(VerifyError::Typ);
        }
        let kid = header.kid.ok_or(VerifyError::UnknownKey)?;
        let key = self.keys.iter().find(|key| key.kid == kid).ok_or(VerifyError::UnknownKey)?;
        // The key decides the algorithm, never the token.
        let mut validation = Validation::new(key.alg.into());
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        jsonwebtoken::decode(token, &key.verifying, &validation)
            .map(|data| data.claims)
            .map_err(|_| VerifyError::Signature)
    }

    /// The public keys (RFC 7517 section 5).
    pub(crate) fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.keys.iter().map(|key| key.public.clone()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn keys() -> KeySet {
        KeySet::open(tempfile::tempdir().unwrap().path()).unwrap()
    }

    fn verify(keys: &KeySet, typ: Typ, token: &str) -> Result<Value, VerifyError> {
        keys.verify(typ, token)
    }

    #[test]
    fn a_token_is_good_for_what_it_is_and_nothing_else() {
        let keys = keys();
        let typs = [Typ::Id, Typ::Access, Typ::Logout];
        for alg in [SigningAlg::RS256, SigningAlg::ES256] {
            for made_as in typs {
                let token = keys.sign(alg, made_as, &json!({"sub": "alice"})).unwrap();
                for taken_as in typs {
                    let expected =
                        if made_as == taken_as { Ok(json!({"sub": "alice"})) } else { Err(VerifyError::Typ) };
                    assert_eq!(verify(&keys, taken_as, &token), expected, "{alg:?} {made_as:?} {taken_as:?}");
                }
            }
        }
    }

    #[test]
    fn the_type_is_compared_like_a_media_type() {
        for (typ, expected) in [
            (Some("at+jwt"), true),
            (Some("AT+JWT"), true),
            (Some("application/at+jwt"), true),
            (Some("Application/AT+jwt"), true),
            (Some("text/at+jwt"), false),
            (Some("JWT"), false),
            (Some("ä"), false),
            (None, false),
        ] {
            assert_eq!(Typ::Access.matches(typ), expected, "{typ:?}");
        }
    }

    /// RPI-16
    #[test]
    fn foreign_and_broken_tokens_are_refused() {
        let (ours, theirs) = (keys(), keys());
        let claims = json!({"sub": "alice"});
        let token = ours.sign(SigningAlg::RS256, Typ::Id, &claims).unwrap();
        let foreign = theirs.sign(SigningAlg::RS256, Typ::Id, &claims).unwrap();
        let [header, payload, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let other_payload = foreign.replace(payload, "eyJzdWIiOiJib2IifQ");
        let other_payload = other_payload.split('.').nth(1).unwrap();
        // {"alg":"none"} and {"alg":"HS256"}
        let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
        let hmac = format!("eyJhbGciOiJIUzI1NiJ9.{payload}.{signature}");
        let table = [
            ("", VerifyError::Malformed),
            ("a.b.c", VerifyError::Malformed),
            (unsigned.as_str(), VerifyError::Malformed),
            (hmac.as_str(), VerifyError::UnknownKey),
            (foreign.as_str(), VerifyError::UnknownKey),
            (&format!("{header}.{other_payload}.{signature}"), VerifyError::Signature),
            (&format!("{header}.{payload}."), VerifyError::Signature),
            (&format!("{header}.{payload}"), VerifyError::Malformed),
        ];
        for (token, expected) in table {
            assert_eq!(verify(&ours, Typ::Id, token), Err(expected), "{token}");
        }
    }

    #[test]
    fn the_public_keys_are_public_only() {
        let jwks = serde_json::to_value(keys().jwks()).unwrap();
        let keys = jwks["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2);
        for key in keys {
            let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
            let expected: &[&str] = match key["kty"].as_str().unwrap() {
                "RSA" => &["alg", "e", "kid", "kty", "n", "use"],
                _ => &["alg", "crv", "kid", "kty", "use", "x", "y"],
            };
            assert_eq!(members, expected);
        }
    }
}
