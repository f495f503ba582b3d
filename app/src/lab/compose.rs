//! Makes one account of what parties and windows have told.
//!
//! A party knows what it sent, and not to which window; a window knows what became of it, and not always from whom. Here
//! the two are put together: a server's push gets the window that it reached, and what only windows know (who told whom
//! among the tabs, where a browser was sent) becomes an arrow of its own.

mod locked;
mod untold;

use std::collections::{BTreeMap, BTreeSet};

use super::clock::CLOCKS;
use super::recording::{Before, Fact};
use super::stage::{Party, Window};
use super::wire::{FromWindow, Kind, Milliseconds, Outcome, Place, Report, Section, Tried};

/// How long an answer may take from the API's log to the page, in milliseconds.
const ANSWER: Milliseconds = 3_000.0;

/// The windows of the run, by name and title, and what happened, in the order of time.
pub(super) fn compose(started: Milliseconds, before: &Before, facts: &[Fact]) -> (Vec<(String, String)>, Vec<Report>) {
    let mut story = Story { started, before, facts, ..Story::new(before) };
    for window in before.windows.iter().filter(|window| window.is_signed_in()) {
        story.was_signed_in(window);
    }
    for fact in facts {
        match fact {
            Fact::Report(report) => story.report(report.clone()),
            Fact::Window(name, told) => story.window(name, told),
        }
    }
    story.out.sort_by(|one, other| one.at.total_cmp(&other.at));
    (story.lanes(), story.out)
}

struct Story<'a> {
    started: Milliseconds,
    before: &'a Before,
    facts: &'a [Fact],
    /// The windows as they stand now.
    windows: Vec<Window>,
    /// The window in which something was pressed last.
    acting: Option<String>,
    /// What was pressed last, and when.
    pressed: Option<(String, Milliseconds)>,
    /// The windows in which the user pressed “Sign out”.
    leaving: BTreeSet<String>,
    /// The first window of each app that locked.
    first_locked: BTreeMap<Party, String>,
    /// How many pushes each app has reported.
    pushes: BTreeMap<Party, usize>,
    out: Vec<Report>,
}

impl<'a> Story<'a> {
    fn new(before: &'a Before) -> Self {
        Self {
            started: 0.0,
            before,
            facts: &[],
            windows: before.windows.clone(),
            acting: None,
            pressed: None,
            leaving: BTreeSet::new(),
            first_locked: BTreeMap::new(),
            pushes: BTreeMap::new(),
            out: Vec::new(),
        }
    }

    /// Windows of apps have a lane each; the provider's window has one if something happened there.
    fn lanes(&self) -> Vec<(String, String)> {
        let is_in = |window: &Window| {
            let place = Place::Window(window.name.clone());
            window.party != Party::Provider || self.out.iter().any(|told| told.from == place || told.to == place)
        };
        self.windows
            .iter()
            .filter(|window| is_in(window))
            .map(|window| (window.name.clone(), window.title.clone()))
            .collect()
    }

    fn was_signed_in(&mut self, window: &Window) {
        let user = window.page.as_ref().and_then(|page| page.user.clone());
        let place = Place::Window(window.name.clone());
        self.out.push(Report {
            at: self.started - 1.0,
            label: user.map_or_else(|| "signed in".to_owned(), |user| format!("signed in as {user}")),
            ..arrow(0.0, place.clone(), place, Kind::SignIn, Outcome::Done)
        });
    }

    fn report(&mut self, mut report: Report) {
        if matches!((&report.kind, &report.to), (Kind::Push, Place::Browser)) {
            report.to = self.pushed_to(&report).unwrap_or(Place::Browser);
        }
        if report.from == Place::Browser {
            report.from = self.browser(&report, &report.to).unwrap_or(Place::Browser);
        }
        if report.to == Place::Browser {
            report.to = self.browser(&report, &report.from).unwrap_or(Place::Browser);
        }
        self.settle_sent(&report);
        self.begin_at_app(&report);
        self.ask_provider(&report);
        self.ask_for_code(&report);
        self.hand_over_code(&report);
        let frames = self.frames(&report);
        self.out.push(report);
        self.out.extend(frames);
    }

    /// Which window a party means that knows only that it was a browser.
    fn browser(&self, report: &Report, party: &Place) -> Option<Place> {
        match report.kind {
            Kind::Request | Kind::Check => self.asker(report.at, party).or_else(|| self.only_window(party)),
            Kind::Tokens => self
                .acting
                .as_deref()
                .filter(|name| Party::of_window(name) == Some(Party::AppB))
                .map(|name| Place::Window(name.to_owned()))
                .or_else(|| self.only_window(&Place::AppB)),
            Kind::Push | Kind::Broadcast => None,
            _ => self.acting.clone().map(Place::Window),
        }
    }

