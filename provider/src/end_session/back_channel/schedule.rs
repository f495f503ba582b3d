//! When a failed attempt is repeated: pure functions. BCL-10, BCL-11

use std::time::Duration;

use aws_lc_rs::rand;

use super::send::SendError;
use crate::store::outbox::Entry;

/// The gap after the first attempt; it doubles with each further one.
const FIRST_GAP: Duration = Duration::from_secs(1);
/// How long an app counts as being restarted rather than as being gone, in seconds since the session ended.
const FIRST_HOUR: i64 = 60 * 60;
/// Where doubling ends in the first hour: with half as much again for jitter, and with the time that an app has to answer,
/// attempts are at most 30 s apart.
const LONGEST_GAP_AT_FIRST: Duration = Duration::from_secs(18);
/// Where doubling ends later: attempts are at most 5 min apart.
const LONGEST_GAP: Duration = Duration::from_secs(190);
/// An app that asks for more is asked again all the same: its users count on it.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(5 * 60);
/// How often 400 is answered by another attempt. The specification has an app say 400 also when its own sign-out failed,
/// which may pass; a token that the app does not like will not get better.
const RETRIES_OF_REJECTED: i64 = 3;

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// In milliseconds since the Unix epoch.
    TryAgain {
        at_ms: i64,
    },
    GiveUp,
}

/// What follows this failure of an entry. `random` is in `0.0..1.0`.
pub(super) fn next(entry: &Entry, error: &SendError, now_ms: i64, random: f64) -> Next {
    if error.is_final() || error.is_rejection() && entry.rejections >= RETRIES_OF_REJECTED {
        return Next::GiveUp;
    }
    let age = now_ms / 1000 - entry.toe;
    let asked_for = error.retry_after().unwrap_or_default().min(LONGEST_RETRY_AFTER);
    let gap = backoff(entry.attempts + 1, age, random).max(asked_for);
    let at_ms = now_ms.saturating_add(i64::try_from(gap.as_millis()).unwrap_or(i64::MAX));
    // It is given up then, and not an attempt later.
    Next::TryAgain { at_ms: at_ms.min(entry.expires_at.saturating_mul(1000)) }
}

/// The gap after so many attempts, for an entry of this age in seconds. The jitter makes it up to half as long again, so
/// while the gaps double, each is longer than the one before whatever `random` is.
fn backoff(attempts: i64, age: i64, random: f64) -> Duration {
    let longest = if age < FIRST_HOUR { LONGEST_GAP_AT_FIRST } else { LONGEST_GAP };
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 31)).unwrap_or(0);
    let gap = FIRST_GAP.saturating_mul(2_u32.saturating_pow(doublings)).min(longest);
    gap.mul_f64(1.0 + random.clamp(0.0, 1.0) / 2.0)
}

