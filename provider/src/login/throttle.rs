use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::SourceBucket;

/// More names and sources than this are not kept in mind; the one with the fewest failures makes room.
const CAPACITY: usize = 10_000;

/// So many refusals are put on record at once, at most.
const RECORDED_AT_ONCE: usize = 16;

/// How many wrong passwords in a row, and one more per so many seconds.
#[derive(Clone, Copy, Debug)]
struct Limit {
    burst: i64,
    seconds_each: i64,
}

const PER_USERNAME: Limit = Limit { burst: 10, seconds_each: 30 };
const PER_SOURCE: Limit = Limit { burst: 50, seconds_each: 6 };

/// The limit on guessing passwords: per user name, and per source of requests. Counts failures only.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// When each key's failures will be forgotten, in seconds since the Unix epoch: each adds `seconds_each`.
    settled_at: Mutex<HashMap<Key, i64>>,
    recording: Arc<Semaphore>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { settled_at: Mutex::default(), recording: Arc::new(Semaphore::new(RECORDED_AT_ONCE)) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// Hashed, to bound its size.
    Username([u8; 32]),
    Source(SourceBucket),
}

/// An attempt that counts as a failure until it is refunded, so that attempts at the same time count as well.
#[derive(Debug)]
#[must_use]
pub(super) struct Attempt([(Key, Limit); 2]);

/// There were too many failures.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) seconds: i64,
}

impl Throttle {
    /// Begins an attempt, unless there were too many failures.
    pub(super) fn begin(&self, username: &str, source: SourceBucket, now: i64) -> Result<Attempt, Wait> {
        let keys = [(Key::Username(Sha256::digest(username).into()), PER_USERNAME), (Key::Source(source), PER_SOURCE)];
        let mut settled_at = self.settled_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = |settled_at: &HashMap<Key, i64>, key: &Key, limit: Limit| {
            settled_at.get(key).copied().unwrap_or(now).max(now) + limit.seconds_each
        };
        let excess =
            |(key, limit): &(Key, Limit)| next(&settled_at, key, *limit) - now - limit.burst * limit.seconds_each;
        let seconds = keys.iter().map(excess).max().unwrap_or_default();
        if seconds > 0 {
            return Err(Wait { seconds });
        }
        for (key, limit) in &keys {
            make_room(&mut settled_at, key, now);
            let next = next(&settled_at, key, *limit);
            settled_at.insert(*key, next);
        }
        Ok(Attempt(keys))
    }

    /// The attempt was no failure.
    pub(super) fn refund(&self, attempt: Attempt) {
        let mut settled_at = self.settled_at.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, limit) in attempt.0 {
            if let Some(settled_at) = settled_at.get_mut(&key) {
                *settled_at -= limit.seconds_each;
            }
        }
    }

    /// Held while a refusal is put on record. `None`: too many are at it.
    pub(super) fn turn_to_record(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.recording).try_acquire_owned().ok()
    }

    /// Frees the memory of those who may try as often as anybody.
    pub(crate) fn forget_settled(&self, now: i64) {
        self.settled_at.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, settled_at| *settled_at > now);
    }
}

fn make_room(settled_at: &mut HashMap<Key, i64>, key: &Key, now: i64) {
    if settled_at.len() < CAPACITY || settled_at.contains_key(key) {
        return;
    }
    settled_at.retain(|_, settled_at| *settled_at > now);
    if settled_at.len() >= CAPACITY
        && let Some(least) = settled_at.iter().min_by_key(|(_, settled_at)| **settled_at).map(|(key, _)| *key)
    {
        settled_at.remove(&least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: SourceBucket = SourceBucket::V4([192, 0, 2, 1]);
    const THERE: SourceBucket = SourceBucket::V4([192, 0, 2, 2]);

    fn fail(throttle: &Throttle, username: &str, source: SourceBucket, now: i64) -> Result<(), Wait> {
        throttle.begin(username, source, now).map(drop)
    }

    #[test]
    fn guessing_one_password_from_everywhere_ends_soon() {
        let throttle = Throttle::default();
        for n in 0..10 {
            assert_eq!(fail(&throttle, "alice", SourceBucket::V4([n, 0, 0, 1]), 1000), Ok(()), "{n}");
        }
        assert_eq!(fail(&throttle, "alice", THERE, 1000), Err(Wait { seconds: 30 }));
        assert_eq!(fail(&throttle, "alice", THERE, 1010), Err(Wait { seconds: 20 }));
        assert_eq!(fail(&throttle, "bob", THERE, 1010), Ok(()));
        assert_eq!(fail(&throttle, "alice", THERE, 1030), Ok(()), "one more every 30 seconds");
        assert_eq!(fail(&throttle, "alice", THERE, 1030), Err(Wait { seconds: 30 }));
    }

    #[test]
    fn guessing_many_passwords_from_one_place_ends_too() {
        let throttle = Throttle::default();
        for n in 0..50 {
            assert_eq!(fail(&throttle, &n.to_string(), HERE, 1000), Ok(()), "{n}");
        }
        assert_eq!(fail(&throttle, "alice", HERE, 1000), Err(Wait { seconds: 6 }));
        assert_eq!(fail(&throttle, "alice", THERE, 1000), Ok(()));
    }

    #[test]
    fn successes_do_not_count() {
        let throttle = Throttle::default();
        for _ in 0..100 {
            let attempt = throttle.begin("alice", HERE, 1000).unwrap();
            throttle.refund(attempt);
        }
        assert_eq!(fail(&throttle, "alice", HERE, 1000), Ok(()));
    }

    #[test]
    fn attempts_at_the_same_time_count() {
        let throttle = Throttle::default();
        let under_way: Vec<Attempt> = (0..10).map(|_| throttle.begin("alice", HERE, 1000).unwrap()).collect();
        assert!(throttle.begin("alice", HERE, 1000).is_err());
        under_way.into_iter().for_each(|attempt| throttle.refund(attempt));
        assert!(throttle.begin("alice", HERE, 1000).is_ok());
    }

    #[test]
    fn the_memory_is_bounded() {
        let throttle = Throttle::default();
        let source = |n: u32| SourceBucket::V4(n.to_be_bytes());
        for _ in 0..9 {
            fail(&throttle, "alice", HERE, 1000).unwrap();
        }
        for n in 0..6_000 {
            fail(&throttle, &n.to_string(), source(n), 1000).unwrap();
        }
        assert!(throttle.settled_at.lock().unwrap().len() <= CAPACITY);
        fail(&throttle, "alice", THERE, 1000).unwrap();
        assert!(fail(&throttle, "alice", THERE, 1000).is_err(), "those who failed most are kept in mind");
        throttle.forget_settled(1000 + 3600);
        assert!(throttle.settled_at.lock().unwrap().is_empty());
    }
}
