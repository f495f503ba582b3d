//! What is known, and what is done about it: the lab's one place of state.

mod actions;
mod archive;
mod hearing;
mod replay;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use app::lab::clock::ServerClock;
use app::lab::recording::{Fact, Recording};
use app::lab::scenario::{Evidence, Expectation};
use app::lab::sessions::Sessions;
use app::lab::view::{Lab, LabPage, LabPageProps};
use leptos::prelude::*;
use send_wrapper::SendWrapper;

use crate::browser::{Changes, Stream, Windows};
use crate::outdated::Outdated;

/// A scenario whose click is about to come.
pub(crate) struct Armed {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) expected: Vec<Expectation>,
}

/// What a step of a scenario waits for from the user.
#[derive(Default)]
pub(crate) struct Answers {
    pub(crate) done: Cell<bool>,
    pub(crate) token: RefCell<Option<String>>,
    pub(crate) stop: Cell<bool>,
}

impl Answers {
    /// For a scenario that begins.
    pub(crate) fn begin(&self) {
        self.stop.set(false);
        self.await_next();
    }

    /// What was answered before something was asked, is no answer to it.
    pub(crate) fn await_next(&self) {
        self.done.set(false);
        self.token.take();
    }

    /// For a scenario that is to end: it asks for nothing more, and a copy of a token that nobody uses is not kept.
    pub(crate) fn stop(&self) {
        self.stop.set(true);
        self.await_next();
    }
}

/// All of it.
pub(crate) struct Desk {
    /// What the page follows.
    pub(crate) lab: Lab,
    pub(crate) windows: Windows,
    /// Wakes whoever waits for a state.
    pub(crate) changes: Changes,
    pub(crate) answers: Answers,
    pub(crate) armed: RefCell<Option<Armed>>,
    /// What the run that is recorded should come to.
    pub(crate) expected: RefCell<Vec<Expectation>>,
    pub(crate) evidence: RefCell<Evidence>,
    /// The window that said last that it keeps a copy of its token.
    pub(crate) kept: RefCell<Option<String>>,
    pub(crate) recording: RefCell<Option<Recording>>,
    pub(crate) sessions: RefCell<Sessions>,
    server_clock: RefCell<ServerClock>,
    outdated: RefCell<Outdated>,
    ticks: Cell<u32>,
    /// What was told lately while nothing was recorded: a report may overtake the click that it follows from.
    recent: RefCell<VecDeque<Fact>>,
    /// For how many ticks each of these windows has not said a word.
    silent: RefCell<BTreeMap<String, u32>>,
    stream: RefCell<Option<Stream>>,
    /// What was said where the past runs could not be listed: it is over when they are.
    not_listed: RefCell<Option<String>>,
    /// Whether a run is being forgotten.
    is_forgetting: Cell<bool>,
    /// Counts replays, so that a new one ends the last.
    replays: Cell<u32>,
    /// Counts what was to be shown, so that a run that comes late is not.
    showings: Cell<u32>,
}

/// Makes the page and begins to listen.
pub(crate) fn start() {
    let desk: Rc<RefCell<Option<Rc<Desk>>>> = Rc::default();
    let to_desk = SendWrapper::new(Rc::clone(&desk));
    // What the document says until the lab has started.
    if let Some(placeholder) = document().get_element_by_id("lab") {
        placeholder.remove();
    }
    mount_to_body(move || {
        let lab = Lab::new(move |action| {
            // Not borrowed while it runs.
            let desk = to_desk.borrow().clone();
            if let Some(desk) = desk {
                desk.act(action);
            }
        });
        let made = Rc::new(Desk::new(lab));
        *desk.borrow_mut() = Some(Rc::clone(&made));
        made.begin();
        LabPage(LabPageProps { lab })
    });
}

impl Desk {
    fn new(lab: Lab) -> Self {
        Self {
            lab,
            windows: Windows::default(),
            changes: Changes::default(),
            answers: Answers::default(),
            armed: RefCell::default(),
            expected: RefCell::default(),
            evidence: RefCell::default(),
            kept: RefCell::default(),
            recording: RefCell::default(),
            sessions: RefCell::default(),
            server_clock: RefCell::default(),
            outdated: RefCell::default(),
            ticks: Cell::default(),
            recent: RefCell::default(),
            silent: RefCell::default(),
            stream: RefCell::default(),
            not_listed: RefCell::default(),
            is_forgetting: Cell::default(),
            replays: Cell::default(),
            showings: Cell::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;

    #[test]
    fn an_answer_that_was_left_over_answers_nothing() {
        let answers = Answers::default();
        let answered = || {
            answers.done.set(true);
            answers.token.replace(Some("eyJ".to_owned()));
        };
        let is_clear = || !answers.done.get() && answers.token.borrow().is_none();
        answered();
        answers.await_next();
        assert!(is_clear() && !answers.stop.get());
        answered();
        answers.stop();
        assert!(is_clear() && answers.stop.get(), "a copy is not kept for the next scenario");
        answered();
        answers.begin();
        assert!(is_clear() && !answers.stop.get());
    }
}
