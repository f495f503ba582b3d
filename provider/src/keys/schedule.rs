use crate::config::SigningAlg;

/// For how long clients may keep `/jwks`, in seconds: the `max-age` of its answer.
pub(super) const JWKS_LIFETIME: i64 = 300;

/// How long a new key is published before it signs, in seconds: the lifetime of every copy of `/jwks` that lacks it, and five
/// minutes for the provider to notice the key, and for clocks that differ.
pub(super) const PUBLISHED_BEFORE_USE: i64 = JWKS_LIFETIME + 300;

/// What a key is there for. It follows from when the keys begin to sign and from what time it is; nothing is written when it
/// changes, so there is nothing that a crash could interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that everybody knows it before it signs.
    Next {
        /// When it begins to sign, in seconds since the Unix epoch.
        signs_from: i64,
    },
    /// It signs.
    Active {
        /// Since when, in seconds since the Unix epoch.
        since: i64,
    },
    /// It signs no longer; what it signed is still good.
    Retired {
        /// Since when, in seconds since the Unix epoch.
        since: i64,
        /// Until when it verifies, in seconds since the Unix epoch.
        kept_until: i64,
    },
    /// Nothing that it signed can still matter. The next rotation removes it.
    Forgotten,
}

/// When a key of an algorithm begins to sign.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) alg: SigningAlg,
    /// Seconds since the Unix epoch.
    pub(super) signs_from: i64,
}

/// What each key is there for. A retired key is kept for so many seconds.
///
/// For each algorithm the key that began last signs; where none has begun (the clock was set back), the one that begins first.
pub(super) fn states(slots: &[Slot], now: i64, kept: i64) -> Vec<KeyState> {
    slots.iter().enumerate().map(|(index, _)| state(slots, index, now, kept)).collect()
}

fn state(slots: &[Slot], index: usize, now: i64, kept: i64) -> KeyState {
    let Slot { alg, signs_from } = slots[index];
    let others = || slots.iter().enumerate().filter(|(other, slot)| slot.alg == alg && *other != index);
    let order = |(index, slot): (usize, &Slot)| (slot.signs_from, index);
    let is_first = others().all(|other| order(other) > (signs_from, index));
    if signs_from > now && !is_first {
        return KeyState::Next { signs_from };
    }
    let successor = others().map(order).filter(|other| *other > (signs_from, index)).min();
    match successor {
        Some((since, _)) if since <= now => match since.saturating_add(kept) {
            kept_until if now < kept_until => KeyState::Retired { since, kept_until },
            _ => KeyState::Forgotten,
        },
        _ => KeyState::Active { since: signs_from },
    }
}

#[cfg(test)]
mod tests {
    use super::KeyState::{Active, Forgotten, Next, Retired};
    use super::*;

    const KEPT: i64 = 1000;

    #[test]
    fn one_key_of_each_algorithm_signs_at_any_time() {
        let at = |signs_from: &[i64], now| {
            let slot = |alg| move |signs_from: &i64| Slot { alg, signs_from: *signs_from };
            let rsa = signs_from.iter().map(slot(SigningAlg::RS256));
            // The other algorithm's keys play no part.
            let ec =
                [Slot { alg: SigningAlg::ES256, signs_from: 50 }, Slot { alg: SigningAlg::ES256, signs_from: 99_999 }];
            let slots: Vec<Slot> = rsa.chain(ec).collect();
            let mut states = states(&slots, now, KEPT);
            assert!(matches!(states.split_off(signs_from.len())[..], [Active { .. }, Next { .. }]));
            states
        };
        let retired = |since| Retired { since, kept_until: since + KEPT };
        let table: &[(&[i64], i64, &[KeyState])] = &[
            (&[0], 5, &[Active { since: 0 }]),
            (&[0, 100], 99, &[Active { since: 0 }, Next { signs_from: 100 }]),
            (&[0, 100], 100, &[retired(100), Active { since: 100 }]),
            (&[0, 100], 1099, &[retired(100), Active { since: 100 }]),
            (&[0, 100], 1100, &[Forgotten, Active { since: 100 }]),
            // The order in the file is not the order in time.
            (&[100, 0], 100, &[Active { since: 100 }, retired(100)]),
            (&[0, 100, 700], 150, &[retired(100), Active { since: 100 }, Next { signs_from: 700 }]),
            (&[0, 100, 700], 700, &[retired(100), retired(700), Active { since: 700 }]),
            (&[0, 100, 700], 1100, &[Forgotten, retired(700), Active { since: 700 }]),
            (&[0, 0], 1, &[retired(0), Active { since: 0 }]),
            // The clock was set back: somebody must sign.
            (&[100, 200], 50, &[Active { since: 100 }, Next { signs_from: 200 }]),
        ];
        for (signs_from, now, expected) in table {
            assert_eq!(at(signs_from, *now), *expected, "{signs_from:?} at {now}");
        }
    }

    #[test]
    fn a_new_key_is_known_everywhere_before_it_signs() {
        const { assert!(PUBLISHED_BEFORE_USE >= JWKS_LIFETIME + 300) };
        assert_eq!(crate::http::FIVE_MINUTES.1, format!("public, max-age={JWKS_LIFETIME}"), "what `/jwks` says");
    }
}
