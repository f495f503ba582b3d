//! Takes in what parties and windows tell, and keeps the run that is recorded.

use std::rc::Rc;
use std::time::Duration;

use app::lab::beginnings::{beginning, told_beginning, told_start};
use app::lab::clock::happened;
use app::lab::recording::{Before, Fact, MOST_FACTS, Recording, Start};
use app::lab::scenario::{Claim, judge};
use app::lab::stage::{Party, Silence, after_silence};
use app::lab::view::Connection;
use app::lab::wire::{Event, FromWindow, Milliseconds, Report, ToWindow, Verdict};
use app::lab::words::frame_cookies;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Armed, Desk};
use crate::browser::{Heard, Stream, StreamEvent, get, now, random_id, shown, sleep, system_now};
use crate::incoming;

/// How much is kept while nothing is recorded: what can overtake a click.
const MOST_RECENT: usize = 100;

/// How often the lab looks for windows that were closed and runs that are over: nothing tells of these.
const TICK: Duration = Duration::from_millis(500);

/// The server is asked for the time so many times at first, for one of them to be quick,
const COMPARISONS: u32 = 4;

/// and again after so many ticks.
const TICKS_UNTIL_COMPARED: u32 = 10;

/// How long until a stream that the browser gave up is opened again, in milliseconds.
const RETRY: u32 = 2_000;

/// How a run begins.
struct Begun {
    title: String,
    scenario: Option<String>,
    at: Milliseconds,
}

impl Desk {
    /// Begins to listen, to windows and to the lab's server.
    pub(super) fn begin(self: &Rc<Self>) {
        let desk = Rc::clone(self);
        // It stays for as long as the page does.
        let listener = leptos::leptos_dom::helpers::window_event_listener(leptos::ev::message, move |event| {
            let Some(state) = desk.lab.state.get_untracked() else { return };
            if let Some(heard) = desk.windows.hear(&event, &state) {
                desk.hear_window(heard);
            }
        });
        std::mem::forget(listener);
        let desk = Rc::clone(self);
        set_interval(move || desk.tick(), TICK);
        self.listen();
        self.restore();
    }

    fn listen(self: &Rc<Self>) {
        let desk = Rc::clone(self);
        let stream = Stream::open("/api/events", move |event| match event {
            StreamEvent::Open => {
                desk.lab.connection.set(Connection::Open);
                let desk = Rc::clone(&desk);
                spawn_local(async move {
                    // How the demo stands, the stream says first.
                    desk.fetch_runs().await;
                    for _ in 0..COMPARISONS {
                        desk.compare_clocks().await;
                    }
                });
            }
            StreamEvent::Lost { is_final } => {
                desk.lab.connection.set(Connection::Lost);
                if is_final {
                    let desk = Rc::clone(&desk);
                    spawn_local(async move {
                        sleep(RETRY).await;
                        desk.listen();
                    });
                }
            }
            StreamEvent::Data(data) => match incoming::event(&data) {
                Some(Event::Report(report)) => {
                    let is_same_site =
                        desk.lab.state.with_untracked(|it| it.as_ref().is_some_and(|it| it.topology == "same-site"));
                    if let Some(found) = frame_cookies(&report, is_same_site) {
                        desk.lab.cookies.set(Some(found));
                    }
                    desk.hear_report(report);
                }
                Some(Event::State(state)) => {
                    desk.lab.state.set(Some(state));
                    desk.changes.notify();
                }
                Some(Event::Runs) => {
                    let desk = Rc::clone(&desk);
                    spawn_local(async move { desk.fetch_runs().await });
                }
                None => {}
            },
        });
        *self.stream.borrow_mut() = stream;
    }

