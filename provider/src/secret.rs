//! Secrets: those of the configuration, and those that the provider makes up.

use std::fmt;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A secret of the configuration. It neither prints nor compares; see [`Secret::is`].
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Whether the two are the same, in a time that depends on neither.
    #[must_use]
    pub fn is(&self, presented: &str) -> bool {
        // Comparing digests hides the length as well.
        Sha256::digest(&self.0).ct_eq(&Sha256::digest(presented)).into()
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The operating system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system's random source failed")]
pub(crate) struct RandomError;

/// 256 random bits in base64url: a cookie, a code, a handle. Only its [`Hash`] is stored.
#[derive(Clone)]
pub(crate) struct Opaque(String);

impl Opaque {
    pub(crate) fn random() -> Result<Self, RandomError> {
        random_text::<32>().map(Self)
    }

    /// A value that somebody presented; it may be anything.
    pub(crate) fn presented(value: &str) -> Self {
        Self(value.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether [`Self::random`] could have made it.
    pub(crate) fn is_well_formed(&self) -> bool {
        self.0.len() == 43 && self.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }

    pub(crate) fn hash(&self) -> Hash {
        Hash::of(&self.0)
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The SHA-256 of an [`Opaque`], or of another secret that cannot be guessed, which is why it needs no salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hash([u8; 32]);

impl Hash {
    pub(crate) fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// One that was stored; `None`: it is none.
    pub(crate) fn stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().map(Self).ok()
    }

    /// Whether it is of this secret, in a time that depends on neither.
    pub(crate) fn is(&self, presented: &str) -> bool {
        self.0.ct_eq(&Sha256::digest(presented)).into()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// An identifier that must be unique and not guessable, but is no credential: `sub`, `sid`, `jti`. 160 bits, base64url.
pub(crate) fn random_id() -> Result<String, RandomError> {
    random_text::<20>()
}

/// The name by which people call a session: short, and fit for a command line. 48 bits, in hexadecimal digits; it is no
/// credential.
pub(crate) fn short_id() -> Result<String, RandomError> {
    let mut bytes = [0; 6];
    rand::fill(&mut bytes).map_err(|_| RandomError)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn random_text<const BYTES: usize>() -> Result<String, RandomError> {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes).map_err(|_| RandomError)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let secret = Secret::from("hunter2".to_owned());
        let opaque = Opaque::presented("hunter2");
        assert!(!format!("{secret:?} {opaque:?}").contains("hunter2"));
    }

    #[test]
    fn secrets_compare_whole() {
        let secret = Secret::from("hunter2".to_owned());
        assert!(secret.is("hunter2"));
        for other in ["", "hunter", "hunter22", "Hunter2"] {
            assert!(!secret.is(other), "{other}");
        }
    }

    /// FCL-08, FCL-09
    #[test]
    fn identifiers_are_long_and_of_unreserved_characters() {
        let id = random_id().unwrap();
        assert!(id.len() * 6 >= 128, "{id}");
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{id}");
        assert_ne!(id, random_id().unwrap());
    }
}
