//! An ID token that comes back as a hint: [OpenID Connect Core 1.0 section 3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)
//! and [RP-Initiated Logout 1.0 section 2](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout).

use serde::Deserialize;

use crate::keys::{KeySet, Typ, VerifyError};

/// An ID token that this provider issued, once. It proves nothing about now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdTokenHint {
    /// The client that it was issued to.
    pub(crate) client_id: String,
    pub(crate) sub: String,
    pub(crate) sid: String,
}

/// Why a hint is not one of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HintError {
    #[error("id_token_hint: {0}")]
    Token(#[from] VerifyError),
    #[error("id_token_hint: issued by another provider")]
    Issuer,
}

#[derive(Clone, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
}

impl IdTokenHint {
    /// RPI-16: signature, type and issuer are checked. RPI-17: `exp` is not.
    pub(crate) fn parse(token: &str, keys: &KeySet, issuer: &str) -> Result<Self, HintError> {
        let claims: Claims = keys.verify(Typ::Id, token)?;
        if claims.iss != issuer {
            return Err(HintError::Issuer);
        }
        Ok(Self { client_id: claims.aud, sub: claims.sub, sid: claims.sid })
    }
}
