use thiserror::Error;

/// Why a proof is none (RFC 9449 section 4.3). The text is for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs, reason = "the messages are the documentation")]
#[non_exhaustive]
pub enum ProofError {
    #[error("tokens are bound to a key here: send a DPoP proof with the request")]
    Missing,
    #[error("there is more than one DPoP header")]
    Several,
    #[error("the DPoP proof is not a signed JWT with the claims jti, htm, htu and iat")]
    Malformed,
    #[error("the DPoP proof's typ is not dpop+jwt")]
    Typ,
    #[error("the DPoP proof's alg is not ES256")]
    Alg,
    #[error("the DPoP proof's jwk is not a public key on P-256 alone")]
    Key,
    #[error("the DPoP proof is not signed by the key in its jwk")]
    Signature,
    #[error("the DPoP proof's htm is not the method of this request")]
    Method,
    #[error("the DPoP proof's htu is not the URL of this request")]
    Url,
    #[error("the DPoP proof's iat is more than five minutes from this server's time: correct the clock")]
    Time,
    #[error("the DPoP proof's ath is not the hash of the access token")]
    AccessToken,
    #[error("the DPoP proof was made by another key than the token is bound to")]
    OtherKey,
    #[error("the DPoP proof needs the nonce of the DPoP-Nonce header: send the request again with it")]
    Nonce,
    #[error("the DPoP proof was used before")]
    Replayed,
    #[error("too many DPoP proofs at once; try again in a few minutes")]
    Full,
}

impl ProofError {
    /// The value of `error` (RFC 9449 sections 5, 7.1 and 8).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nonce => "use_dpop_nonce",
            Self::Full => "temporarily_unavailable",
            _ => "invalid_dpop_proof",
        }
    }
}

/// The machine has no randomness, or could not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the system gave no random numbers, or could not sign: try again")]
pub struct RandomError;
