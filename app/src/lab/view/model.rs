use leptos::prelude::*;

use crate::lab::scenario::{Conditions, Expectation, SCENARIOS, Scenario, expect};
use crate::lab::stage::{Party, Window};
use crate::lab::wire::{Run, RunHead, State, Switches, Verdict};

/// What the user wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Another window of this party, or the only one to the front.
    Open(Party),
    /// This window to the front; it is opened if it is not there.
    Show(String),
    /// The switches like this.
    Switch(Switches),
    /// This scenario.
    Start(&'static str),
    /// An end to the scenario that runs.
    Stop,
    /// The step that waits for the user is done.
    Done,
    /// A copy of an access token.
    Token(String),
    /// A run that is listed.
    ShowRun(String),
    /// The run that is shown, once more and slowly; or all of it at once, if that is under way.
    Replay,
    /// The run that is shown as a file.
    ExportJson,
    /// Its picture as a file.
    ExportSvg,
    /// A listed run to be forgotten.
    Forget(String),
}

/// How it stands with the lab's stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Not yet.
    #[default]
    Connecting,
    /// It hears what the parties tell.
    Open,
    /// It does not; it is tried again.
    Lost,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepStatus {
    /// It has not begun.
    #[default]
    Waiting,
    /// It is under way.
    Doing,
    /// It is done.
    Done,
    /// It could not be done.
    Failed,
}

impl StepStatus {
    /// The value of `data-status`, and its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Doing => "doing",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// A step of the scenario that runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepState {
    /// How far it is.
    pub status: StepStatus,
    /// What is to be said of it.
    pub note: String,
}

/// What a step asks of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// To say that it is done.
    Done,
    /// A copy of an access token.
    Token,
    /// To open these windows, one by one, because the browser opens one for a click: names and titles.
    Windows(Vec<(String, String)>),
}

/// A scenario that runs, or has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub scenario: &'static str,
    /// Its steps.
    pub steps: Vec<StepState>,
    /// What it asks of the user now.
    pub prompt: Option<Prompt>,
    /// What should happen, and whether it did.
    pub verdicts: Vec<Verdict>,
    /// Whether it still runs.
    pub is_running: bool,
}

impl Progress {
    /// A scenario that begins.
    #[must_use]
    pub fn new(scenario: &'static Scenario, expected: &[Expectation]) -> Self {
        let open =
            |expected: &Expectation| Verdict { expected: expected.sentence.clone(), found: String::new(), met: None };
        Self {
            scenario: scenario.id,
            steps: vec![StepState::default(); scenario.steps.len()],
            prompt: None,
            verdicts: expected.iter().map(open).collect(),
            is_running: true,
        }
    }
}

/// What the page follows.
#[derive(Clone, Copy)]
pub struct Lab {
    /// The demo; none until the lab's server has answered.
    pub state: RwSignal<Option<State>>,
    /// How it stands with the stream.
    pub connection: RwSignal<Connection>,
    /// The windows that are open.
    pub windows: RwSignal<Vec<Window>>,
    /// The run that is shown.
    pub run: RwSignal<Option<Run>>,
    /// Whether it is still being recorded.
    pub is_live: RwSignal<bool>,
    /// While it is replayed: how far, in milliseconds since the click.
    pub replay: RwSignal<Option<f64>>,
    /// The runs that are kept.
    pub runs: RwSignal<Vec<RunHead>>,
    /// The scenario that is shown.
    pub chosen: RwSignal<&'static str>,
    /// The scenario that runs, or has run last.
    pub progress: RwSignal<Option<Progress>>,
    /// Whether a change of the switches is under way.
    pub is_switching: RwSignal<bool>,
    /// What the last frame was given of cookies: `none`, `inactive`, `active`.
    pub cookies: RwSignal<Option<String>>,
    /// What went wrong, and what to do.
    pub problem: RwSignal<Option<String>>,
    /// The arrow that is looked at, as its index in the run.
    pub selected: RwSignal<Option<usize>>,
    /// Takes what the user wants.
    pub act: Callback<Action>,
}

impl Lab {
    /// Everything empty.
    #[must_use]
    pub fn new(act: impl Fn(Action) + Send + Sync + 'static) -> Self {
        Self {
            state: RwSignal::new(None),
            connection: RwSignal::new(Connection::default()),
            windows: RwSignal::new(Vec::new()),
            run: RwSignal::new(None),
            is_live: RwSignal::new(false),
            replay: RwSignal::new(None),
            runs: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(SCENARIOS[0].id),
            progress: RwSignal::new(None),
            is_switching: RwSignal::new(false),
            cookies: RwSignal::new(None),
            problem: RwSignal::new(None),
            selected: RwSignal::new(None),
            act: Callback::new(act),
        }
    }

    /// The scenario that is shown.
    #[must_use]
    pub fn scenario(&self) -> &'static Scenario {
        Scenario::find(self.chosen.get()).unwrap_or(&SCENARIOS[0])
    }

    /// What should happen in it as the demo stands, or what did if it runs or has run.
    #[must_use]
    pub fn verdicts(&self) -> Vec<Verdict> {
        let scenario = self.scenario();
        let progress = self.progress.get().filter(|progress| progress.scenario == scenario.id);
        let Some(progress) = progress else {
            // Until it is known how the demo stands, as it stands by itself: nothing moves when it is.
            let (same_site, switches) =
                self.state.get().map_or_else(Default::default, |state| (state.topology == "same-site", state.switches));
            let conditions = Conditions { same_site, switches: scenario.switches_at_click(&switches) };
            return Progress::new(scenario, &expect(scenario, &conditions)).verdicts;
        };
        progress.verdicts
    }

    /// The run that is shown, as far as its replay has come.
    #[must_use]
    pub fn shown(&self) -> Option<Run> {
        let mut run = self.run.get()?;
        if let Some(until) = self.replay.get() {
            let started = run.started;
            run.reports.retain(|report| report.at - started <= until);
        }
        Some(run)
    }
}
