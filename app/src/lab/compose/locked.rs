//! How a tab locked, and what must have reached it for that.

use super::{ANSWER, FRONT_CHANNEL, Story, arrow, section};
use crate::lab::stage::{Party, Window, reason_words};
use crate::lab::wire::{FromWindow, Kind, Milliseconds, Outcome, Place, Report};

const BROADCAST: &str =
    "https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts";
const PUSH: &str = "https://html.spec.whatwg.org/multipage/server-sent-events.html";
const REFUSED: &str = "https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1";

impl Story<'_> {
    pub(super) fn locked(&mut self, window: &Window, at: Milliseconds, told: &FromWindow) {
        let FromWindow::State { reason, channel, .. } = told else { return };
        let place = Place::Window(window.name.clone());
        // A page that says no reason came like this: its server was asked for it, by the user's sign-out or not.
        let told_reason = reason.is_some();
        let reason = match reason.as_deref() {
            Some(reason) => reason,
            None if self.leaving.contains(&window.name) => "user",
            None => {
                self.was_loaded(window, at);
                "check"
            }
        };
        match reason {
            "push" => self.was_pushed(window, at),
            "tab" => {
                let from = self.first_locked.get(&window.party).cloned().or_else(|| self.sibling_that_acts(window));
                self.out.push(Report {
                    label: "the session has ended".to_owned(),
                    section: section("HTML, broadcasting to other browsing contexts", BROADCAST),
                    ..arrow(
                        at,
                        from.map_or(Place::Browser, Place::Window),
                        place.clone(),
                        Kind::Broadcast,
                        Outcome::Done,
                    )
                });
            }
            "front-channel" => self.out.push(Report {
                label: "frame of the same site".to_owned(),
                section: section("Front-Channel Logout 1.0, section 2", FRONT_CHANNEL),
                ..arrow(
                    at,
                    self.acting.clone().map_or(Place::Browser, Place::Window),
                    place.clone(),
                    Kind::FrontChannel,
                    Outcome::Done,
                )
            }),
            "check" if told_reason => self.was_refused(window, at),
            _ => {}
        }
        let mut carries = vec![("reason".to_owned(), reason.to_owned())];
        carries.extend(channel.iter().map(|channel| ("server heard by".to_owned(), channel.clone())));
        let label =
            if reason == "user" { "signed out".to_owned() } else { format!("locked: {}", reason_words(reason)) };
        self.out.push(Report { label, carries, ..arrow(at, place.clone(), place, Kind::Locked, Outcome::Done) });
        self.first_locked.entry(window.party).or_insert_with(|| window.name.clone());
    }

    fn sibling_that_acts(&self, window: &Window) -> Option<String> {
        self.acting.clone().filter(|name| *name != window.name && Party::of_window(name) == Some(window.party))
    }

    fn was_pushed(&mut self, window: &Window, at: Milliseconds) {
        let (from, to) = (window.party.server(), Place::Window(window.name.clone()));
        let is_told = self.out.iter().any(|told| told.kind == Kind::Push && told.from == from && told.to == to);
        if !is_told && !self.is_coming(at, |report| report.kind == Kind::Push && report.from == from) {
            self.out.push(Report {
                label: "the session has ended".to_owned(),
                section: section("HTML, server-sent events", PUSH),
                ..arrow(at, from, to, Kind::Push, Outcome::Done)
            });
        }
    }

    /// Its page was loaded, and came without anybody signed in.
    fn was_loaded(&mut self, window: &Window, at: Milliseconds) {
        let (from, to) = (Place::Window(window.name.clone()), window.party.server());
        let is_told = self.out.iter().any(|told| told.from == from && told.to == to && told.at > at - ANSWER);
        if !is_told {
            let path = window.own().map_or("/", |page| &page.path);
            self.out.push(Report {
                label: format!("GET {path}: nobody is signed in"),
                ..arrow(at, from, to, Kind::Check, Outcome::Done)
            });
        }
    }

    fn was_refused(&mut self, window: &Window, at: Milliseconds) {
        let (from, to) = (Place::Window(window.name.clone()), window.party.server());
        let is_told = self.out.iter().any(|told| {
            told.outcome == Outcome::Refused && told.from == from && told.to == to && told.at > at - ANSWER
        });
        let is_its = |report: &Report| {
            matches!(report.kind, Kind::Request | Kind::Check) && report.outcome == Outcome::Refused && report.to == to
        };
        if !is_told && !self.is_coming(at, is_its) {
            self.out.push(Report {
                label: "asked, and refused".to_owned(),
                section: section("RFC 6750, section 3.1", REFUSED),
                ..arrow(at, from, to, Kind::Check, Outcome::Refused)
            });
        }
    }
}
