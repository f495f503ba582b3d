//! What begins a run: a click in a window of the lab, or what a server tells where there was none.

use super::compose::carried;
use super::recording::Fact;
use super::sessions::News;
use super::stage::Party;
use super::wire::{FromWindow, Kind, Milliseconds, Outcome, Report};

/// What servers tell so long before one says that a session began or ended, belongs to it, in milliseconds.
const LEAD: Milliseconds = 500.0;

/// What begins a run: `data-testid` and the title of the run. What is pressed later belongs to it.
const BEGINNINGS: [(&str, &str); 6] = [
    ("sign-in", "Sign-in"),
    ("sign-out", "Sign-out"),
    ("retry-sign-out", "Sign-out, tried again"),
    ("confirm-sign-out", "Sign-out at the provider"),
    ("end-all", "Sign-out everywhere"),
    ("end-session", "End of one session"),
];

/// The title of a run that begins with this, if one does.
#[must_use]
pub fn beginning(told: &FromWindow) -> Option<&'static str> {
    let FromWindow::Click { testid, .. } = told else { return None };
    BEGINNINGS.iter().find(|(known, _)| known == testid).map(|(_, title)| *title)
}

/// The title of a run that begins with what a server told, if one does: a session began or ended, and no window of the lab's
/// said why.
#[must_use]
pub fn told_beginning(report: &Report, news: News) -> Option<String> {
    if let News::FirstCode(party) = news {
        return Some(format!("Sign-in at {}", party.title()));
    }
    if report.outcome != Outcome::Done || report.from != report.to {
        return None;
    }
    let carried = |name: &str| carried(report, name);
    let party = Party::ALL.into_iter().find(|party| party.server() == report.from)?;
    let title = match (party, report.kind) {
        (Party::Provider, Kind::SignIn) => {
            return Some(format!("Sign-in at {}", carried("for").unwrap_or("the provider")));
        }
        (app, Kind::SignIn) => return Some(format!("Sign-in at {}", app.title())),
        (Party::Provider, Kind::Ended) => match (carried("reason"), carried("asked by")) {
            (Some("sign_out"), Some(app)) => return Some(format!("Sign-out at {app}")),
            (Some("sign_out" | "sign_out_result"), _) => "Sign-out at the provider",
            (Some("account"), _) => "End of a session at the provider",
            (Some("global_token_revocation"), _) => "By the administrator",
            (Some("expiry"), _) => "A session’s time was up",
            (Some("another_sign_in"), _) => "Another user signed in",
            _ => "A session ended",
        },
        (app, Kind::Ended) if carried("channel") == Some("rp-initiated") => {
            return Some(format!("Sign-out at {}", app.title()));
        }
        _ => return None,
    };
    Some(title.to_owned())
}

/// Where a run begins, by the lab's page's own clock, that began by this report of a server whose clock is so far ahead: at
/// what was told or pressed just before it.
#[must_use]
pub fn told_start<'a>(
    recent: impl IntoIterator<Item = &'a Fact>,
    report: &Report,
    ahead: Milliseconds,
) -> Milliseconds {
    let at = report.at - ahead;
    let told = recent.into_iter().filter_map(|fact| match fact {
        Fact::Report(report) => Some(report.at - ahead),
        Fact::Window(_, FromWindow::Click { at, .. }) => Some(*at),
        Fact::Window(..) => None,
    });
    told.filter(|told| (at - LEAD..=at).contains(told)).fold(at, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sample;
    use crate::lab::wire::Place;

    fn click(at: f64, testid: &str) -> FromWindow {
        FromWindow::Click { at, testid: testid.to_owned() }
    }

    #[test]
    fn signing_in_and_out_begins_a_run_and_asking_the_api_does_not() {
        assert_eq!(beginning(&click(1.0, "sign-out")), Some("Sign-out"));
        assert_eq!(beginning(&click(1.0, "end-all")), Some("Sign-out everywhere"));
        assert_eq!(beginning(&click(1.0, "call-api")), None);
        assert_eq!(beginning(&FromWindow::Gone { at: 1.0, origin: sample::state().app_a }), None);
    }

    #[test]
    fn a_run_that_a_server_begins_has_what_was_told_just_before() {
        let ended = sample::inside(2000.0, Place::Provider, Kind::Ended, &[]);
        let asked =
            |at| Fact::Report(sample::report(at, Place::Browser, Place::Provider, Kind::Redirect, Outcome::Done));
        let window = Fact::Window("app-a".to_owned(), click(1900.0, "call-api"));
        assert_eq!(told_start(&[asked(1400.0), asked(1993.0), window], &ended, 990.0), 1003.0);
        assert_eq!(told_start(&[], &ended, 1000.0), 1000.0);
        let pressed = Fact::Window("app-a".to_owned(), click(900.0, "password-form"));
        assert_eq!(told_start(&[asked(1993.0), pressed], &ended, 990.0), 900.0);
    }

    #[test]
    fn a_session_that_begins_or_ends_without_a_click_begins_a_run_with_the_name_of_what_is_known() {
        let inside = |place: Place, kind, carries: &[(&str, &str)]| {
            told_beginning(&sample::inside(1.0, place, kind, carries), News::Nothing)
        };
        for (place, kind, carries, title) in [
            (Place::Provider, Kind::SignIn, &[("for", "App A")][..], Some("Sign-in at App A")),
            (Place::Provider, Kind::SignIn, &[], Some("Sign-in at the provider")),
            (Place::AppA, Kind::SignIn, &[], Some("Sign-in at App A")),
            (Place::AppA, Kind::Ended, &[("channel", "rp-initiated")], Some("Sign-out at App A")),
            (Place::AppA, Kind::Ended, &[("channel", "back-channel")], None),
            (Place::Provider, Kind::Ended, &[("reason", "sign_out"), ("asked by", "App B")], Some("Sign-out at App B")),
            (Place::Provider, Kind::Ended, &[("reason", "sign_out")], Some("Sign-out at the provider")),
            (Place::Provider, Kind::Ended, &[("reason", "account")], Some("End of a session at the provider")),
            (Place::Provider, Kind::Ended, &[("reason", "expiry")], Some("A session’s time was up")),
            (Place::Provider, Kind::Ended, &[("reason", "global_token_revocation")], Some("By the administrator")),
            (Place::Provider, Kind::Ended, &[("reason", "reuse")], Some("A session ended")),
            (Place::AppB, Kind::Tokens, &[], None),
        ] {
            assert_eq!(inside(place.clone(), kind, carries).as_deref(), title, "{place:?} {kind:?} {carries:?}");
        }
        let code = sample::report(1.0, Place::Provider, Place::Browser, Kind::Redirect, Outcome::Done);
        assert_eq!(told_beginning(&code, News::Nothing), None, "a renewal is no sign-in");
        assert_eq!(told_beginning(&code, News::FirstCode(Party::AppB)).as_deref(), Some("Sign-in at App B"));
        let refused = Report { outcome: Outcome::Refused, ..sample::inside(1.0, Place::Provider, Kind::Ended, &[]) };
        assert_eq!(told_beginning(&refused, News::Nothing), None);
    }
}