    /// The window that shows the answer, or locks by it, soonest after the party gave it.
    fn asker(&self, at: Milliseconds, server: &Place) -> Option<Place> {
        self.facts.iter().find_map(|fact| {
            let Fact::Window(name, told) = fact else { return None };
            let is_answer = match told {
                FromWindow::Answer { .. } | FromWindow::Tried { .. } => true,
                FromWindow::State { reason, .. } => reason.as_deref() == Some("check"),
                FromWindow::Click { .. }
                | FromWindow::Kept { .. }
                | FromWindow::Gone { .. }
                | FromWindow::Here { .. } => false,
            };
            let is_its = Party::of_window(name).map(Party::server).as_ref() == Some(server);
            let is_then = (at - CLOCKS..at + ANSWER).contains(&fact.at());
            (is_answer && is_its && is_then).then(|| Place::Window(name.clone()))
        })
    }

    fn only_window(&self, server: &Place) -> Option<Place> {
        let mut its = self.windows.iter().filter(|window| window.party.server() == *server);
        let only = its.next()?;
        its.next().is_none().then(|| Place::Window(only.name.clone()))
    }

    /// The nth push of an app reached the nth of its windows that locked by one.
    fn pushed_to(&mut self, report: &Report) -> Option<Place> {
        let party = Party::ALL.into_iter().find(|party| party.server() == report.from)?;
        let nth = self.pushes.entry(party).or_default();
        let name = locked_by_push(self.facts, party).nth(*nth)?.to_owned();
        *nth += 1;
        Some(Place::Window(name))
    }

    fn window(&mut self, name: &str, told: &FromWindow) {
        let place = Place::Window(name.to_owned());
        match told {
            FromWindow::Click { at, testid } => {
                self.acting = Some(name.to_owned());
                self.pressed = Some((testid.clone(), *at));
                if matches!(testid.as_str(), "sign-out" | "retry-sign-out") {
                    self.leaving.insert(name.to_owned());
                }
                self.out.push(Report {
                    label: format!("pressed “{}”", pressed(testid)),
                    ..arrow(*at, place.clone(), place, Kind::Click, Outcome::Done)
                });
            }
            FromWindow::Answer { at, status } => self.answer(name, *at, *status),
            FromWindow::Tried { at, answer } => self.tried(name, *at, answer),
            FromWindow::State { at, .. } => self.shows(name, *at, told),
            FromWindow::Kept { .. } | FromWindow::Gone { .. } | FromWindow::Here { .. } => {}
        }
    }

    /// The server's own word about a request is better than what the page shows of it.
    fn answer(&mut self, name: &str, at: Milliseconds, status: u16) {
        let Some(party) = Party::of_window(name) else { return };
        let (window, server) = (Place::Window(name.to_owned()), party.server());
        let is_told = self.out.iter().any(|told| {
            matches!(told.kind, Kind::Request | Kind::Check)
                && told.from == window
                && told.to == server
                && (at - ANSWER..=at + CLOCKS).contains(&told.at)
        });
        let is_its = |report: &Report| report.kind == Kind::Request && report.to == server;
        if !is_told && !self.is_coming(at, is_its) {
            let outcome = if status < 400 { Outcome::Done } else { Outcome::Refused };
            let carries = vec![("status".to_owned(), status.to_string())];
            self.out.push(Report {
                label: format!("answered {status}"),
                carries,
                ..arrow(at, server, window, Kind::Request, outcome)
            });
        }
    }

    /// The lab had a window try what was left of the session. App B's API says itself what it refuses.
    fn tried(&mut self, name: &str, at: Milliseconds, answer: &Tried) {
        let Some(status) = answer.status else { return };
        let Some(session) = answer.session.as_deref() else { return self.answer(name, at, status) };
        let Some(party) = Party::of_window(name) else { return };
        let outcome = if session == "signed-out" && status == 200 { Outcome::Refused } else { Outcome::Done };
        let carries = [("status", status.to_string()), ("page’s session", session.to_owned())];
        self.out.push(Report {
            label: format!("GET /: {}", session.replace('-', " ")),
            carries: carries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            ..arrow(at, Place::Window(name.to_owned()), party.server(), Kind::Request, outcome)
        });
    }

