//! Whose pages do not know how the switches stand.

use app::lab::stage::Party;
use app::lab::wire::Switches;

/// Pages know when they are loaded whether there is push and broadcast, and how to renew. Those of an app that is off cannot
/// be loaded until it is there again.
#[derive(Debug, Default)]
pub(crate) struct Outdated(Vec<Party>);

impl Outdated {
    /// The apps whose pages are to be loaded anew now that the switches were changed.
    pub(crate) fn reload(&mut self, was: &Switches, now: &Switches) -> Vec<Party> {
        if was.needs_other_pages(now) {
            self.0 = vec![Party::AppA, Party::AppB];
        }
        let (reload, later) = self.0.drain(..).partition(|party| party.is_on(now));
        self.0 = later;
        reload
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_an_app_that_is_off_are_loaded_when_it_is_there_again() {
        let on = Switches::default();
        let off = Switches { app_b: false, ..on.clone() };
        let changed = Switches { push: false, ..off.clone() };
        let back = Switches { app_b: true, ..changed.clone() };
        let mut outdated = Outdated::default();
        assert_eq!(outdated.reload(&on, &off), []);
        assert_eq!(outdated.reload(&off, &changed), [Party::AppA]);
        assert_eq!(outdated.reload(&changed, &back), [Party::AppB]);
        assert_eq!(outdated.reload(&back, &back), []);
    }

    #[test]
    fn pages_of_an_app_that_was_off_and_missed_nothing_stay() {
        let on = Switches::default();
        let off = Switches { app_b: false, ..on.clone() };
        let mut outdated = Outdated::default();
        assert_eq!((outdated.reload(&on, &off), outdated.reload(&off, &on)), (vec![], vec![]));
        assert_eq!(outdated.reload(&on, &Switches { push: false, ..on.clone() }), [Party::AppA, Party::AppB]);
        assert_eq!(outdated.reload(&on, &Switches { slow_app_b: 100, ..on.clone() }), []);
    }
}
