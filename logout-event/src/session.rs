use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The session at the provider that an app's session, an access token or a tab belongs to.
///
/// The fields are the claims of the same name (OpenID Connect Core 1.0 section 2; `sid`: Front-Channel Logout 1.0 section 3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionRef {
    /// The provider's issuer identifier.
    pub iss: String,
    /// The session's identifier at this client; some providers send none.
    pub sid: Option<String>,
    /// The user's identifier at the provider.
    pub sub: String,
    /// When the user was last authenticated, in seconds since the Unix epoch by the issuer's clock.
    pub auth_time: u64,
}
