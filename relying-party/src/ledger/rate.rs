use std::sync::{Mutex, PoisonError};

/// So many a minute, counted anew each minute.
#[derive(Debug)]
pub(super) struct Rate {
    per_minute: u32,
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    minute: u64,
    used: u32,
}

impl Rate {
    pub(super) fn per_minute(per_minute: u32) -> Self {
        Self { per_minute, window: Mutex::default() }
    }

    /// Takes one of this minute's, if there is one left. `now` is in seconds.
    pub(super) fn allows(&self, now: u64) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.minute != now / 60 {
            *window = Window { minute: now / 60, used: 0 };
        }
        let allowed = window.used < self.per_minute;
        window.used += u32::from(allowed);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_so_many_and_the_next_has_them_again() {
        let rate = Rate::per_minute(2);
        assert_eq!([60, 61, 119, 120, 121, 122].map(|now| rate.allows(now)), [true, true, false, true, true, false]);
        assert!(!Rate::per_minute(0).allows(0));
    }
}
