use thiserror::Error;

use crate::jws::{JwsError, MAX_TOKEN};

/// Why a logout token is refused: one variant for each rule of Back-Channel Logout 1.0 section 2.6.
///
/// The texts say nothing that the sender does not know, so they may be sent back as `error_description`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogoutTokenError {
    /// Too long to be looked at.
    #[error("the logout token is longer than {MAX_TOKEN} bytes")]
    TooLarge,
    /// Not a signed JWT, or its JSON is broken or says something twice.
    #[error("the logout token is not a signed JWT")]
    Malformed,
    /// Rule 1: it is encrypted, and no encryption was agreed on.
    #[error("the logout token is encrypted, which was not agreed on")]
    Encrypted,
    /// Rule 3: signed with `none`, a shared secret, or an algorithm that is not allowed here.
    #[error("the logout token's alg is not allowed")]
    Algorithm,
    /// Rule 2: signed with a key that is not known; fetching the provider's keys again may help.
    #[error("the logout token is signed with an unknown key")]
    UnknownKey,
    /// Rule 2: the signature is wrong.
    #[error("the logout token's signature is wrong")]
    Signature,
    /// Section 4.1: its `typ` says that it is another kind of token.
    #[error("the logout token's typ is not logout+jwt")]
    Type,
    /// Rule 4: `iss` is not this app's provider.
    #[error("the logout token's iss is not this app's provider")]
    Issuer,
    /// Rule 4: `aud` does not name this app.
    #[error("the logout token's aud does not name this app")]
    Audience,
    /// Rule 4: `iat` is missing or is no date.
    #[error("the logout token has no usable iat")]
    IssuedAt,
    /// Rule 4: `iat` is in the future.
    #[error("the logout token's iat is in the future")]
    IssuedInFuture,
    /// Rule 4: `iat` is too long ago.
    #[error("the logout token's iat is too long ago")]
    TooOld,
    /// Rule 4: `exp` has passed, or is no date.
    #[error("the logout token has expired")]
    Expired,
    /// Section 2.4: `jti` is missing or is no short string.
    #[error("the logout token has no usable jti")]
    JwtId,
    /// Rule 5: neither `sub` nor `sid` is there.
    #[error("the logout token has neither sub nor sid")]
    NoSubject,
    /// Rule 5: `sub` or `sid` is no short string.
    #[error("the logout token's sub or sid is not a short string")]
    Subject,
    /// Rule 6: `events` lacks the member for back-channel logout, or its value is not an object.
    #[error("the logout token's events do not say back-channel logout")]
    Events,
    /// Section 2.4: `toe` is no date (RFC 8417 section 2.2).
    #[error("the logout token's toe is not a date")]
    TimeOfEvent,
    /// Rule 7: there is a `nonce`, as in an ID token.
    #[error("the logout token has a nonce")]
    Nonce,
}

impl From<JwsError> for LogoutTokenError {
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
