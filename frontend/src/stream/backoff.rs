/// Waits between tries that double up to a limit, each shortened by chance, so that many tabs do not come back at once.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

/// The longest first wait, in milliseconds.
const FIRST: u32 = 500;

/// The longest wait of all, in milliseconds.
const LONGEST: u32 = 15_000;

impl Backoff {
    /// The next wait in milliseconds: between half and all of the step. `jitter` gives a number below its argument.
    pub(crate) fn next(&mut self, jitter: impl FnOnce(u32) -> u32) -> u32 {
        let step = FIRST.saturating_mul(1 << self.tries.min(16)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        step / 2 + jitter(step / 2 + 1)
    }

    /// Begins anew, after a success.
    pub(crate) const fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let mut shortest = Backoff::default();
        let mut longest = Backoff::default();
        let waits: Vec<_> = (0..8).map(|_| (shortest.next(|_| 0), longest.next(|limit| limit - 1))).collect();
        assert_eq!(
            waits,
            [
                (250, 500),
                (500, 1_000),
                (1_000, 2_000),
                (2_000, 4_000),
                (4_000, 8_000),
                (7_500, 15_000),
                (7_500, 15_000),
                (7_500, 15_000)
            ]
        );
        longest.reset();
        assert_eq!(longest.next(|_| 0), 250);
    }

    #[test]
    fn it_never_overflows() {
        let mut backoff = Backoff { tries: u32::MAX };
        assert_eq!(backoff.next(|_| 0), 7_500);
    }
}
