//! The clocks of those who tell, and how their times get onto one scale.
//!
//! Browser and server may run by different clocks (the server in a virtual machine or in WSL2, the browser beside it), and
//! any clock of a system may be set while the lab is looked at. So all of a run is on the lab's page's own clock, which
//! nobody sets:
//!
//! - The server tells by a clock of its process that nobody sets either. The lab's page asks it for the time now and then;
//!   each answer bounds how far it is ahead ([`ServerClock`]). Where the bounds allow that it is the browser's system clock,
//!   as on one machine, it is taken for that; else for their middle. Its error is then at most half of the quickest of
//!   the last exchanges and 1 ms, on loopback together about 2 ms.
//! - Windows tell by the system's clock ([`SystemClock`]), which is the same for all pages of a browser, and so say how long
//!   ago something was when the lab hears of it ([`happened`]): to about 1 ms, in Firefox 2 ms.
//!
//! What the server tells is exact to itself, what one page tells likewise. Between a server and a window, or two windows,
//! what is closer than [`CLOCKS`] may be shown in the other order.

use std::collections::VecDeque;

use super::wire::Milliseconds;

/// What is told by two clocks and is no further apart than this can be at once, in milliseconds.
pub const CLOCKS: Milliseconds = 5.0;

/// How many exchanges with the server count: the quickest bounds best, and clocks drift.
const KEPT: usize = 8;

/// As finely as browsers let a page read a clock, in milliseconds.
const RESOLUTION: Milliseconds = 1.0;

/// How far a page's clock may be off from the system's until it is set anew, in milliseconds: browsers read neither exactly.
const SLACK: Milliseconds = 2.0;

/// No message is under way for so long, in milliseconds: a clock was set meanwhile.
const LONGEST_WAY: Milliseconds = 10_000.0;

/// How far the server's clock is ahead of the lab's page's, by what it said when it was asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerClock {
    /// The least and the most that each exchange allows.
    bounds: VecDeque<(Milliseconds, Milliseconds)>,
}

impl ServerClock {
    /// Asked and answered then, by the page's clock, the server `said` what its own shows. What contradicts this is of
    /// before one of the two stood still, as they do while a machine sleeps.
    pub fn exchanged(&mut self, asked: Milliseconds, said: Milliseconds, answered: Milliseconds) {
        let (least, most) = (said - answered - RESOLUTION, said - asked + RESOLUTION);
        self.bounds.retain(|before| before.0 <= most && least <= before.1);
        if self.bounds.len() == KEPT {
            self.bounds.pop_front();
        }
        self.bounds.push_back((least, most));
    }

    /// How far it is ahead; as far as the browser's system clock is, unless it said otherwise.
    #[must_use]
    pub fn ahead(&self, system: Milliseconds) -> Milliseconds {
        let least = self.bounds.iter().map(|bound| bound.0).fold(f64::NEG_INFINITY, f64::max);
        let most = self.bounds.iter().map(|bound| bound.1).fold(f64::INFINITY, f64::min);
        if least <= system && system <= most { system } else { f64::midpoint(least, most) }
    }
}

/// The clock of the browser's system, read as finely as the page's own. That one stands still while the machine sleeps
/// (w3c/hr-time#115), and each page begins it by the system's clock as it was at some time: it counts for as long as the
/// system's does not contradict it. `window.js` does the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SystemClock {
    /// When the page's own clock began, by the system's.
    begun: Milliseconds,
}

impl SystemClock {
    /// By what the browser says of the page's beginning.
    #[must_use]
    pub const fn new(begun: Milliseconds) -> Self {
        Self { begun }
    }

    /// The time, where the system's clock showed whole milliseconds between two looks at the page's own.
    pub fn read(&mut self, before: Milliseconds, system: Milliseconds, after: Milliseconds) -> Milliseconds {
        let is_so = self.begun + before <= system + RESOLUTION + SLACK && self.begun + after >= system - SLACK;
        if !is_so {
            self.begun = system + RESOLUTION / 2.0 - f64::midpoint(before, after);
        }
        self.begun + after
    }
}

