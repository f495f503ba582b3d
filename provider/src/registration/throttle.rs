use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::http::SourceBucket;

/// More sources than this are not kept in mind; the one with the fewest registrations makes room.
const CAPACITY: usize = 10_000;
/// After as many in a row as the configuration says, there is one more registration per so many seconds.
const SECONDS_EACH: i64 = 30;

/// The limit on registering, per source of requests. Every request counts.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    /// When each source's registrations will be forgotten, in seconds since the Unix epoch.
    settled_at: Mutex<HashMap<SourceBucket, i64>>,
}

impl Throttle {
    /// Counts a registration; or says for how many seconds there may be none.
    pub(super) fn count(&self, source: SourceBucket, in_a_row: u32, now: i64) -> Result<(), i64> {
        let mut settled_at = self.settled_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = settled_at.get(&source).copied().unwrap_or(now).max(now) + SECONDS_EACH;
        let excess = next - now - i64::from(in_a_row) * SECONDS_EACH;
        if excess > 0 {
            return Err(excess);
        }
        make_room(&mut settled_at, source, now);
        settled_at.insert(source, next);
        Ok(())
    }

    /// Frees the memory of those who may register as often as anybody.
    pub(crate) fn forget_settled(&self, now: i64) {
        self.settled_at.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, settled_at| *settled_at > now);
    }
}

fn make_room(settled_at: &mut HashMap<SourceBucket, i64>, source: SourceBucket, now: i64) {
    if settled_at.len() < CAPACITY || settled_at.contains_key(&source) {
        return;
    }
    settled_at.retain(|_, settled_at| *settled_at > now);
    if settled_at.len() >= CAPACITY
        && let Some(least) = settled_at.iter().min_by_key(|(_, settled_at)| **settled_at).map(|(source, _)| *source)
    {
        settled_at.remove(&least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BURST: u32 = 50;

    #[test]
    fn one_source_registers_so_often_and_others_as_well() {
        let throttle = Throttle::default();
        let (here, there) = (SourceBucket::V4([192, 0, 2, 1]), SourceBucket::V4([192, 0, 2, 2]));
        for n in 0..BURST {
            assert_eq!(throttle.count(here, BURST, 1000), Ok(()), "{n}");
        }
        assert_eq!(throttle.count(here, BURST, 1000), Err(SECONDS_EACH));
        assert_eq!(throttle.count(here, BURST, 1010), Err(SECONDS_EACH - 10));
        assert_eq!(throttle.count(there, BURST, 1010), Ok(()));
        assert_eq!(throttle.count(here, BURST, 1000 + SECONDS_EACH), Ok(()), "one more");
        assert_eq!(throttle.count(here, BURST, 1000 + SECONDS_EACH), Err(SECONDS_EACH));
    }

    #[test]
    fn the_memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..CAPACITY as u32 + 100 {
            throttle.count(SourceBucket::V4(n.to_be_bytes()), BURST, 1000).unwrap();
        }
        assert_eq!(throttle.settled_at.lock().unwrap().len(), CAPACITY);
        throttle.forget_settled(1000 + SECONDS_EACH);
        assert!(throttle.settled_at.lock().unwrap().is_empty());
    }
}