    fn hear_window(self: &Rc<Self>, heard: Heard) {
        let Some(state) = self.lab.state.get_untracked() else { return };
        let Heard { name, is_new, told } = heard;
        if let FromWindow::Here { origin, .. } = &told {
            // That it is there is known of all others.
            if is_new {
                self.lab.windows.update(|windows| {
                    if windows.iter().all(|window| window.name != name) {
                        windows.extend(shown(&name));
                    }
                });
                self.windows.ask(&name, &ToWindow::Tell, origin);
            }
            return;
        }
        if let FromWindow::Kept { .. } = told {
            self.kept.replace(Some(name));
            self.changes.notify();
            return;
        }
        if let (FromWindow::Tried { answer, .. }, Some(party)) = (&told, Party::of_window(&name)) {
            self.evidence.borrow_mut().tried.insert(party, answer.clone());
        }
        let told = {
            let at = happened(told.at(), system_now(), now());
            told.moved_to(at)
        };
        if let Some(title) = beginning(&told) {
            self.begin_by_click(title, &told);
        }
        self.lab.windows.update(|windows| {
            if is_new && windows.iter().all(|window| window.name != name) {
                windows.extend(shown(&name));
            }
            if let Some(window) = windows.iter_mut().find(|window| window.name == name) {
                window.hear(&told, &state);
            }
        });
        self.take(Fact::Window(name, told));
    }

    /// What a server tells of a beginning or an end of a session begins a run as well, where no window of the lab's did.
    fn hear_report(self: &Rc<Self>, report: Report) {
        let news = self.sessions.borrow_mut().hear(&report);
        let in_preparation = untrack(|| self.lab.is_scenario_running());
        if self.recording.borrow().is_none()
            && !in_preparation
            && let Some(title) = told_beginning(&report, news)
        {
            let ahead = self.server_clock.borrow().ahead(system_now() - now());
            let at = told_start(self.recent.borrow().iter(), &report, ahead);
            self.expected.borrow_mut().clear();
            self.begin_run(Begun { title, scenario: None, at });
            if let Some(recording) = self.recording.borrow_mut().as_mut() {
                recording.set_told();
            }
        }
        self.take(Fact::Report(report));
    }

    /// A click on a sign-in or sign-out begins a run, unless one of a scenario is under way.
    fn begin_by_click(self: &Rc<Self>, title: &str, told: &FromWindow) {
        let FromWindow::Click { at, .. } = told else { return };
        let armed = self.armed.take();
        let is_scenarios = self.recording.borrow().as_ref().is_some_and(Recording::is_scenario);
        let in_preparation = untrack(|| self.lab.is_scenario_running());
        match armed {
            Some(armed) => self.begin_armed(armed, *at),
            None if is_scenarios || in_preparation => {}
            None => {
                self.expected.borrow_mut().clear();
                // A server may have told of what follows from the click before the window told of it: that is one run.
                let is_same = self.recording.borrow().as_ref().is_some_and(|recording| recording.follows_from(*at));
                if is_same && let Some(recording) = self.recording.take() {
                    self.recent.borrow_mut().extend(recording.into_facts());
                }
                self.begin_run(Begun { title: title.to_owned(), scenario: None, at: *at });
            }
        }
    }

    /// The click of a scenario has come.
    pub(crate) fn begin_armed(self: &Rc<Self>, armed: Armed, at: Milliseconds) {
        let Armed { id, title, expected } = armed;
        // A run before it is judged by what was expected of it.
        self.finish();
        *self.expected.borrow_mut() = expected;
        self.begin_run(Begun { title: title.to_owned(), scenario: Some(id.to_owned()), at });
    }

    fn begin_run(self: &Rc<Self>, begun: Begun) {
        self.finish();
        let Some(state) = self.lab.state.get_untracked() else { return };
        let before = Before { state, windows: self.lab.windows.get_untracked() };
        let recent = self.recent.take();
        let Begun { title, scenario, at } = begun;
        let start = Start { at, date: system_now() - (now() - at) };
        *self.recording.borrow_mut() = Some(Recording::begin(random_id(), title, scenario, start, before, recent));
        self.next_showing();
        self.stop_replay();
        self.lab.is_live.set(true);
        self.lab.selected.set(None);
        self.place_recording();
        // The machine may have slept since they were compared.
        let desk = Rc::clone(self);
        spawn_local(async move { desk.compare_clocks().await });
    }

    /// Asks the server for the time, and places by the answer what it has told.
    async fn compare_clocks(&self) {
        let asked = now();
        // Without an answer it stays as it was.
        let Ok(said) = get::<Milliseconds>("/api/clock").await else { return };
        self.server_clock.borrow_mut().exchanged(asked, said, now());
        self.place_recording();
    }

