//! What nobody tells of, and must have been sent for what is told: the requests of pages, codes on their way, and frames.

use super::{FRONT_CHANNEL, Story, arrow, carried, section};
use crate::lab::stage::Party;
use crate::lab::wire::{Kind, Outcome, Place, Report};

const RP_LOGOUT: &str = "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout";
const AUTHENTICATION: &str = "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest";
const CODE: &str = "https://openid.net/specs/openid-connect-core-1_0.html#AuthResponse";

impl Story<'_> {
    /// What was sent, and is answered now, has arrived; or has not.
    pub(super) fn settle_sent(&mut self, answer: &Report) {
        if answer.outcome == Outcome::Begun || !matches!(answer.kind, Kind::BackChannel | Kind::Revocation) {
            return;
        }
        let is_it = |sent: &&mut Report| {
            let is_way = (&sent.from, &sent.to) == (&answer.to, &answer.from)
                || (&sent.from, &sent.to) == (&answer.from, &answer.to);
            sent.outcome == Outcome::Begun
                && sent.kind == answer.kind
                && is_way
                && carried(sent, "jti") == carried(answer, "jti")
        };
        if let Some(sent) = self.out.iter_mut().rev().find(is_it) {
            let is_lost = answer.outcome == Outcome::Unreachable;
            sent.outcome = if is_lost { Outcome::Unreachable } else { Outcome::Done };
        }
    }

    /// Whether a window has sent something to a party since the last click.
    fn has_sent(&self, window: &Place, party: &Place) -> bool {
        let since = self.pressed.as_ref().map_or(self.started, |(_, at)| *at);
        self.out.iter().any(|told| told.from == *window && told.to == *party && told.at >= since)
    }

    /// What the provider ends for a click in a page of its own, it was asked for by that page.
    pub(super) fn ask_provider(&mut self, report: &Report) {
        let is_end = report.kind == Kind::Ended && report.from == Place::Provider && report.outcome == Outcome::Done;
        let (Some(acting), Some((pressed, _))) = (self.acting.clone().filter(|_| is_end), &self.pressed) else {
            return;
        };
        // What its account page can do follows no specification.
        let (label, section) = match pressed.as_str() {
            "confirm-sign-out" => ("yes, sign out", section("RP-Initiated Logout 1.0, section 2", RP_LOGOUT)),
            "end-all" => ("sign out everywhere", None),
            "end-session" => ("end this session", None),
            _ => return,
        };
        let from = Place::Window(acting);
        if !self.has_sent(&from, &Place::Provider) {
            self.out.push(Report {
                label: format!("POST: {label}"),
                section,
                ..arrow(report.at, from, Place::Provider, Kind::Redirect, Outcome::Done)
            });
        }
    }

    /// A code goes to the app through the window: App A's server has it before it asks for tokens; App B's page is the window.
    pub(super) fn hand_over_code(&mut self, report: &Report) {
        let Some(window) = self.acting.clone().map(Place::Window) else { return };
        let uses_it = report.from == Place::AppA && matches!(report.kind, Kind::Tokens | Kind::SignIn);
        let code = self.out.iter().rposition(|told| {
            told.kind == Kind::Redirect && told.from == Place::Provider && carried(told, "client_id") == Some("app-a")
        });
        let Some(code) = code.filter(|_| uses_it) else { return };
        let is_told = self.out[code..].iter().any(|told| told.from == window && told.to == Place::AppA);
        if !is_told && self.out[code].to == window {
            self.out.push(Report {
                label: "GET the callback, with the code".to_owned(),
                section: section("OpenID Connect Core 1.0, section 3.1.2.5", CODE),
                ..arrow(report.at, window, Place::AppA, Kind::Redirect, Outcome::Done)
            });
        }
    }

    /// Before a code came, it was asked for.
    pub(super) fn ask_for_code(&mut self, report: &Report) {
        let is_code = report.kind == Kind::Redirect && carried(report, "client_id").is_some();
        if is_code && report.from == Place::Provider {
            self.ask_to_sign_in();
        }
    }

    /// “Sign in” leads to the provider: from App A's page by way of its server.
    pub(super) fn ask_to_sign_in(&mut self) {
        let Some((_, at)) = self.pressed.clone().filter(|(pressed, _)| pressed == "sign-in") else { return };
        let Some(name) = self.acting.clone() else { return };
        let window = Place::Window(name.clone());
        if self.has_sent(&window, &Place::Provider) {
            return;
        }
        if Party::of_window(&name) == Some(Party::AppA) && !self.has_sent(&window, &Place::AppA) {
            self.out.push(Report {
                label: "GET its sign-in".to_owned(),
                section: section("OpenID Connect Core 1.0, section 3.1.2.1", AUTHENTICATION),
                ..arrow(at, window.clone(), Place::AppA, Kind::Redirect, Outcome::Done)
            });
        }
        self.out.push(Report {
            label: "authorization request".to_owned(),
            section: section("OpenID Connect Core 1.0, section 3.1.2.1", AUTHENTICATION),
            ..arrow(at, window, Place::Provider, Kind::Redirect, Outcome::Done)
        });
    }

    /// A page with frames loads them; each is told of when it reaches its app, and else by nobody.
    pub(super) fn frames(&mut self, report: &Report) -> Vec<Report> {
        if report.kind == Kind::FrontChannel {
            // It has come to something.
            let reached = |told: &Report| told.to == report.to || carried(report, "client_id") == place_id(&told.to);
            self.out.retain(|told| told.kind != Kind::FrontChannel || told.outcome != Outcome::Begun || !reached(told));
        }
        let apps = report.carries.iter().filter(|(name, _)| name == "frame of").map(|(_, title)| title);
        let parties = apps.filter_map(|title| Party::ALL.into_iter().find(|party| party.title() == title));
        parties
            .map(|party| Report {
                label: "frame".to_owned(),
                section: section("Front-Channel Logout 1.0, section 2", FRONT_CHANNEL),
                ..arrow(report.at, report.to.clone(), party.server(), Kind::FrontChannel, Outcome::Begun)
            })
            .collect()
    }

    /// An app that ends its own session was asked to by its page.
    pub(super) fn begin_at_app(&mut self, report: &Report) {
        let is_own = report.kind == Kind::Ended && carried(report, "channel") == Some("rp-initiated");
        let acting =
            self.acting.clone().filter(|name| Party::of_window(name).map(Party::server) == Some(report.to.clone()));
        let Some(acting) = acting.filter(|_| is_own) else { return };
        let from = Place::Window(acting);
        let is_told = self.out.iter().any(|told| told.from == from && told.to == report.to);
        if !is_told {
            self.out.push(Report {
                label: "sign out".to_owned(),
                carries: report.carries.iter().filter(|(name, _)| name == "session").cloned().collect(),
                section: section("RP-Initiated Logout 1.0, section 2", RP_LOGOUT),
                ..arrow(report.at, from, report.to.clone(), Kind::Redirect, Outcome::Done)
            });
        }
    }
}

fn place_id(place: &Place) -> Option<&'static str> {
    Party::ALL.into_iter().find(|party| party.server() == *place).map(Party::id)
}