    /// Whether a party tells of it in a moment: by clocks that are a little apart a cause can come after what it caused.
    fn is_coming(&self, at: Milliseconds, is_it: impl Fn(&Report) -> bool) -> bool {
        self.facts.iter().any(
            |fact| matches!(fact, Fact::Report(report) if (at..=at + CLOCKS).contains(&report.at) && is_it(report)),
        )
    }

    fn shows(&mut self, name: &str, at: Milliseconds, told: &FromWindow) {
        let Some(index) = self.windows.iter().position(|window| window.name == name).or_else(|| self.add(name)) else {
            return;
        };
        let was = self.windows[index].clone();
        self.windows[index].hear(told, &self.before.state);
        let now = self.windows[index].clone();
        self.note_move(&was, &now, at);
        // A window that is away at the provider comes back; what it was before counts.
        let was_signed_in = self.is_signed_in(name);
        if was_signed_in && now.is_signed_out() {
            self.locked(&now, at, told);
        } else if !was_signed_in && now.is_signed_in() {
            let user = now.page.as_ref().and_then(|page| page.user.clone()).unwrap_or_default();
            let place = Place::Window(now.name.clone());
            self.out.push(Report {
                label: format!("signed in as {user}"),
                ..arrow(at, place.clone(), place, Kind::SignIn, Outcome::Done)
            });
        }
    }

    fn add(&mut self, name: &str) -> Option<usize> {
        let party = Party::of_window(name)?;
        let number = name.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(1);
        self.windows.push(Window::new(party, number));
        Some(self.windows.len() - 1)
    }

    /// By what the diagram says already.
    fn is_signed_in(&self, name: &str) -> bool {
        let place = Place::Window(name.to_owned());
        self.out
            .iter()
            .rev()
            .find(|told| told.from == place && told.to == place && matches!(told.kind, Kind::SignIn | Kind::Locked))
            .is_some_and(|told| told.kind == Kind::SignIn)
    }

    /// A browser that shows another party's page, or another of its pages, was sent there.
    fn note_move(&mut self, was: &Window, now: &Window, at: Milliseconds) {
        let (Some(was_page), Some(page)) = (&was.page, &now.page) else { return };
        let Some(party) = page.party else { return };
        if was_page.party == page.party && was_page.path == page.path {
            return;
        }
        let (from, to) = (Place::Window(now.name.clone()), party.server());
        if party == Party::Provider && self.acting.as_ref() == Some(&now.name) {
            self.ask_to_sign_in();
        }
        let is_told = self
            .out
            .iter()
            .rev()
            .take_while(|told| told.at >= self.started)
            .any(|told| told.kind == Kind::Redirect && told.from == from && told.to == to && told.at > at - ANSWER);
        if !is_told {
            self.out.push(Report {
                label: format!("GET {}", page.path),
                ..arrow(at, from, to, Kind::Redirect, Outcome::Done)
            });
        }
    }
}

const FRONT_CHANNEL: &str = "https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout";

fn section(name: &str, url: &str) -> Option<Section> {
    Some(Section { name: name.to_owned(), url: url.to_owned() })
}

const fn arrow(at: Milliseconds, from: Place, to: Place, kind: Kind, outcome: Outcome) -> Report {
    Report { at, from, to, kind, outcome, label: String::new(), carries: Vec::new(), section: None }
}

/// What a report says under this name.
pub(super) fn carried<'a>(report: &'a Report, name: &str) -> Option<&'a str> {
    report.carries.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn locked_by_push(facts: &[Fact], party: Party) -> impl Iterator<Item = &str> {
    let mut seen: Vec<&str> = Vec::new();
    facts.iter().filter_map(move |fact| {
        let Fact::Window(name, FromWindow::State { reason, .. }) = fact else { return None };
        let is_new = Party::of_window(name) == Some(party) && !seen.contains(&name.as_str());
        let is_push = reason.as_deref() == Some("push") && is_new;
        is_push.then(|| {
            seen.push(name);
            name.as_str()
        })
    })
}

fn pressed(testid: &str) -> &str {
    match testid {
        "sign-in" => "Sign in",
        "sign-out" => "Sign out",
        "retry-sign-out" => "Try to sign out there again",
        "confirm-sign-out" => "Yes, sign out",
        "stay-signed-in" => "Stay signed in",
        "end-all" => "Sign out everywhere",
        "end-session" => "End this session",
        "call-api" => "Send one request",
        // The provider's form to sign in, whose button has no name of its own; and any other form.
        "password-form" => "Sign in",
        "form" => "Send",
        other => other,
    }
}

#[cfg(test)]
mod tests;
