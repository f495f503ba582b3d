use std::fmt;

use sha2::{Digest, Sha256};

/// The `sid` of a session, for observers in this process.
///
/// Whoever knows a `sid` can end that session by an unsigned front-channel request, so it must not get into logs, metrics,
/// traces or anybody else's hands. `Debug` and `Display` write its [`Fingerprint`] instead.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sid<'a>(&'a str);

impl<'a> Sid<'a> {
    /// Marks it as what it is.
    #[must_use]
    pub const fn new(sid: &'a str) -> Self {
        Self(sid)
    }

    /// The `sid` itself. Only to compare it, or to find something by it.
    #[must_use]
    pub const fn expose(self) -> &'a str {
        self.0
    }

    /// What may be shown of it.
    #[must_use]
    pub fn fingerprint(self) -> Fingerprint {
        let digest = Sha256::new().chain_update("curfew sid ").chain_update(self.0).finalize();
        let mut short = [0; 8];
        short.copy_from_slice(&digest[..8]);
        Fingerprint(short)
    }
}

impl fmt::Debug for Sid<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sid({})", self.fingerprint())
    }
}

impl fmt::Display for Sid<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fingerprint().fmt(formatter)
    }
}

/// A name by which observers tell sessions apart, and find the same session again at another party: 16 hexadecimal digits
/// of a hash of the `sid`. It is the same at the provider and at the app. From a `sid` of 128 random bits or more, which
/// OpenID Providers use, it leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 8]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The other crate has the same value in its test: observers compare them.
    #[test]
    fn a_sid_is_not_shown_and_its_fingerprint_is_the_same_everywhere() {
        let sid = Sid::new("c2Vzc2lvbi1vZi1hbGljZQ");
        assert_eq!(format!("{sid}"), "a87e65eaf0bc8996");
        assert_eq!(format!("{sid:?}"), "Sid(a87e65eaf0bc8996)");
        assert_ne!(Sid::new("another").fingerprint(), sid.fingerprint());
        assert_eq!(sid.expose(), "c2Vzc2lvbi1vZi1hbGljZQ");
    }
}
