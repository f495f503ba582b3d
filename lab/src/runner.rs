//! Goes through the steps of a scenario: it does what the browser allows, asks the user for the rest, and waits for states,
//! never longer than it says.

mod steps;

use std::rc::Rc;

use app::lab::scenario::{Conditions, Evidence, Scenario, Step, expect};
use app::lab::view::{Progress, Prompt, StepStatus};
use app::lab::wire::Switches;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser::now;
use crate::desk::Desk;

/// Why a scenario does not go on: what the step says of it.
pub(crate) struct Halt(String);

impl From<crate::browser::Problem> for Halt {
    fn from(problem: crate::browser::Problem) -> Self {
        Self(problem.to_string())
    }
}

/// A scenario under way.
struct Runner {
    desk: Rc<Desk>,
    scenario: &'static Scenario,
    /// How the switches stood before.
    before: Switches,
    /// A copy of an access token, while it is needed.
    token: Option<String>,
}

/// Starts a scenario. The browser opens a window for the click that this is part of, so the windows come before any wait.
pub(crate) fn start(desk: &Rc<Desk>, scenario: &'static Scenario) {
    let is_running = desk.lab.progress.with_untracked(|it| it.as_ref().is_some_and(|it| it.is_running));
    let Some(state) = desk.lab.state.get_untracked().filter(|_| !is_running) else { return };
    desk.answers.stop.set(false);
    *desk.evidence.borrow_mut() = Evidence::default();
    let switches = scenario.switches_at_click(&state.switches);
    let expected = expect(scenario, &Conditions { same_site: state.topology == "same-site", switches });
    desk.lab.progress.set(Some(Progress::new(scenario, &expected)));
    let mut runner = Runner { desk: Rc::clone(desk), scenario, before: state.switches, token: None };
    let opens_at_once = !scenario.steps.iter().take_while(|step| **step != Step::Windows).any(|step| step.is_users());
    if opens_at_once {
        runner.open_missing();
    }
    spawn_local(async move { runner.run().await });
}

impl Runner {
    async fn run(&mut self) {
        let mut is_whole = true;
        for (number, step) in self.scenario.steps.iter().enumerate() {
            self.note(number, StepStatus::Doing, "");
            match self.step(*step).await {
                Ok(note) => self.note(number, StepStatus::Done, &note),
                Err(Halt(note)) => {
                    self.note(number, StepStatus::Failed, &note);
                    is_whole = false;
                    break;
                }
            }
        }
        self.desk.armed.take();
        if !is_whole && let Err(Halt(problem)) = self.put_back().await {
            self.desk.lab.problem.set(Some(format!("The switches are not as they were before. {problem}")));
        }
        self.desk.finish();
        self.desk.lab.progress.update(|progress| {
            if let Some(progress) = progress {
                progress.is_running = false;
                progress.prompt = None;
            }
        });
    }

    fn note(&self, number: usize, status: StepStatus, note: &str) {
        self.desk.lab.progress.update(|progress| {
            if let Some(step) = progress.as_mut().and_then(|progress| progress.steps.get_mut(number)) {
                step.status = status;
                note.clone_into(&mut step.note);
            }
        });
    }

    fn prompt(&self, prompt: Option<Prompt>) {
        self.desk.lab.progress.update(|progress| {
            if let Some(progress) = progress.as_mut().filter(|progress| progress.prompt != prompt) {
                progress.prompt = prompt;
            }
        });
    }

    /// Waits until something is so, at most for so many seconds; false if it did not come to be.
    async fn until(&self, seconds: u32, is_so: impl Fn(&Desk) -> bool) -> Result<bool, Halt> {
        /// Some things become true by time alone, in milliseconds.
        const LOOK: u32 = 250;
        let end = now() + f64::from(seconds) * 1000.0;
        loop {
            if self.desk.answers.stop.get() {
                return Err(Halt("Stopped.".to_owned()));
            }
            if is_so(&self.desk) {
                return Ok(true);
            }
            if now() >= end {
                return Ok(false);
            }
            self.desk.changes.next(LOOK).await;
        }
    }

    async fn set(&self, switches: &Switches) -> Result<(), Halt> {
        let is_so =
            self.desk.lab.state.with_untracked(|state| state.as_ref().is_some_and(|it| it.switches == *switches));
        if !is_so {
            self.desk.switch(switches).await?;
        }
        Ok(())
    }

    async fn put_back(&self) -> Result<(), Halt> {
        self.set(&self.before).await
    }
}
