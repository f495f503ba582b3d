use std::fmt;

use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::RandomError;

/// After so many seconds a new nonce is given out; the one before stays good as long again.
const PERIOD: u64 = 300;

/// Nonces that need no memory: each follows from the time and a key of this process.
pub(super) struct Nonces(hmac::Key);

impl Nonces {
    pub(super) fn new() -> Result<Self, RandomError> {
        let mut key = [0; 32];
        rand::fill(&mut key).map_err(|_| RandomError)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// The one to use from now on.
    pub(super) fn current(&self, now: u64) -> String {
        self.of_period(now / PERIOD)
    }

    /// Whether it was given out lately.
    pub(super) fn accepts(&self, nonce: &str, now: u64) -> bool {
        let period = now / PERIOD;
        [period, period.saturating_sub(1)]
            .into_iter()
            .any(|period| bool::from(self.of_period(period).as_bytes().ct_eq(nonce.as_bytes())))
    }

    fn of_period(&self, period: u64) -> String {
        let tag = hmac::sign(&self.0, &period.to_be_bytes());
        URL_SAFE_NO_PAD.encode(&tag.as_ref()[..16])
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonces")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_for_its_period_and_the_next() {
        let (nonces, others) = (Nonces::new().unwrap(), Nonces::new().unwrap());
        let nonce = nonces.current(2 * PERIOD);
        for (now, good) in [(2 * PERIOD - 1, false), (2 * PERIOD, true), (4 * PERIOD - 1, true), (4 * PERIOD, false)] {
            assert_eq!(nonces.accepts(&nonce, now), good, "{now}");
        }
        assert!(!others.accepts(&nonce, 2 * PERIOD));
        assert!(!nonces.accepts("", 2 * PERIOD));
        assert_ne!(nonces.current(0), nonces.current(PERIOD));
    }
}
