use app::lab::recording::Recording;
use app::lab::scenario::{Beginning, Change, Claim, SignIn, Step, Try, USER, sign_in, tried_words};
use app::lab::stage::{Party, Window, no_room};
use app::lab::view::Prompt;
use app::lab::wire::{Administrator, Place, Stolen, StolenAnswer, ToWindow};
use leptos::prelude::*;

use super::{Halt, Runner};
use crate::browser::{now, post};
use crate::desk::{Armed, Desk};
use crate::token::find_token;

/// How long the user may take for a step, in seconds.
const PATIENCE_WITH_USERS: u32 = 15 * 60;
/// How long a page may take to come, in seconds.
const PAGE: u32 = 20;
/// How long a sign-in may take, in seconds.
const SIGN_IN: u32 = 30;
/// How long until a click must have been heard of, in seconds.
const CLICK: u32 = 5;
/// How long a page may take to try something, in seconds: more than it waits itself.
const TRY: u32 = 8;
/// A run in which nothing has been heard for so long is whole, in milliseconds.
const WHOLE: f64 = 600.0;

fn window<T>(desk: &Desk, name: &str, read: impl FnOnce(&Window) -> T) -> Option<T> {
    desk.lab.windows.with_untracked(|windows| windows.iter().find(|window| window.name == name).map(read))
}

impl Runner {
    /// Does a step; what is to be said of it when it is done.
    pub(super) async fn step(&mut self, step: Step) -> Result<String, Halt> {
        match step {
            Step::Set(changes, _) => self.change(changes).await,
            Step::Windows => self.have_windows().await,
            Step::SignIn => self.sign_in().await,
            Step::Show(path, _) => self.show(path).await,
            Step::User(_) => self.user().await,
            Step::TakeToken => self.take_token().await,
            Step::TryToken(when) => self.try_token(when).await,
            Step::Begin => self.begin().await,
            Step::AwaitUnreachable => {
                // As long as the provider's page is there, its frame may still reach an app that comes back.
                let is_it = |claim: &Claim| matches!(claim, Claim::Unreachable(_) | Claim::Locks(Party::AppA, _));
                let is_found = self.until(PAGE, |desk| desk.is_decided(is_it)).await?;
                Ok(if is_found { String::new() } else { "Nobody said so; going on.".to_owned() })
            }
            Step::Settle => self.settle().await,
            Step::TryCredentials => self.try_credentials().await,
            Step::PutBack => {
                // That the lab puts back what it changed is no part of the story.
                self.desk.finish();
                self.put_back().await.map(|()| String::new())
            }
        }
    }

    async fn change(&self, changes: &[Change]) -> Result<String, Halt> {
        let mut switches = self.desk.lab.state.get_untracked().map(|state| state.switches).unwrap_or_default();
        changes.iter().for_each(|change| change.apply(&mut switches));
        self.set(&switches).await.map(|()| String::new())
    }

    /// Opens the windows that are missing, as far as the browser lets it; the names and titles of the rest.
    pub(super) fn open_missing(&self) -> Vec<(String, String)> {
        let mut missing = Vec::new();
        for (party, number) in self.scenario.windows() {
            let name = party.window(number);
            let is_open = window(&self.desk, &name, |_| ()).is_some();
            // After the first that the browser blocks it would block, and announce, each of the rest.
            let is_blocked = !missing.is_empty();
            if !is_open && (is_blocked || !self.desk.show_window(&name)) {
                missing.push((name, party.window_title(number)));
            }
        }
        missing
    }

    fn missing(&self) -> Vec<(String, String)> {
        let windows = self.scenario.windows().into_iter();
        let named = windows.map(|(party, number)| (party.window(number), party.window_title(number)));
        named.filter(|(name, _)| window(&self.desk, name, |_| ()).is_none()).collect()
    }

    async fn have_windows(&self) -> Result<String, Halt> {
        let names: Vec<String> =
            self.scenario.windows().into_iter().map(|(party, number)| party.window(number)).collect();
        let end = now() + f64::from(PATIENCE_WITH_USERS) * 1000.0;
        loop {
            let missing = self.missing();
            if missing.is_empty() || now() > end {
                break;
            }
            let count = missing.len();
            if let Some(problem) = no_room(self.desk.lab.windows.with_untracked(Vec::len), count) {
                return Err(Halt(format!("{problem} Then run the scenario again.")));
            }
            self.prompt(Some(Prompt::Windows(missing)));
            self.until(PATIENCE_WITH_USERS, |_| self.missing().len() != count).await?;
        }
        self.prompt(None);
        let has_page = |desk: &Desk| names.iter().all(|name| window(desk, name, |it| it.page.is_some()) == Some(true));
        if self.until(PAGE, has_page).await? {
            return Ok(String::new());
        }
        Err(Halt("A window says nothing. Close the demo’s windows and run the scenario again.".to_owned()))
    }

