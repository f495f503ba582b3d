//! A scenario in which the lab's page was loaded again: its run is lost, and what it changed is put back.

use app::lab::scenario::Scenario;
use app::lab::wire::Switches;
use serde::{Deserialize, Serialize};

use crate::browser::Problem;

/// What is kept of a scenario while it runs, as long as the tab of the lab is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interrupted {
    /// Its id.
    scenario: String,
    /// How the switches stood before it.
    pub(crate) before: Switches,
}

impl Interrupted {
    pub(crate) fn new(scenario: &Scenario, before: &Switches) -> Self {
        Self { scenario: scenario.id.to_owned(), before: before.clone() }
    }

    /// Only a scenario of this lab has been interrupted.
    pub(crate) fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok().filter(|interrupted: &Self| interrupted.scenario().is_some())
    }

    pub(crate) fn write(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    pub(crate) fn scenario(&self) -> Option<&'static Scenario> {
        Scenario::find(&self.scenario)
    }

    /// What is said of it, when it has been tried to put the switches back that were found like this.
    pub(crate) fn sentence(&self, found: &Switches, put_back: &Result<(), Problem>) -> String {
        let reload =
            if found.needs_other_pages(&self.before) { " Reload the demo’s windows, so that they know." } else { "" };
        match put_back {
            Ok(()) if *found == self.before => self.say("The switches stand as before."),
            Ok(()) => self.say(&format!("The switches have been put back as they were before.{reload}")),
            Err(problem) => self.not_put_back(problem),
        }
    }

    /// What is said where nothing could be done.
    pub(crate) fn not_put_back(&self, problem: &Problem) -> String {
        self.say(&format!("What it changed is not put back: {problem} Reload this page to try again."))
    }

    fn say(&self, more: &str) -> String {
        let title = self.scenario().map_or("", |scenario| scenario.title);
        format!("This page was loaded again while “{title}” ran, so the run is lost. {more}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asleep() -> Interrupted {
        Interrupted::new(Scenario::find("laptop-asleep").unwrap(), &Switches::default())
    }

    #[test]
    fn what_is_kept_is_read_again_and_nothing_else_is() {
        let json = asleep().write().unwrap();
        assert_eq!(Interrupted::read(&json), Some(asleep()));
        for other in ["", "null", "{}", &json.replace("laptop-asleep", "unknown"), &json.replace("\"push\":true,", "")]
        {
            assert_eq!(Interrupted::read(other), None, "{other}");
        }
    }

    #[test]
    fn it_is_said_what_has_become_of_the_switches() {
        let said = |found: Switches, result| asleep().sentence(&found, &result);
        let lost = "This page was loaded again while “Laptop asleep” ran, so the run is lost.";
        assert_eq!(said(Switches::default(), Ok(())), format!("{lost} The switches stand as before."));
        let without_b = Switches { app_b: false, ..Switches::default() };
        let back = "The switches have been put back as they were before.";
        assert_eq!(said(without_b, Ok(())), format!("{lost} {back}"));
        let asleep = Switches { push: false, ..Switches::default() };
        assert_eq!(
            said(asleep.clone(), Ok(())),
            format!("{lost} {back} Reload the demo’s windows, so that they know.")
        );
        let refused = Err(Problem::Refused("App B did not start.".to_owned()));
        let not = "What it changed is not put back: App B did not start. Reload this page to try again.";
        assert_eq!(said(asleep, refused), format!("{lost} {not}"));
    }
}
