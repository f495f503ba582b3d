//! Goes through the steps of a scenario: it does what the browser allows, asks the user for the rest, and waits for states,
//! never longer than it says.

mod steps;

use std::rc::Rc;

use app::lab::scenario::{Conditions, Evidence, Scenario, Step, expect};
use app::lab::view::{Progress, Prompt, StepStatus};
use app::lab::wire::{State, Switches};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::browser::{get, keep, keep_no_longer, kept, now};
use crate::desk::Desk;
use crate::interrupted::Interrupted;

/// Under which name the browser keeps what is to be put back.
const RUNNING: &str = "curfew-lab-running";

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
    // While the switches change, nobody knows how they stand before the scenario.
    let is_off = untrack(|| desk.lab.is_scenario_running()) || desk.lab.is_switching.get_untracked();
    let Some(state) = desk.lab.state.get_untracked().filter(|_| !is_off) else { return };
    if let Some(running) = Interrupted::new(scenario, &state.switches).write() {
        keep(RUNNING, &running);
    }
    desk.answers.begin();
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

/// Puts back what a scenario changed in which this page was loaded again, and says so.
pub(crate) async fn put_back_interrupted(desk: &Rc<Desk>) {
    let Some(interrupted) = kept(RUNNING).as_deref().and_then(Interrupted::read) else { return };
    if let Some(scenario) = interrupted.scenario() {
        desk.lab.chosen.set(scenario.id);
    }
    // From now on: nothing else may change them meanwhile.
    desk.lab.is_switching.set(true);
    let sentence = match get::<State>("/api/state").await {
        Ok(State { switches, .. }) => {
            let put_back = if switches == interrupted.before { Ok(()) } else { desk.switch(&interrupted.before).await };
            if put_back.is_ok() {
                keep_no_longer(RUNNING);
            }
            interrupted.sentence(&switches, &put_back)
        }
        Err(problem) => interrupted.not_put_back(&problem),
    };
    desk.lab.is_switching.set(false);
    desk.lab.problem.set(Some(sentence));
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
        match if is_whole { Ok(()) } else { self.put_back().await } {
            Ok(()) => keep_no_longer(RUNNING),
            Err(Halt(problem)) => self.desk.lab.problem.set(Some(format!(
                "The switches are not as they were before. {problem} Reload this page to try again."
            ))),
        }
        if is_whole {
            self.desk.finish();
        } else {
            self.desk.finish_cut_short();
        }
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