    async fn sign_in(&self) -> Result<String, Halt> {
        let apps = self.scenario.windows().into_iter().filter(|(party, _)| *party != Party::Provider);
        let names: Vec<(Party, String)> = apps.map(|(party, number)| (party, party.window(number))).collect();
        self.end_left_over(&names).await?;
        for (party, name) in &names {
            self.sign_in_at(*party, name).await?;
        }
        if self.desk.sessions.borrow().are_apart() {
            // By what the provider said they are not in one session, so the end of one would not concern the other.
            self.end_left_over(&names).await?;
            for (party, name) in &names {
                self.sign_in_at(*party, name).await?;
            }
        }
        let pushes = self.desk.lab.state.with_untracked(|state| state.as_ref().is_some_and(|it| it.switches.push));
        let listen = |desk: &Desk| names.iter().all(|(_, name)| window(desk, name, Window::is_listening) == Some(true));
        if pushes && !self.until(PAGE, listen).await? {
            return Err(Halt("A tab does not listen yet. Reload it, and run the scenario again.".to_owned()));
        }
        Ok(String::new())
    }

    /// A tab can hold a session that is over and of whose end nobody told it, as with both channels off. It is signed out: of a
    /// session that is over no scenario can show the end.
    async fn end_left_over(&self, names: &[(Party, String)]) -> Result<(), Halt> {
        let settled = |desk: &Desk| names.iter().all(|(_, name)| window(desk, name, Window::is_settled) == Some(true));
        self.until(PAGE, settled).await?;
        let windows = self.desk.lab.windows.get_untracked();
        let left_over = self.desk.sessions.borrow().left_over(&windows, USER);
        for name in left_over {
            self.sign_out_at(&name).await?;
        }
        Ok(())
    }

    async fn sign_out_at(&self, name: &str) -> Result<(), Halt> {
        let end = now() + f64::from(SIGN_IN) * 1000.0;
        let mut answered = None;
        while now() < end {
            // One that was closed holds nothing.
            let Some(shown) = window(&self.desk, name, Window::clone).filter(|window| !window.is_signed_out()) else {
                return Ok(());
            };
            let page = shown.page.clone();
            let is_at_provider = page.as_ref().is_some_and(|page| page.party == Some(Party::Provider));
            if answered != page {
                let testid = if is_at_provider { "confirm-sign-out" } else { "sign-out" };
                if is_at_provider || shown.is_signed_in() {
                    self.desk.ask(name, &ToWindow::Press { testid: testid.to_owned() });
                }
                answered.clone_from(&page);
            }
            let has_changed = |desk: &Desk| window(desk, name, |window| window.page != page) != Some(false);
            if !self.until(CLICK, has_changed).await? && is_at_provider {
                // The provider does not lead back to an app where there was nothing to end.
                self.desk.load_anew(name);
            }
        }
        Err(Halt("A tab holds a session of before. Sign out in it, and run the scenario again.".to_owned()))
    }

    /// Presses what has to be pressed, each time the window shows something else.
    async fn sign_in_at(&self, party: Party, name: &str) -> Result<(), Halt> {
        let end = now() + f64::from(SIGN_IN) * 1000.0;
        let mut answered = None;
        while now() < end {
            let shows = window(&self.desk, name, |window| (window.page.clone(), sign_in(window)));
            let Some((page, to_do)) = shows else {
                return Err(Halt(format!("{} was closed.", party.title())));
            };
            match to_do {
                SignIn::Done => return Ok(()),
                // It is not for a scenario to sign somebody out; and what follows is about alice's sessions.
                SignIn::Other(user) => {
                    return Err(Halt(format!(
                        "{} is signed in as {user}. Sign out there, and run the scenario again.",
                        party.title()
                    )));
                }
                SignIn::Press if answered != page => {
                    self.desk.ask(name, &ToWindow::Press { testid: "sign-in".to_owned() });
                }
                SignIn::Fill if answered != page => self.desk.ask(name, &ToWindow::SignIn { user: USER.to_owned() }),
                SignIn::Press | SignIn::Fill | SignIn::Wait => {}
            }
            answered.clone_from(&page);
            self.until(SIGN_IN, |desk| window(desk, name, |window| window.page != page) != Some(false)).await?;
        }
        Err(Halt(format!("{} did not sign in. Sign in there by hand, and run the scenario again.", party.title())))
    }

