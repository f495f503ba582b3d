use std::collections::HashSet;
use std::mem;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::ProofError;
use crate::proof::WINDOW;

/// So many proofs are remembered for each period, in at most 100 MB or so; more are refused until the next.
pub(crate) const CAPACITY: usize = 1_000_000;

/// Long enough: whoever was seen in one period is remembered to the end of the next.
const PERIOD: u64 = 2 * WINDOW;

/// The proofs that were seen lately, in two generations.
#[derive(Debug)]
pub(super) struct Replay {
    capacity: usize,
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    period: u64,
    current: HashSet<[u8; 32]>,
    previous: HashSet<[u8; 32]>,
}

impl Replay {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, generations: Mutex::default() }
    }

    /// Remembers the proof, and refuses it if it was seen before, or if there is no room to remember it.
    pub(super) fn first_sight(&self, jkt: &str, jti: &str, now: u64) -> Result<(), ProofError> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.advance(now / PERIOD);
        let proof = Sha256::digest(format!("{jkt} {jti}")).into();
        if generations.previous.contains(&proof) || generations.current.contains(&proof) {
            return Err(ProofError::Replayed);
        }
        if generations.current.len() >= self.capacity {
            return Err(ProofError::Full);
        }
        generations.current.insert(proof);
        Ok(())
    }
}

impl Generations {
    fn advance(&mut self, period: u64) {
        if period > self.period {
            let before = mem::take(&mut self.current);
            self.previous = if period == self.period + 1 { before } else { HashSet::new() };
            self.period = period;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_new_once_as_long_as_its_time_is_accepted() {
        let replay = Replay::new(3);
        assert_eq!(replay.first_sight("key", "1", PERIOD - 1), Ok(()));
        for later in [PERIOD - 1, PERIOD, 2 * PERIOD - 1] {
            assert_eq!(replay.first_sight("key", "1", later), Err(ProofError::Replayed), "{later}");
        }
        assert_eq!(replay.first_sight("key", "2", PERIOD), Ok(()));
        assert_eq!(replay.first_sight("other", "1", PERIOD), Ok(()), "a jti is of its key");
        assert_eq!(replay.first_sight("key", "1", 3 * PERIOD), Ok(()), "its iat would be refused");
    }

    /// A clock that is set back forgets nothing.
    #[test]
    fn time_that_goes_back_forgets_nothing() {
        let replay = Replay::new(3);
        assert_eq!(replay.first_sight("key", "1", 5 * PERIOD), Ok(()));
        assert_eq!(replay.first_sight("key", "1", PERIOD), Err(ProofError::Replayed));
    }

    #[test]
    fn what_cannot_be_remembered_is_refused() {
        let replay = Replay::new(3);
        for n in 0..3 {
            assert_eq!(replay.first_sight("key", &n.to_string(), 0), Ok(()));
        }
        assert_eq!(replay.first_sight("key", "one more", 0), Err(ProofError::Full));
        assert_eq!(replay.first_sight("key", "one more", PERIOD), Ok(()));
    }
}
