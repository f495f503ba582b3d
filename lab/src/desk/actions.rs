//! Does what the user wants.

use std::rc::Rc;

use app::lab::scenario::Scenario;
use app::lab::stage::{MOST_WINDOWS, Party, no_room};
use app::lab::view::Action;
use app::lab::wire::{State, Switches, ToWindow};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Desk;
use crate::browser::{Opening, Problem, get, put, shown};
use crate::runner;

impl Desk {
    pub(super) fn act(self: &Rc<Self>, action: Action) {
        self.lab.problem.set(None);
        let desk = Rc::clone(self);
        match action {
            Action::Open(party) => self.open_another(party),
            Action::Show(name) => {
                if !self.show_window(&name) {
                    let blocked = "Your browser did not open the window. Allow pop-ups for this page, or press the button once more.";
                    self.lab.problem.set(Some(self.no_room(&name).unwrap_or_else(|| blocked.to_owned())));
                }
            }
            Action::Switch(switches) => spawn_local(async move {
                if let Err(problem) = desk.switch(&switches).await {
                    desk.lab.problem.set(Some(problem.to_string()));
                }
            }),
            Action::Start(id) => {
                if let Some(scenario) = Scenario::find(id) {
                    // At once: the click that started it opens the first window.
                    runner::start(self, scenario);
                }
            }
            Action::Stop => {
                self.answers.stop();
                self.changes.notify();
            }
            Action::Done => {
                self.answers.done.set(true);
                self.changes.notify();
            }
            Action::Token(pasted) => {
                *self.answers.token.borrow_mut() = Some(pasted);
                self.changes.notify();
            }
            Action::ShowRun(id) => spawn_local(async move { desk.show_run(id).await }),
            Action::Replay => self.replay(),
            Action::ExportJson => self.export(false),
            Action::ExportSvg => self.export(true),
            Action::Forget(id) => self.forget(id),
        }
    }

    fn open_another(self: &Rc<Self>, party: Party) {
        let name = self.lab.windows.with_untracked(|windows| {
            let is_open = |name: &str| windows.iter().any(|window| window.name == name);
            match party {
                Party::AppB => (1..=MOST_WINDOWS).map(|number| party.window(number)).find(|name| !is_open(name)),
                Party::AppA | Party::Provider => Some(party.window(1)),
            }
        });
        match name {
            Some(name) => self.act(Action::Show(name)),
            None => self.lab.problem.set(no_room(MOST_WINDOWS, 1)),
        }
    }

    /// What to do before this window can be opened, if there is no room for one that is not there.
    fn no_room(&self, name: &str) -> Option<String> {
        self.lab.windows.with_untracked(|windows| {
            let is_missing = !windows.iter().any(|known| known.name == name);
            no_room(windows.len(), usize::from(is_missing))
        })
    }

    /// Opens this window, or brings it to the front; false if the browser did not let it happen.
    pub(crate) fn show_window(&self, name: &str) -> bool {
        let (Some(state), Some(window)) = (self.lab.state.get_untracked(), shown(name)) else { return false };
        if self.no_room(name).is_some() {
            return false;
        }
        let opening = self.windows.open(name, &first_page(window.party, &state));
        if opening == Opening::Opened {
            self.lab.windows.update(|windows| {
                // Nobody has noticed yet that one of this name was closed.
                windows.retain(|known| known.name != name);
                windows.push(window);
                // App A first, then App B's tabs in their order, then the provider.
                windows.sort_by_key(|window| (window.party, window.name.len(), window.name.clone()));
            });
            self.changes.notify();
        }
        opening != Opening::Blocked
    }

    /// Loads the first page of its party in a window, whatever it shows.
    pub(crate) fn load_anew(&self, name: &str) {
        if let (Some(state), Some(party)) = (self.lab.state.get_untracked(), Party::of_window(name)) {
            self.windows.load(name, &first_page(party, &state));
        }
    }

    /// Asks something of the page that a window shows.
    pub(crate) fn ask(&self, name: &str, request: &ToWindow) {
        let Some(state) = self.lab.state.get_untracked() else { return };
        let party = self.lab.windows.with_untracked(|windows| {
            windows.iter().find(|window| window.name == name).and_then(|window| window.page.as_ref()?.party)
        });
        if let Some(party) = party {
            self.windows.ask(name, request, party.origin(&state));
        }
    }

    /// Puts the switches like this; returns when the demo has changed.
    pub(crate) async fn switch(&self, switches: &Switches) -> Result<(), Problem> {
        self.lab.is_switching.set(true);
        // The stream may tell of the change before this request is answered.
        let was = self.lab.state.get_untracked().map(|state| state.switches);
        let result = match put::<State>("/api/switches", switches).await {
            Ok(state) => {
                self.changed(was.as_ref(), state);
                Ok(())
            }
            Err(problem) => {
                // The boxes show what the demo says, and half of the change may have been made.
                if let Ok(state) = get::<State>("/api/state").await {
                    self.changed(was.as_ref(), state);
                } else {
                    self.lab.state.update(|_| ());
                }
                Err(problem)
            }
        };
        self.lab.is_switching.set(false);
        result
    }

    fn changed(&self, was: Option<&Switches>, state: State) {
        if let Some(was) = was {
            self.reload_pages(was, &state.switches);
        }
        self.lab.state.set(Some(state));
        self.changes.notify();
    }

    fn reload_pages(&self, was: &Switches, now: &Switches) {
        let parties = self.outdated.borrow_mut().reload(was, now);
        // A page that came while its app stopped came in part, or not at all: nothing in it listens.
        let began = |party: Party| parties.contains(&party) || party.is_on(now) && !party.is_on(was);
        let unheard = self.lab.windows.with_untracked(|windows| {
            let never = windows.iter().filter(|window| window.told.is_none() && began(window.party));
            never.map(|window| window.name.clone()).collect::<Vec<_>>()
        });
        unheard.iter().for_each(|name| self.load_anew(name));
        let pages = self.lab.windows.with_untracked(|windows| {
            let own = windows.iter().filter(|window| parties.contains(&window.party) && window.own().is_some());
            own.map(|window| window.name.clone()).collect::<Vec<_>>()
        });
        for name in pages {
            self.ask(&name, &ToWindow::Go { path: "/".to_owned() });
        }
    }
}

/// What a window shows when it is opened.
fn first_page(party: Party, state: &State) -> String {
    let path = if party == Party::Provider { "/account" } else { "/" };
    format!("{}{path}", party.origin(state))
}
