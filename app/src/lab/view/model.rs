use leptos::prelude::*;

use crate::lab::scenario::{Conditions, Expectation, SCENARIOS, Scenario, expect};
use crate::lab::stage::{Party, Window};
use crate::lab::wire::{Report, Run, RunHead, State, Switches, Verdict};

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
    /// What was found of cookies by the last frame, in a sentence.
    pub cookies: RwSignal<Option<String>>,
    /// Whether the run has the room, and the scenario stands beside it: from the click that starts it on, until another is
    /// chosen; and where a past run was asked for.
    pub is_run_first: RwSignal<bool>,
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
            is_run_first: RwSignal::new(false),
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
            if let Some(verdicts) = self.verdicts_of_past() {
                return verdicts;
            }
            // Until it is known how the demo stands, as it stands by itself: nothing moves when it is.
            let (same_site, switches) =
                self.state.get().map_or_else(Default::default, |state| (state.topology == "same-site", state.switches));
            let conditions = Conditions { same_site, switches: scenario.switches_at_click(&switches) };
            return Progress::new(scenario, &expect(scenario, &conditions)).verdicts;
        };
        progress.verdicts
    }

    /// Whether a scenario is under way.
    #[must_use]
    pub fn is_scenario_running(&self) -> bool {
        self.progress.with(|progress| progress.as_ref().is_some_and(|progress| progress.is_running))
    }

    /// Those of the past run that is shown, where it stands beside its scenario, which has not run since the page was loaded.
    fn verdicts_of_past(&self) -> Option<Vec<Verdict>> {
        let has_run = self.progress.with(|it| it.as_ref().is_some_and(|it| it.scenario == self.chosen.get()));
        let run = self.run.get().filter(|_| self.is_run_first.get() && !self.is_live.get() && !has_run)?;
        let is_its = run.scenario.as_deref() == Some(self.chosen.get());
        (is_its && !run.verdicts.is_empty()).then_some(run.verdicts)
    }

    /// What the run that is shown should have come to. Those of the scenario that runs, or has run last, are told beside its
    /// steps, as long as it is chosen.
    #[must_use]
    pub fn past_verdicts(&self) -> Vec<Verdict> {
        let verdicts = self.run.get().filter(|_| !self.is_live.get()).map(|run| run.verdicts).unwrap_or_default();
        let is_beside = self.progress.with(|progress| {
            progress.as_ref().is_some_and(|it| it.scenario == self.chosen.get() && it.verdicts == verdicts)
        });
        if is_beside || self.verdicts_of_past().is_some() { Vec::new() } else { verdicts }
    }

    /// What is known now of the run that is recorded. What is told late may come before the message that is looked at, which
    /// is looked at further.
    pub fn go_on(&self, run: Run) {
        let selected = self.selected.get_untracked();
        let same =
            self.run.with_untracked(|before| selected.and_then(|index| same_message(before.as_ref()?, index, &run)));
        if same != selected {
            self.selected.set(same);
        }
        self.run.set(Some(run));
    }

    /// A run that is kept, with its scenario beside it.
    pub fn show_past(&self, run: Run) {
        let scenario = run.scenario.as_deref().and_then(Scenario::find);
        if let Some(scenario) = scenario.filter(|_| !untrack(|| self.is_scenario_running())) {
            self.chosen.set(scenario.id);
        }
        self.is_run_first.set(true);
        self.selected.set(None);
        self.run.set(Some(run));
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

/// Where in the account of a run the message is that was at this index of an earlier account of it. Who acted on whom may be
/// known better by now; when it was and what was said of it stays.
#[must_use]
pub fn same_message(before: &Run, index: usize, now: &Run) -> Option<usize> {
    let message = before.reports.get(index).filter(|_| before.id == now.id)?;
    let is_it =
        |report: &Report| report.at == message.at && report.kind == message.kind && report.label == message.label;
    let nth = before.reports[..index].iter().filter(|report| is_it(report)).count();
    let mut alike = now.reports.iter().enumerate().filter(|(_, report)| is_it(report));
    alike.nth(nth).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sample;
    use crate::lab::wire::{Kind, Outcome, Place};

    fn verdict(met: bool) -> Verdict {
        Verdict { expected: "It ends.".to_owned(), found: "It did.".to_owned(), met: Some(met) }
    }

    #[test]
    fn a_runs_verdicts_are_told_once_and_not_never() {
        let owner = Owner::new();
        owner.with(|| {
            let lab = Lab::new(|_| ());
            let run = Run { verdicts: vec![verdict(true)], ..sample::run(Vec::new()) };
            lab.run.set(Some(run.clone()));
            assert_eq!(lab.past_verdicts(), run.verdicts, "no scenario has run");
            let progress = Progress { verdicts: run.verdicts.clone(), ..Progress::new(&SCENARIOS[0], &[]) };
            lab.progress.set(Some(progress));
            assert_eq!(lab.past_verdicts(), [], "they are beside the steps");
            lab.chosen.set(SCENARIOS[1].id);
            assert_eq!(lab.past_verdicts(), run.verdicts, "another scenario is beside them");
            lab.chosen.set(SCENARIOS[0].id);
            lab.run.set(Some(Run { verdicts: vec![verdict(false)], ..run }));
            assert_eq!(lab.past_verdicts(), [verdict(false)], "it is another run of it");
            lab.is_live.set(true);
            assert_eq!(lab.past_verdicts(), [], "they are not decided");
        });
    }

    #[test]
    fn a_past_run_brings_its_scenario_unless_another_is_under_way() {
        let owner = Owner::new();
        owner.with(|| {
            let lab = Lab::new(|_| ());
            let past = |scenario: &Scenario| Run { scenario: Some(scenario.id.to_owned()), ..sample::run(Vec::new()) };
            lab.show_past(past(&SCENARIOS[2]));
            assert_eq!((lab.chosen.get(), lab.is_run_first.get()), (SCENARIOS[2].id, true));
            let run = Run { verdicts: vec![verdict(true)], ..past(&SCENARIOS[2]) };
            lab.show_past(run.clone());
            assert_eq!((lab.verdicts(), lab.past_verdicts()), (run.verdicts, Vec::new()), "they are beside the steps");
            lab.is_run_first.set(false);
            assert_ne!(lab.verdicts(), lab.past_verdicts(), "what should happen now, and what has");
            lab.show_past(sample::run(Vec::new()));
            assert_eq!(lab.chosen.get(), SCENARIOS[2].id, "it is of no scenario");
            lab.progress.set(Some(Progress::new(&SCENARIOS[2], &[])));
            lab.show_past(past(&SCENARIOS[1]));
            assert_eq!(lab.chosen.get(), SCENARIOS[2].id, "its user has to see what it asks");
        });
    }

    #[test]
    fn who_looks_at_a_message_looks_at_it_when_another_is_told_that_came_before() {
        let owner = Owner::new();
        owner.with(|| {
            let lab = Lab::new(|_| ());
            let at = |at| sample::inside(at, Place::Provider, Kind::Ended, &[]);
            lab.go_on(sample::run(vec![at(1001.0), at(1003.0)]));
            lab.selected.set(Some(1));
            lab.go_on(sample::run(vec![at(1001.0), at(1002.0), at(1003.0), at(1004.0)]));
            assert_eq!(lab.selected.get(), Some(2));
            lab.go_on(sample::run(vec![at(1001.0)]));
            assert_eq!(lab.selected.get(), None, "it is not told any more");
        });
    }

    #[test]
    fn a_message_is_known_by_what_does_not_change() {
        let push = |to: Place| sample::report(1002.0, Place::AppB, to, Kind::Push, Outcome::Done);
        let before = sample::run(vec![push(Place::Browser), push(Place::Browser)]);
        let first = sample::inside(1001.0, Place::Provider, Kind::Ended, &[]);
        let window = |name: &str| Place::Window(name.to_owned());
        let now = sample::run(vec![first, push(window("app-b-1")), push(window("app-b-2"))]);
        assert_eq!(same_message(&before, 0, &now), Some(1));
        assert_eq!(same_message(&before, 1, &now), Some(2), "of two that are alike, the second");
        assert_eq!(same_message(&before, 2, &now), None);
        let other = Run { id: "other".to_owned(), ..now };
        assert_eq!(same_message(&before, 0, &other), None);
    }
}
