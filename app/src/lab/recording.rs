//! A run while it happens: what parties and windows tell, kept as it comes, and made into one account of it.

use super::compose::compose;
use super::stage::Window;
use super::wire::{FromWindow, Milliseconds, Report, Run, State, Verdict};

/// More than this is not kept of one run; a sign-out of ten tabs tells about 80.
pub const MOST_FACTS: usize = 600;

/// How long a run is listened to when nobody says when it is over, in milliseconds: longer than the slowest step of the
/// provider's page.
pub const LONGEST: Milliseconds = 12_000.0;

/// A run in which nothing has been heard for so long is over, in milliseconds; longer than the provider waits for a frame.
pub const QUIET: Milliseconds = 2_500.0;

/// Something that was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// By a party.
    Report(Report),
    /// By a window, with this name.
    Window(String, FromWindow),
}

impl Fact {
    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> Milliseconds {
        match self {
            Self::Report(report) => report.at,
            Self::Window(_, told) => match told {
                FromWindow::State { at, .. }
                | FromWindow::Click { at, .. }
                | FromWindow::Answer { at, .. }
                | FromWindow::Gone { at } => *at,
            },
        }
    }
}

/// What begins a run: `data-testid` and the title of the run. What is pressed later belongs to it.
const BEGINNINGS: [(&str, &str); 6] = [
    ("sign-in", "Sign-in"),
    ("sign-out", "Sign-out"),
    ("retry-sign-out", "Sign-out, tried again"),
    ("confirm-sign-out", "Sign-out at the provider"),
    ("end-all", "Sign-out everywhere"),
    ("end-session", "End of one session"),
];

/// The title of a run that begins with this, if one does.
#[must_use]
pub fn beginning(told: &FromWindow) -> Option<&'static str> {
    let FromWindow::Click { testid, .. } = told else { return None };
    BEGINNINGS.iter().find(|(known, _)| known == testid).map(|(_, title)| *title)
}

/// How things stood when a run began.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// The demo.
    pub state: State,
    /// The windows, in the order in which they were opened.
    pub windows: Vec<Window>,
}

/// A run that is being recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    id: String,
    title: String,
    scenario: Option<String>,
    started: Milliseconds,
    before: Before,
    facts: Vec<Fact>,
    /// What is expected, as far as it is decided.
    pub verdicts: Vec<Verdict>,
}

impl Recording {
    /// A run that begins now; what was told a moment before, and happened after, belongs to it.
    #[must_use]
    pub fn begin(
        id: String,
        title: String,
        scenario: Option<String>,
        started: Milliseconds,
        before: Before,
        recent: impl IntoIterator<Item = Fact>,
    ) -> Self {
        let facts = recent.into_iter().filter(|fact| fact.at() >= started).collect();
        Self { id, title, scenario, started, before, facts, verdicts: Vec::new() }
    }

    /// The time of its click.
    #[must_use]
    pub const fn started(&self) -> Milliseconds {
        self.started
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it belongs to a scenario, which says when it is over.
    #[must_use]
    pub const fn is_scenario(&self) -> bool {
        self.scenario.is_some()
    }

    /// Takes in what was told; false if it happened before the run, or there is too much.
    pub fn take(&mut self, fact: Fact) -> bool {
        let belongs = fact.at() >= self.started && self.facts.len() < MOST_FACTS;
        if belongs {
            self.facts.push(fact);
        }
        belongs
    }

    /// Whether nothing more is to be expected of a run that is no scenario.
    #[must_use]
    pub fn is_over(&self, now: Milliseconds) -> bool {
        now - self.started > LONGEST || now - self.last() > QUIET
    }

    /// When the last thing that was told happened.
    #[must_use]
    pub fn last(&self) -> Milliseconds {
        self.facts.iter().map(Fact::at).fold(self.started, f64::max)
    }

    /// The account of it so far.
    #[must_use]
    pub fn run(&self) -> Run {
        let mut facts = self.facts.clone();
        facts.sort_by(|one, other| one.at().total_cmp(&other.at()));
        let (windows, reports) = compose(self.started, &self.before, &facts);
        Run {
            id: self.id.clone(),
            title: self.title.clone(),
            scenario: self.scenario.clone(),
            started: self.started,
            topology: self.before.state.topology.clone(),
            switches: self.before.state.switches.clone(),
            windows,
            reports,
            verdicts: self.verdicts.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sample;
    use crate::lab::wire::{Kind, Place};

    fn click(at: f64, testid: &str) -> FromWindow {
        FromWindow::Click { at, testid: testid.to_owned() }
    }

    fn begun(recent: Vec<Fact>) -> Recording {
        let before = Before { state: sample::state(), windows: sample::windows(1) };
        Recording::begin("0123456789abcdef".to_owned(), "Sign-out".to_owned(), None, 1000.0, before, recent)
    }

    #[test]
    fn signing_in_and_out_begins_a_run_and_asking_the_api_does_not() {
        assert_eq!(beginning(&click(1.0, "sign-out")), Some("Sign-out"));
        assert_eq!(beginning(&click(1.0, "end-all")), Some("Sign-out everywhere"));
        assert_eq!(beginning(&click(1.0, "call-api")), None);
        assert_eq!(beginning(&FromWindow::Gone { at: 1.0 }), None);
    }

    #[test]
    fn what_overtook_the_click_belongs_to_the_run_and_what_was_before_does_not() {
        let ended = |at| Fact::Report(sample::inside(at, Place::Provider, Kind::Ended, &[]));
        let recording = begun(vec![ended(999.0), ended(1003.0)]);
        let run = recording.run();
        let ends: Vec<f64> =
            run.reports.iter().filter(|report| report.kind == Kind::Ended).map(|report| report.at).collect();
        assert_eq!(ends, [1003.0]);
    }

    #[test]
    fn a_run_is_bounded_in_time_and_size() {
        let mut recording = begun(Vec::new());
        let fact = |at| Fact::Report(sample::inside(at, Place::Provider, Kind::Ended, &[]));
        assert!(!recording.take(fact(999.9)), "before the click");
        for number in 0..MOST_FACTS {
            assert!(recording.take(fact(1000.0 + number as f64)), "{number}");
        }
        assert!(!recording.take(fact(2000.0)), "too much");
        assert!(!recording.is_over(1600.0 + QUIET - 2.0), "something may follow");
        assert!(recording.is_over(1600.0 + QUIET), "it has been quiet");
        assert!(recording.is_over(1000.0 + LONGEST + 1.0));
    }

    #[test]
    fn facts_that_come_in_another_order_tell_the_same_story() {
        let facts = [
            Fact::Window("app-a".to_owned(), click(1000.0, "sign-out")),
            Fact::Report(sample::inside(1002.0, Place::Provider, Kind::Ended, &[])),
            Fact::Report(sample::inside(1004.0, Place::AppB, Kind::Ended, &[("channel", "back-channel")])),
            Fact::Window(
                "app-b-1".to_owned(),
                sample::shows(1006.0, &sample::state().app_b, "signed-out", Some("push")),
            ),
        ];
        let (mut one, mut other) = (begun(Vec::new()), begun(Vec::new()));
        for fact in &facts {
            one.take(fact.clone());
        }
        for fact in facts.iter().rev() {
            other.take(fact.clone());
        }
        assert_eq!(one.run(), other.run());
    }
}
