use thiserror::Error;

use crate::jws::{JwsError, MAX_TOKEN};

/// Why an ID token is refused: one variant for each rule of OpenID Connect Core 1.0 sections 3.1.3.7 and 3.1.3.8.
///
/// The texts say nothing that the sender does not know, so they may be sent back as `error_description`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdTokenError {
    /// Too long to be looked at.
    #[error("the ID token is longer than {MAX_TOKEN} bytes")]
    TooLarge,
    /// Not a signed JWT, or its JSON is broken, or a claim is of the wrong type.
    #[error("this is not an ID token: send a signed JWT with the claims of an ID token")]
    Malformed,
    /// Rule 1: it is encrypted, and no encryption was agreed on.
    #[error("the ID token is encrypted, which was not agreed on")]
    Encrypted,
    /// Rule 7: signed with `none`, a shared secret, or an algorithm that is not allowed here.
    #[error("the ID token's alg is not allowed")]
    Algorithm,
    /// Rule 6: signed with a key that is not known; fetching the provider's keys again may help.
    #[error("the ID token is signed with an unknown key")]
    UnknownKey,
    /// Rule 6: the signature is wrong.
    #[error("the ID token's signature is wrong")]
    Signature,
    /// It is a token of the provider's, of another kind (RFC 8725 section 3.11).
    #[error("this is a token of another kind: send the ID token")]
    Type,
    /// Rule 2: `iss` is not this app's provider.
    #[error("the ID token's iss is not this app's provider")]
    Issuer,
    /// Rule 3: `aud` does not name this app.
    #[error("the ID token's aud does not name this app")]
    Audience,
    /// Rules 4 and 5: `azp` is missing where there are several audiences, or names another app.
    #[error("the ID token's azp is not this app")]
    AuthorizedParty,
    /// Rule 9: `exp` has passed.
    #[error("the ID token has expired: send the one that came with the access token")]
    Expired,
    /// Rule 10: `iat` is in the future.
    #[error("the ID token's iat is in the future")]
    IssuedInFuture,
    /// Its `sub` is not the access token's.
    #[error("the ID token is of another user than the access token")]
    Subject,
    /// Section 3.1.3.8: `at_hash` is that of another access token.
    #[error("the ID token belongs to another access token: send the one that came with this one")]
    AccessTokenHash,
    /// The access token says that another app got it.
    #[error("the access token was issued to another app than the ID token")]
    Client,
}

impl From<JwsError> for IdTokenError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::TooLarge => Self::TooLarge,
            JwsError::Malformed => Self::Malformed,
            JwsError::Encrypted => Self::Encrypted,
            JwsError::Algorithm => Self::Algorithm,
            JwsError::UnknownKey => Self::UnknownKey,
            JwsError::Signature => Self::Signature,
        }
    }
}