    async fn show(&self, path: &str) -> Result<String, Halt> {
        let name = Party::Provider.window(1);
        self.desk.ask(&name, &ToWindow::Go { path: path.to_owned() });
        // It may show the same address, as it was before somebody signed in.
        self.desk.lab.windows.update(|windows| {
            if let Some(window) = windows.iter_mut().find(|window| window.name == name) {
                window.page = None;
            }
        });
        let is_there = |desk: &Desk| {
            window(desk, &name, |window| window.own().is_some_and(|page| page.path == path)) == Some(true)
        };
        if self.until(PAGE, is_there).await? {
            return Ok(String::new());
        }
        Err(Halt(format!("The provider’s window does not show {path}.")))
    }

    async fn user(&self) -> Result<String, Halt> {
        self.desk.answers.await_next();
        self.prompt(Some(Prompt::Done));
        let is_done = self.until(PATIENCE_WITH_USERS, |desk| desk.answers.done.get()).await;
        self.prompt(None);
        if is_done? { Ok(String::new()) } else { Err(Halt("Nobody said that it is done.".to_owned())) }
    }

    async fn take_token(&mut self) -> Result<String, Halt> {
        let end = now() + f64::from(PATIENCE_WITH_USERS) * 1000.0;
        self.desk.answers.await_next();
        self.prompt(Some(Prompt::Token));
        while now() < end {
            self.until(PATIENCE_WITH_USERS, |desk| desk.answers.token.borrow().is_some()).await?;
            let pasted = self.desk.answers.token.take().unwrap_or_default();
            if let Some(token) = find_token(&pasted) {
                self.token = Some(token.to_owned());
                self.prompt(None);
                return Ok("Taken.".to_owned());
            }
            self.desk
                .lab
                .problem
                .set(Some("There is no access token in what you pasted. Copy the whole command.".to_owned()));
        }
        Err(Halt("Nobody pasted a token.".to_owned()))
    }

    async fn try_token(&mut self, when: Try) -> Result<String, Halt> {
        let token = match when {
            Try::Before => self.token.clone(),
            // It is not needed any more.
            Try::After => self.token.take(),
        };
        let token = token.ok_or_else(|| Halt("There is no token.".to_owned()))?;
        let answer: StolenAnswer = post("/api/stolen", &Stolen { token }).await?;
        let note = match &answer.reason {
            Some(reason) => format!("Answered {}, {reason}.", answer.status),
            None => format!("Answered {}.", answer.status),
        };
        {
            let mut evidence = self.desk.evidence.borrow_mut();
            match when {
                Try::Before => evidence.stolen_before = Some(answer),
                Try::After => evidence.stolen_after = Some(answer),
            }
        }
        self.desk.show_recording();
        // The report of it comes by the stream, and belongs into the picture.
        let is_told = |desk: &Desk| {
            let recording = desk.recording.borrow();
            recording.as_ref().is_none_or(|it| it.run().reports.iter().any(|report| report.from == Place::Lab))
        };
        if when == Try::After {
            self.until(CLICK, is_told).await?;
        }
        Ok(note)
    }

    /// The window whose copy of App B's token is tried: the last, for the sign-out takes the first away.
    fn keeper(&self) -> String {
        Party::AppB.window(self.scenario.tabs)
    }

    async fn keep_copy(&self) -> Result<(), Halt> {
        let keeper = self.keeper();
        self.desk.kept.take();
        self.desk.ask(&keeper, &ToWindow::Keep);
        // Without a copy the scenario is worth as much, and says that it was not tried.
        self.until(CLICK, |desk| desk.kept.borrow().as_ref() == Some(&keeper)).await.map(|_| ())
    }

