//! A run while it happens: what parties and windows tell, kept as it comes, and made into one account of it.

use std::collections::BTreeSet;

use super::clock::CLOCKS;
use super::compose::compose;
use super::stage::Window;
use super::wire::{FromWindow, Milliseconds, Report, Run, State, Verdict};

/// More than this is not kept of one run; a sign-out of ten tabs tells about 80.
pub const MOST_FACTS: usize = 600;

/// How long a run is listened to when nobody says when it is over, in milliseconds: longer than the slowest step of the
/// provider's page.
pub const LONGEST: Milliseconds = 12_000.0;

/// How long a run waits for whoever is asked by the provider who they are, in milliseconds.
pub const ASKED: Milliseconds = 120_000.0;

/// Where the provider asks during a sign-in.
const ASKING: [&str; 3] = ["/login", "/select_account", "/consent"];

/// A run in which nothing has been heard for so long is over, in milliseconds; longer than the provider waits for a frame.
pub const QUIET: Milliseconds = 2_500.0;

/// By so long a server's word may overtake a click's, in milliseconds.
const OVERTAKEN: Milliseconds = 2_000.0;

/// Something that was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// By a party, by the server's clock.
    Report(Report),
    /// By a window, with this name, by the lab's page's own clock.
    Window(String, FromWindow),
}

impl Fact {
    /// When it happened, by whose clock so ever.
    #[must_use]
    pub const fn at(&self) -> Milliseconds {
        match self {
            Self::Report(report) => report.at,
            Self::Window(_, told) => told.at(),
        }
    }
}

/// How things stood when a run began.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// The demo.
    pub state: State,
    /// The windows, in the order in which they were opened.
    pub windows: Vec<Window>,
}

/// The click that a run begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// By the lab's page's own clock.
    pub at: Milliseconds,
    /// As a date, in milliseconds since the Unix epoch.
    pub date: Milliseconds,
}

/// A run that is being recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    id: String,
    title: String,
    scenario: Option<String>,
    start: Start,
    before: Before,
    facts: Vec<Fact>,
    /// How far the server's clock is ahead of the lab's page's own, as far as that is known by now.
    ahead: Milliseconds,
    /// When something was heard last.
    heard: Milliseconds,
    /// The windows in which the provider asks somebody something.
    asked: BTreeSet<String>,
    /// When nobody was asked any more; at the start at first.
    answered: Milliseconds,
    /// Whether a server's word began it, and no click.
    is_told: bool,
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
        start: Start,
        before: Before,
        recent: impl IntoIterator<Item = Fact>,
    ) -> Self {
        let facts = recent.into_iter().collect();
        Self {
            id,
            title,
            scenario,
            start,
            before,
            facts,
            ahead: 0.0,
            is_told: false,
            heard: start.at,
            asked: BTreeSet::new(),
            answered: start.at,
            verdicts: Vec::new(),
        }
    }

    /// A server's word began it.
    pub const fn set_told(&mut self) {
        self.is_told = true;
    }

    /// Whether it began by a server's word about what follows from this click, which was heard of later.
    #[must_use]
    pub fn follows_from(&self, click: Milliseconds) -> bool {
        let since = self.start.at - click;
        self.is_told && (-CLOCKS..OVERTAKEN).contains(&since)
    }

    /// All that was told.
    #[must_use]
    pub fn into_facts(self) -> Vec<Fact> {
        self.facts
    }

    /// Whether it belongs to a scenario, which says when it is over.
    #[must_use]
    pub const fn is_scenario(&self) -> bool {
        self.scenario.is_some()
    }

    /// Takes in what was told; false if there is too much.
    pub fn take(&mut self, fact: Fact, now: Milliseconds) -> bool {
        self.heard = now;
        self.note_question(&fact, now);
        let has_room = !self.is_full();
        if has_room {
            self.facts.push(fact);
        }
        has_room
    }

    fn note_question(&mut self, fact: &Fact, now: Milliseconds) {
        let Fact::Window(name, told) = fact else { return };
        let asks = match told {
            FromWindow::State { origin, path, .. } => {
                *origin == self.before.state.provider && ASKING.contains(&path.as_str())
            }
            FromWindow::Gone { .. } => false,
            _ => return,
        };
        if asks {
            self.asked.insert(name.clone());
        } else if self.asked.remove(name) {
            self.answered = now;
        }
    }

    /// The server's clock is found to be so far ahead of the lab's page's own: by this all that it told is placed.
    pub const fn set_ahead(&mut self, ahead: Milliseconds) {
        self.ahead = ahead;
    }

    /// Whether there is no more room, so that what comes is not kept.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.facts.len() >= MOST_FACTS
    }

    /// Whether nothing more is to be expected of a run that is no scenario.
    #[must_use]
    pub fn is_over(&self, now: Milliseconds) -> bool {
        if self.asked.is_empty() {
            now - self.answered > LONGEST || now - self.heard > QUIET
        } else {
            now - self.heard > ASKED
        }
    }

    /// When something was heard last.
    #[must_use]
    pub const fn last(&self) -> Milliseconds {
        self.heard
    }

    /// Where a fact is in the run; none if it was before the click.
    fn placed(&self, fact: &Fact) -> Option<Fact> {
        let Start { at: click, date } = self.start;
        Some(match fact {
            Fact::Report(report) => {
                // What follows from the click can seem to be a little before it.
                let at = Some(report.at - self.ahead).filter(|at| *at >= click - CLOCKS)?.max(click);
                Fact::Report(Report { at: date + (at - click), ..report.clone() })
            }
            Fact::Window(name, told) => {
                let at = Some(told.at()).filter(|at| *at >= click)?;
                Fact::Window(name.clone(), told.clone().moved_to(date + (at - click)))
            }
        })
    }

    /// The account of it so far.
    #[must_use]
    pub fn run(&self) -> Run {
        let mut facts: Vec<Fact> = self.facts.iter().filter_map(|fact| self.placed(fact)).collect();
        // The click is the first, also where something was placed at it.
        let key = |fact: &Fact| (fact.at(), matches!(fact, Fact::Report(_)));
        facts.sort_by(|one, other| {
            let ((at, is_report), (than, other_is)) = (key(one), key(other));
            at.total_cmp(&than).then(is_report.cmp(&other_is))
        });
        let (windows, reports) = compose(self.start.date, &self.before, &facts);
        Run {
            id: self.id.clone(),
            title: self.title.clone(),
            scenario: self.scenario.clone(),
            started: self.start.date,
            topology: self.before.state.topology.clone(),
            switches: self.before.state.switches.clone(),
            windows,
            reports,
            verdicts: self.verdicts.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
