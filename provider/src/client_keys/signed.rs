use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::de::DeserializeOwned;

use crate::config::SigningAlg;

/// A JWT that says that a client has signed it (RFC 7515). Nothing of it is proved before [`Self::claims`].
pub(crate) struct Signed<'a> {
    jwt: &'a str,
    pub(crate) alg: SigningAlg,
    header: Header,
}

/// Why a JWT is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JwsError {
    Malformed,
    Critical,
    Typ,
    Alg,
    Signature,
}

impl<'a> Signed<'a> {
    /// Reads the header. RFC 8725 section 3.11: what says that it is of another type than these is not taken for one.
    pub(crate) fn read(jwt: &'a str, types: &[&str]) -> Result<Self, JwsError> {
        let header: Header = jsonwebtoken::decode_header(jwt).map_err(|_| JwsError::Malformed)?;
        if header.crit.is_some() {
            return Err(JwsError::Critical);
        }
        if header.typ.as_ref().is_some_and(|typ| !types.contains(&typ.to_ascii_lowercase().as_str())) {
            return Err(JwsError::Typ);
        }
        let alg = match header.alg {
            Algorithm::RS256 => SigningAlg::RS256,
            Algorithm::ES256 => SigningAlg::ES256,
            _ => return Err(JwsError::Alg),
        };
        Ok(Self { jwt, alg, header })
    }

    pub(crate) fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// What is said, if this key has signed it. Times and names are the caller's to check.
    pub(crate) fn claims<C: DeserializeOwned + Clone>(&self, key: &DecodingKey) -> Result<C, JwsError> {
        let mut validation = Validation::new(self.alg.into());
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        jsonwebtoken::decode::<C>(self.jwt, key, &validation).map(|data| data.claims).map_err(|error| {
            use jsonwebtoken::errors::ErrorKind;
            match error.kind() {
                ErrorKind::InvalidSignature | ErrorKind::Provider(_) => JwsError::Signature,
                _ => JwsError::Malformed,
            }
        })
    }
}