    async fn try_credentials(&self) -> Result<String, Halt> {
        let asked = [
            (Party::AppA, Party::AppA.window(1), ToWindow::TryCookies),
            (Party::AppB, self.keeper(), ToWindow::TryCopy),
        ];
        // What comes late of a scenario before is no answer of this one.
        self.desk.evidence.borrow_mut().tried.clear();
        for (_, name, request) in &asked {
            // Not of the provider's page, where it may still be.
            if window(&self.desk, name, |window| window.own().is_some()) == Some(true) {
                self.desk.ask(name, request);
            }
        }
        let has = |desk: &Desk, party| desk.evidence.borrow().tried.contains_key(&party);
        self.until(TRY, |desk| asked.iter().all(|(party, ..)| has(desk, *party))).await?;
        // What the API says of it comes by the stream.
        self.until(CLICK, is_whole).await?;
        // Where something is expected of it, it is said there.
        let (evidence, expected) = (self.desk.evidence.borrow(), self.desk.expected.borrow());
        let is_claimed = |party| expected.iter().any(|expected| expected.claim == Claim::Refuses(party));
        let found = asked.iter().filter(|(party, ..)| !is_claimed(*party)).map(|(party, ..)| {
            let words = evidence.tried.get(party).map_or_else(|| "not tried".to_owned(), tried_words);
            format!("{}: {words}.", party.title())
        });
        Ok(found.collect::<Vec<_>>().join(" "))
    }

    async fn begin(&self) -> Result<String, Halt> {
        if self.scenario.steps.contains(&Step::TryCredentials) {
            self.keep_copy().await?;
        }
        let state = self.desk.lab.state.get_untracked().ok_or_else(|| Halt("The demo is gone.".to_owned()))?;
        let conditions =
            app::lab::scenario::Conditions { same_site: state.topology == "same-site", switches: state.switches };
        let expected = app::lab::scenario::expect(self.scenario, &conditions);
        let armed = Armed { id: self.scenario.id, title: self.scenario.title, expected };
        match self.scenario.begins {
            Beginning::Administrator => {
                self.desk.begin_armed(armed, now());
                post::<serde_json::Value>("/api/administrator", &Administrator { user: USER.to_owned() }).await?;
                Ok(String::new())
            }
            Beginning::Press(party, testid) => {
                self.desk.armed.replace(Some(armed));
                self.desk.ask(&party.window(1), &ToWindow::Press { testid: testid.to_owned() });
                let has_begun = |desk: &Desk| desk.recording.borrow().as_ref().is_some_and(Recording::is_scenario);
                if !self.until(CLICK, has_begun).await? {
                    return Err(Halt(format!("{} did not react to the click.", party.title())));
                }
                Ok(String::new())
            }
        }
    }

    /// First who should hear by itself; then the tabs that nobody tells ask; then everybody.
    async fn settle(&self) -> Result<String, Halt> {
        let is_later = |claim: &Claim| claim.is_tried_last() || claim.is_negative();
        let asks = |claim: &Claim| matches!(claim, Claim::Locks(_, reasons) if reasons.as_slice() == ["check"]);
        let patience = self.scenario.patience;
        self.until(patience, |desk| desk.is_decided(|claim| !is_later(claim) && !asks(claim))).await?;
        let asking: Vec<Party> = {
            let expected = self.desk.expected.borrow();
            let of = |claim: &Claim| match claim {
                Claim::Locks(party, _) if asks(claim) => Some(*party),
                _ => None,
            };
            expected.iter().filter_map(|expected| of(&expected.claim)).collect()
        };
        for (party, number) in self.scenario.windows() {
            let name = party.window(number);
            if asking.contains(&party) && window(&self.desk, &name, Window::is_signed_in) == Some(true) {
                self.desk.ask(
                    &name,
                    &match party {
                        Party::AppB => ToWindow::Press { testid: "call-api".to_owned() },
                        Party::AppA | Party::Provider => ToWindow::Go { path: "/".to_owned() },
                    },
                );
            }
        }
        let is_all = self.until(patience, |desk| desk.is_decided(|claim| !is_later(claim))).await?;
        let has_negatives = self.desk.expected.borrow().iter().any(|expected| expected.claim.is_negative());
        if has_negatives {
            // That something does not happen can only be waited for.
            self.until(patience, |desk| desk.recording.borrow().as_ref().is_none_or(|it| it.is_over(now()))).await?;
        } else {
            self.until(CLICK, is_whole).await?;
        }
        Ok(if is_all { String::new() } else { format!("Not everything has happened in {patience} s.") })
    }
}

/// Whether nothing has been told for a moment, so that the picture is whole.
fn is_whole(desk: &Desk) -> bool {
    desk.recording.borrow().as_ref().is_none_or(|recording| now() - recording.last() > WHOLE)
}