/// A random number in `0.0..1.0`; without randomness there is no jitter, and nothing else is lost.
pub(super) fn random() -> f64 {
    let mut bytes = [0; 4];
    if rand::fill(&mut bytes).is_err() {
        return 0.0;
    }
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::Forbidden;
    use proptest::prelude::*;
    use reqwest::StatusCode;

    const NOW: i64 = 1_800_000_000;

    fn entry(attempts: i64, rejections: i64) -> Entry {
        Entry {
            id: 1,
            logout_id: 1,
            client_id: "app".into(),
            sid: "sid".into(),
            sub: "sub".into(),
            toe: NOW,
            attempts,
            rejections,
            expires_at: NOW + 86_400,
        }
    }

    fn status(status: u16, retry_after: Option<u64>) -> SendError {
        let status = StatusCode::from_u16(status).unwrap();
        SendError::Status { status, retry_after: retry_after.map(Duration::from_secs) }
    }

    /// BCL-11
    #[test]
    fn the_gaps() {
        let table = [
            // attempts, age, shortest and longest gap in milliseconds
            (1, 0, 1000, 1500),
            (2, 1, 2000, 3000),
            (3, 4, 4000, 6000),
            (4, 10, 8000, 12_000),
            (5, 22, 16_000, 24_000),
            (6, 46, 18_000, 27_000),
            (7, 73, 18_000, 27_000),
            (150, 3599, 18_000, 27_000),
            (150, 3600, 190_000, 285_000),
            (i64::MAX, i64::MAX, 190_000, 285_000),
            // A clock that was set back, and what cannot be.
            (1, -100, 1000, 1500),
            (0, 0, 1000, 1500),
        ];
        for (attempts, age, shortest, longest) in table {
            assert_eq!(backoff(attempts, age, 0.0).as_millis(), shortest, "{attempts} {age}");
            assert_eq!(backoff(attempts, age, 1.0).as_millis(), longest, "{attempts} {age}");
        }
    }

    #[test]
    fn what_follows_a_failure() {
        let again = |seconds: i64| Next::TryAgain { at_ms: (NOW + seconds) * 1000 };
        let mut expiring = entry(5, 0);
        expiring.expires_at = NOW + 10;
        let table = [
            (entry(0, 0), SendError::Refused, again(1)),
            (entry(0, 0), SendError::Timeout, again(1)),
            (entry(1, 0), SendError::Connection, again(2)),
            (entry(1, 0), SendError::NoTarget, again(2)),
            (entry(0, 0), SendError::Forbidden(Forbidden::Private), Next::GiveUp),
            (entry(2, 0), status(500, None), again(4)),
            (entry(9, 9), status(500, None), again(18)),
            (entry(0, 0), status(503, Some(0)), again(1)),
            (entry(0, 0), status(503, Some(120)), again(120)),
            (entry(0, 0), status(429, Some(60)), again(60)),
            (entry(3, 0), status(503, Some(2)), again(8)),
            (entry(0, 0), status(503, Some(u64::MAX)), again(300)),
            (entry(0, 0), status(400, None), again(1)),
            (entry(1, 1), status(400, None), again(2)),
            (entry(2, 2), status(400, None), again(4)),
            (entry(3, 3), status(400, None), Next::GiveUp),
            (entry(3, 3), status(401, None), again(8)),
            (expiring, SendError::Timeout, again(10)),
        ];
        for (entry, error, expected) in table {
            assert_eq!(next(&entry, &error, NOW * 1000, 0.0), expected, "{error} {entry:?}");
        }
    }

    #[test]
    fn random_numbers_are_fractions_and_differ() {
        let numbers: Vec<f64> = (0..100).map(|_| random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number != numbers[0]));
    }

    proptest! {
        /// BCL-11: never at once, never out of bounds, and never sooner for having failed more often or for longer.
        #[test]
        fn the_schedule_is_monotone_within_bounds(
            attempts in 1_i64..1000, age in 0_i64..100_000, random in 0.0_f64..1.0, other in 0.0_f64..1.0,
        ) {
            let gap = backoff(attempts, age, random);
            let most = if age < FIRST_HOUR { 28 } else { 298 };
            prop_assert!(gap >= FIRST_GAP && gap <= Duration::from_secs(most), "{gap:?}");
            prop_assert!(backoff(attempts + 1, age, random) >= gap);
            prop_assert!(backoff(attempts, age + 1, random) >= gap);
            prop_assert!(backoff(attempts, age, random.max(other)) >= gap);
            if attempts < 5 {
                prop_assert!(backoff(attempts + 1, age, other) > gap, "while it doubles, whatever the jitter");
            }
        }

        /// However an app fails, the entry is tried again or given up by the end of its time, and never in the past.
        #[test]
        fn nothing_waits_for_longer_than_it_is_worth(
            attempts in 0_i64..1000, rejections in 0_i64..4, code in 300_u16..600, retry_after in any::<Option<u64>>(),
            random in 0.0_f64..1.0, age in 0_i64..86_400,
        ) {
            let entry = entry(attempts, rejections);
            let now_ms = (entry.toe + age) * 1000;
            if let Next::TryAgain { at_ms } = next(&entry, &status(code, retry_after), now_ms, random) {
                let end_ms = entry.expires_at * 1000;
                prop_assert!(at_ms >= (now_ms + 1000).min(end_ms) && at_ms <= end_ms);
                prop_assert!(at_ms - now_ms <= 300_000);
            } else {
                prop_assert!(code == 400 && rejections == 3);
            }
        }
    }
}
