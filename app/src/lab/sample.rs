//! What the tests of this folder are made of.

use super::stage::{Party, Window};
use super::wire::{FromWindow, Kind, Outcome, Place, Report, Run, State, Switches};

/// The demo across sites.
pub(crate) fn state() -> State {
    State {
        provider: "http://localhost:4000".to_owned(),
        app_a: "http://127.0.0.1:4001".to_owned(),
        app_b: "http://127.0.0.1:4002".to_owned(),
        topology: "cross-site".to_owned(),
        switches: Switches::default(),
    }
}

/// A page that shows this, and listens.
pub(crate) fn shows(at: f64, origin: &str, session: &str, reason: Option<&str>) -> FromWindow {
    let is_signed_in = session == "signed-in";
    FromWindow::State {
        at,
        origin: origin.to_owned(),
        path: "/".to_owned(),
        session: Some(session.to_owned()),
        user: is_signed_in.then(|| "alice".to_owned()),
        reason: reason.map(str::to_owned),
        channel: None,
        listening: is_signed_in.then(|| "open".to_owned()),
    }
}

/// Windows in which alice is signed in: App A, and so many tabs of App B.
pub(crate) fn windows(tabs: usize) -> Vec<Window> {
    let state = state();
    let a = (Window::new(Party::AppA, 1), state.app_a.clone());
    let bs = (1..=tabs).map(|number| (Window::new(Party::AppB, number), state.app_b.clone()));
    std::iter::once(a)
        .chain(bs)
        .map(|(mut window, origin)| {
            window.hear(&shows(0.0, &origin, "signed-in", None), &state);
            window
        })
        .collect()
}

/// A report without anything special.
pub(crate) fn report(at: f64, from: Place, to: Place, kind: Kind, outcome: Outcome) -> Report {
    Report { at, from, to, kind, outcome, label: format!("{kind:?}"), carries: Vec::new(), section: None }
}

/// What happens inside.
pub(crate) fn inside(at: f64, place: Place, kind: Kind, carries: &[(&str, &str)]) -> Report {
    let carries = carries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Report { carries, ..report(at, place.clone(), place, kind, Outcome::Done) }
}

/// A run that began at 1000, with one tab of each app.
pub(crate) fn run(reports: Vec<Report>) -> Run {
    Run {
        id: "0123456789abcdef".to_owned(),
        title: "Sign-out".to_owned(),
        scenario: None,
        started: 1000.0,
        topology: "cross-site".to_owned(),
        switches: Switches::default(),
        windows: windows(1).into_iter().map(|window| (window.name, window.title)).collect(),
        reports,
        verdicts: Vec::new(),
    }
}
