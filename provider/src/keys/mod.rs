//! The provider's signing keys ([OpenID Connect Core 1.0 section 10.1.1](https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys)):
//! made at first start, kept in a file, published at `/jwks`, rotated by [an operator](operator).

mod file;
mod jwk;
mod key;
mod key_set;
mod operator;
mod schedule;
pub(crate) mod watch;

pub(crate) use file::KeyFileError;
pub(crate) use key_set::KeySet;
pub use operator::{KeyStatus, SigningKeys, SigningKeysError};
pub use schedule::KeyState;

/// What a token is, said in its header so that none is taken for another (RFC 8725 section 3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typ {
    /// An ID token, which had no type of its own when it was invented.
    Id,
    /// RFC 9068 section 2.1.
    Access,
    /// OpenID Connect Back-Channel Logout 1.0 section 2.4.
    Logout,
    /// An answer of userinfo (OpenID Connect Core 1.0 section 5.3.2), which has no type of its own either. It has no `sid`, which
    /// no ID token of ours is without.
    Userinfo,
}

impl Typ {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Id | Self::Userinfo => "JWT",
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
    #[error("signed with a key that is not, or is no longer, ours")]
    UnknownKey,
    #[error("signature or claims are wrong")]
    Signature,
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