    fn place_recording(&self) {
        if let Some(recording) = self.recording.borrow_mut().as_mut() {
            recording.set_ahead(self.server_clock.borrow().ahead(system_now() - now()));
        }
        self.show_recording();
    }

    /// Takes in what was told.
    fn take(self: &Rc<Self>, fact: Fact) {
        if let Some(recording) = self.recording.borrow_mut().as_mut() {
            if !recording.take(fact, now()) && recording.is_full() {
                self.lab.problem.set(Some(format!(
                    "More has happened in this run than the {MOST_FACTS} things that are kept of one: its picture is not whole."
                )));
            }
        } else {
            let mut recent = self.recent.borrow_mut();
            recent.push_back(fact);
            let excess = recent.len().saturating_sub(MOST_RECENT);
            recent.drain(..excess);
        }
        self.show_recording();
        self.changes.notify();
    }

    /// Shows what is known of the run that is recorded.
    pub(crate) fn show_recording(&self) {
        let verdicts = self.judge_recording(false);
        let Some(run) = self.recording.borrow_mut().as_mut().map(|recording| {
            recording.verdicts = verdicts;
            recording.run()
        }) else {
            return;
        };
        if run.scenario.is_some() {
            self.lab.progress.update(|progress| {
                if let Some(progress) = progress.as_mut().filter(|progress| progress.is_running) {
                    progress.verdicts.clone_from(&run.verdicts);
                }
            });
        }
        self.lab.go_on(run);
    }

    /// What has come of what was expected.
    pub(crate) fn judge_recording(&self, is_over: bool) -> Vec<Verdict> {
        let Some(run) = self.recording.borrow().as_ref().map(Recording::run) else { return Vec::new() };
        let evidence = self.evidence.borrow();
        let expected = self.expected.borrow();
        expected.iter().map(|it| judge(&it.sentence, &it.claim, &run, &evidence, is_over)).collect()
    }

    /// Whether a claim is decided, by what is known.
    pub(crate) fn is_decided(&self, is_meant: impl Fn(&Claim) -> bool) -> bool {
        let verdicts = self.judge_recording(false);
        let expected = self.expected.borrow();
        expected
            .iter()
            .zip(verdicts)
            .filter(|(expected, _)| is_meant(&expected.claim))
            .all(|(_, verdict)| verdict.met.is_some() || !verdict.found.is_empty())
    }

    fn tick(self: &Rc<Self>) {
        let closed = self.windows.closed();
        if !closed.is_empty() {
            self.lab.windows.update(|windows| windows.retain(|window| !closed.contains(&window.name)));
            self.changes.notify();
        }
        self.ask_the_silent();
        self.ticks.set(self.ticks.get().wrapping_add(1));
        if self.ticks.get().is_multiple_of(TICKS_UNTIL_COMPARED) {
            let desk = Rc::clone(self);
            spawn_local(async move { desk.compare_clocks().await });
        }
        let is_over = self.recording.borrow().as_ref().is_some_and(|run| !run.is_scenario() && run.is_over(now()));
        if is_over {
            self.finish();
        }
    }

    /// A page's word can get lost: until the browser has moved a new window to a process of its own, it does not always
    /// say whose message it was. And a page can come without the lab's script, where a connection broke.
    fn ask_the_silent(&self) {
        let Some(state) = self.lab.state.get_untracked() else { return };
        let windows = self.lab.windows.get_untracked();
        let mut silent = self.silent.borrow_mut();
        silent.retain(|name, _| windows.iter().any(|window| window.name == *name && !window.is_settled()));
        for window in windows.iter().filter(|window| !window.is_settled()) {
            let ticks = silent.entry(window.name.clone()).or_default();
            *ticks += 1;
            let never = window.told.is_none() && window.party.is_on(&state.switches);
            match after_silence(*ticks, never) {
                Silence::Wait => {}
                Silence::Ask => self.windows.ask(&window.name, &ToWindow::Tell, window.party.origin(&state)),
                Silence::Load => self.load_anew(&window.name),
            }
        }
    }
}