/// When it was, by the page's own clock, that a window tells now. Nothing is told before it has happened, nor long after: if
/// the clocks say so, one was set between, and it counts as of now.
#[must_use]
pub fn happened(at: Milliseconds, system_now: Milliseconds, now: Milliseconds) -> Milliseconds {
    let ago = system_now - at;
    if (0.0..=LONGEST_WAY).contains(&ago) { now - ago } else { now }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Milliseconds = 3_600_000.0;

    /// An exchange that took so long each way with a server that is so far ahead.
    fn exchange(clock: &mut ServerClock, at: f64, there: f64, back: f64, ahead: f64) {
        clock.exchanged(at, at + there + ahead, at + there + back);
    }

    #[test]
    fn a_server_of_the_same_system_has_its_clock_however_slow_the_exchange() {
        let mut clock = ServerClock::default();
        let system = 1_790_000_000_000.0;
        assert_eq!(clock.ahead(system), system, "nothing is known yet");
        exchange(&mut clock, 10.0, 0.4, 180.0, system);
        assert_eq!(clock.ahead(system), system);
    }

    #[test]
    fn a_server_of_another_clock_is_known_to_half_of_the_quickest_exchange() {
        for ahead in [-HOUR, -1_000.0, -40.0, 40.0, 1_000.0, HOUR] {
            let mut clock = ServerClock::default();
            for (at, there, back) in [(0.0, 30.0, 2.0), (100.0, 0.5, 1.1), (200.0, 1.0, 60.0)] {
                exchange(&mut clock, at, there, back, ahead);
            }
            let error = (clock.ahead(0.0) - ahead).abs();
            assert!(error <= 0.8 + RESOLUTION, "{error} ms for {ahead}");
        }
    }

    #[test]
    fn a_clock_that_stood_still_is_found_out_by_the_next_exchange() {
        let mut clock = ServerClock::default();
        for number in 0..20 {
            exchange(&mut clock, 1_000.0 * f64::from(number), 0.5, 0.5, 40.0);
        }
        assert_eq!(clock.bounds.len(), KEPT);
        exchange(&mut clock, 30_000.0, 0.5, 0.5, 40.0 + HOUR);
        assert!((clock.ahead(0.0) - 40.0 - HOUR).abs() <= 0.5 + RESOLUTION);
    }

    #[test]
    fn a_page_that_agrees_with_the_system_is_read_as_finely_as_it_goes() {
        let mut clock = SystemClock::new(1_000.0);
        assert_eq!(clock.read(5.25, 1_005.0, 5.5), 1_005.5);
        // Between the two looks the machine did something else for a while.
        assert_eq!(clock.read(6.0, 1_030.0, 45.0), 1_045.0);
        assert_eq!(clock, SystemClock::new(1_000.0));
    }

    #[test]
    fn a_page_that_is_off_has_the_systems_time() {
        for off in [-HOUR, -1_000.0, -40.0, -4.0, 4.0, 40.0, 1_000.0, HOUR] {
            let mut clock = SystemClock::new(1_000.0 + off);
            assert_eq!(clock.read(5.0, 1_005.0, 5.0), 1_005.5, "{off}");
            assert_eq!(clock.read(6.25, 1_006.0, 6.25), 1_006.75, "{off}: as finely from then on");
        }
        // It slept.
        let mut clock = SystemClock::new(1_000.0);
        assert_eq!(clock.read(5.0, 1_005.0 + HOUR, 5.0), 1_005.5 + HOUR);
    }

    #[test]
    fn what_a_window_tells_was_as_long_ago_as_it_says() {
        assert_eq!(happened(9_000.0, 9_004.0, 500.0), 496.0);
        for impossible in [9_000.5, 9_004.0 + HOUR, 9_004.0 - HOUR] {
            assert_eq!(happened(impossible, 9_000.0, 500.0), 500.0, "{impossible}");
        }
    }
}
