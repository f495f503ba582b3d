use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the provider takes the time from: milliseconds since the Unix epoch.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Self(Arc::new(move || u64::try_from(now()).unwrap_or(u64::MAX)))
    }

    /// A clock that shows what `seconds` returns, in seconds since the Unix epoch.
    #[must_use]
    pub fn from_fn(seconds: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(move || seconds().saturating_mul(1000)))
    }

    /// A clock that stands still at `seconds` until its [`ManualClock`] moves it.
    #[must_use]
    pub fn manual(seconds: u64) -> (Self, ManualClock) {
        let time = Arc::new(AtomicU64::new(seconds));
        let shown = Arc::clone(&time);
        (Self::from_fn(move || shown.load(Ordering::SeqCst)), ManualClock(time))
    }

    /// The time, in seconds since the Unix epoch; signed, as claims and SQLite's integers are.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now_ms() / 1000
    }

    /// The time, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        i64::try_from((self.0)()).unwrap_or(i64::MAX)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// Moves a [`Clock`] made by [`Clock::manual`].
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// Moves the clock on by so many seconds.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}
