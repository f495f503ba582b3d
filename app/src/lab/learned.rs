//! Who learned of a sign-out, when, and through which channel.

use super::compose::carried;
use super::stage::{Party, reason_words};
use super::wire::{Kind, Milliseconds, Outcome, Place, Report, Run};
use super::words;

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// Who.
    pub who: Place,
    /// How long after the click, in milliseconds; none while it does not know.
    pub after: Option<Milliseconds>,
    /// By which channel, as an id: `back-channel`, `push`, `tab`, `rp-initiated` and so on; empty while it does not know.
    pub channel: String,
    /// The channel, in words.
    pub how: String,
}

/// When the last credential of the session was good for nothing, by the parties' own records of the end: a credential that
/// is tried would be refused from then on. Whether one was, is another matter: [`refusals_sentence`].
#[derive(Clone, Debug, PartialEq)]
pub enum LastRefused {
    /// No session has ended in this run.
    NothingEnded,
    /// Somebody who has a session does not know yet.
    Open(Place),
    /// From so many milliseconds after the click every party refuses; the last was this.
    After(Milliseconds, Place),
}

/// The rows: first who knows, in the order of time, then who does not.
#[must_use]
pub fn learned(run: &Run) -> Vec<Learned> {
    if !run.reports.iter().any(|report| matches!(report.kind, Kind::Ended | Kind::Locked)) {
        return Vec::new();
    }
    let mut rows: Vec<Learned> = concerned(run).into_iter().map(|who| row(run, who)).collect();
    rows.sort_by(|one, other| {
        let key = |row: &Learned| row.after.unwrap_or(f64::INFINITY);
        key(one).total_cmp(&key(other))
    });
    rows
}

/// Every party must refuse: the provider its session and tokens, App A its cookie, App B's API its access tokens.
#[must_use]
pub fn last_refused(run: &Run) -> LastRefused {
    let rows = learned(run);
    let mut last = LastRefused::NothingEnded;
    for row in rows.iter().filter(|row| !matches!(row.who, Place::Window(_))) {
        match row.after {
            None => return LastRefused::Open(row.who.clone()),
            Some(after) => last = LastRefused::After(after, row.who.clone()),
        }
    }
    last
}

/// Who refused a credential that somebody tried, and when first, in milliseconds after the click; in the order of time.
fn refusals(run: &Run) -> Vec<(Milliseconds, Place)> {
    let is_one = |report: &&Report| {
        report.kind == Kind::Request && report.outcome == Outcome::Refused && report.at >= run.started
    };
    let mut refusals: Vec<(Milliseconds, Place)> = Vec::new();
    for report in run.reports.iter().filter(is_one) {
        let refuses = if matches!(report.from, Place::AppA | Place::AppB) { &report.from } else { &report.to };
        if refusals.iter().all(|(_, known)| known != refuses) {
            refusals.push((report.at - run.started, refuses.clone()));
        }
    }
    refusals
}

/// Who refused a credential that somebody tried, and when first, in a sentence.
#[must_use]
pub fn refusals_sentence(run: &Run) -> Option<String> {
    let by: Vec<String> = refusals(run)
        .into_iter()
        .map(|(after, place)| format!("by {} after {}", words::spoken(&place, &run.windows), words::duration(after)))
        .collect();
    (!by.is_empty()).then(|| format!("Tried, and refused: {}.", by.join(", ")))
}

/// What the last credential's refusal comes to, in a sentence.
#[must_use]
pub fn last_refused_sentence(run: &Run) -> Option<String> {
    match last_refused(run) {
        LastRefused::NothingEnded => None,
        LastRefused::Open(place) => Some(format!(
            "Not every credential is refused: {} has not heard of the end.",
            words::spoken(&place, &run.windows)
        )),
        LastRefused::After(after, place) => Some(format!(
            "Last credential refused after {}, by the parties’ own records: {} was the last to learn of the end.",
            words::duration(after),
            words::spoken(&place, &run.windows)
        )),
    }
}

/// Who had a session: windows in which somebody was signed in, their servers, the provider, and whoever ended one.
fn concerned(run: &Run) -> Vec<Place> {
    let mut concerned = Vec::new();
    let mut add = |place: Place| {
        if !concerned.contains(&place) {
            concerned.push(place);
        }
    };
    for report in run.reports.iter().filter(|report| report.from == report.to) {
        match (&report.from, report.kind) {
            (Place::Window(name), Kind::SignIn | Kind::Locked) => {
                add(report.from.clone());
                if let Some(party) = Party::of_window(name) {
                    add(party.server());
                }
            }
            (place @ (Place::AppA | Place::AppB | Place::Provider), Kind::Ended) if report.outcome == Outcome::Done => {
                add(place.clone());
            }
            _ => {}
        }
    }
    add(Place::Provider);
    concerned
}

fn row(run: &Run, who: Place) -> Learned {
    let heard = run.reports.iter().filter(|report| report.at >= run.started).find(|report| tells(report, &who));
    let Some(heard) = heard else {
        return Learned { who, after: None, channel: String::new(), how: "does not know yet".to_owned() };
    };
    let (channel, how) = channel(run, heard, &who);
    Learned { who, after: Some(heard.at - run.started), channel, how }
}

/// Whether it knows by this: a tab by locking, a party by its own record; a frame or logout token that it accepted is the
/// record of one that does not report its own.
fn tells(report: &Report, who: &Place) -> bool {
    let knows: &[Kind] = match who {
        Place::Window(_) => &[Kind::Locked],
        Place::AppA | Place::AppB => &[Kind::Ended, Kind::BackChannel],
        Place::Provider | Place::Browser | Place::Lab => &[Kind::Ended],
    };
    // What could not be recorded, or is of an unknown session, has ended nothing.
    report.from == *who && report.outcome == Outcome::Done && knows.contains(&report.kind)
}

fn channel(run: &Run, heard: &Report, who: &Place) -> (String, String) {
    if let Place::Window(_) = who {
        let reason = carried(heard, "reason").unwrap_or_default();
        return (reason.to_owned(), reason_words(reason).to_owned());
    }
    if *who == Place::Provider {
        let is_asked_for = run.reports.iter().any(|report| report.kind == Kind::Revocation);
        let how = if is_asked_for { "the administrator asked" } else { "the user asked" };
        return ("provider".to_owned(), how.to_owned());
    }
    let channel = match (heard.kind, carried(heard, "channel")) {
        (Kind::BackChannel, _) => "back-channel",
        (_, Some(channel)) => channel,
        (_, None) => "",
    };
    (channel.to_owned(), channel_words(channel).to_owned())
}

/// A channel of `logout-event`, in words.
#[must_use]
pub fn channel_words(channel: &str) -> &str {
    match channel {
        "back-channel" => "back channel: the provider’s server told it",
        "front-channel" => "front channel: a frame of the provider’s page told it",
        "rp-initiated" => "its own user signed out",
        "provider" => "the provider said so when it was asked",
        "expired" => "the session's time was up",
        "" => "not said",
        other => other,
    }
}

/// A channel as a noun, for after `by`.
#[must_use]
pub fn channel_name(channel: &str) -> &str {
    match channel {
        "back-channel" => "the back channel",
        "front-channel" => "the front channel",
        "rp-initiated" => "its own sign-out",
        "provider" => "the provider’s refusal to renew",
        "expired" => "the clock",
        "" => "a channel that was not named",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sample;

    fn run(reports: Vec<Report>) -> Run {
        sample::run(reports)
    }

    fn window(name: &str) -> Place {
        Place::Window(name.to_owned())
    }

    fn signed_in(name: &str) -> Report {
        sample::inside(999.0, window(name), Kind::SignIn, &[])
    }

    #[test]
    fn the_table_says_who_learned_when_and_how() {
        let run = run(vec![
            signed_in("app-a"),
            signed_in("app-b-1"),
            sample::inside(1001.0, Place::AppA, Kind::Ended, &[("channel", "rp-initiated")]),
            sample::inside(1003.0, Place::Provider, Kind::Ended, &[]),
            sample::inside(1008.0, Place::AppB, Kind::Ended, &[("channel", "back-channel")]),
            sample::inside(1009.5, window("app-b-1"), Kind::Locked, &[("reason", "push")]),
            sample::inside(1030.0, window("app-a"), Kind::Locked, &[("reason", "user")]),
        ]);
        let rows: Vec<(Place, Option<f64>, String)> =
            learned(&run).into_iter().map(|row| (row.who, row.after, row.channel)).collect();
        assert_eq!(
            rows,
            [
                (Place::AppA, Some(1.0), "rp-initiated".to_owned()),
                (Place::Provider, Some(3.0), "provider".to_owned()),
                (Place::AppB, Some(8.0), "back-channel".to_owned()),
                (window("app-b-1"), Some(9.5), "push".to_owned()),
                (window("app-a"), Some(30.0), "user".to_owned()),
            ]
        );
        assert_eq!(last_refused(&run), LastRefused::After(8.0, Place::AppB));
        assert!(last_refused_sentence(&run).is_some_and(|text| text.contains("after 8.0 ms")));
    }

    #[test]
    fn who_does_not_know_is_named() {
        let run = run(vec![signed_in("app-b-1"), sample::inside(1003.0, Place::Provider, Kind::Ended, &[])]);
        assert_eq!(last_refused(&run), LastRefused::Open(Place::AppB));
        let unknowing: Vec<Place> =
            learned(&run).into_iter().filter(|row| row.after.is_none()).map(|row| row.who).collect();
        assert_eq!(unknowing, [window("app-b-1"), Place::AppB]);
    }

    #[test]
    fn who_was_tried_and_refused_is_said_once() {
        let refused = |at, from, to| sample::report(at, from, to, Kind::Request, Outcome::Refused);
        let answered = sample::report(1400.0, window("app-a"), Place::AppA, Kind::Request, Outcome::Done);
        let run = run(vec![
            refused(990.0, window("app-b-1"), Place::AppB),
            answered,
            refused(1500.0, window("app-b-1"), Place::AppB),
            refused(1600.0, Place::AppA, window("app-a")),
            refused(1700.0, Place::Lab, Place::AppB),
        ]);
        assert_eq!(
            refusals_sentence(&run).as_deref(),
            Some("Tried, and refused: by App B’s API after 500 ms, by App A’s server after 600 ms.")
        );
        assert_eq!(refusals_sentence(&sample::run(Vec::new())), None);
    }

    #[test]
    fn a_logout_token_that_was_accepted_is_a_record() {
        let accepted = sample::report(1005.0, Place::AppB, Place::Provider, Kind::BackChannel, Outcome::Done);
        let refused = Report { outcome: Outcome::Refused, at: 1004.0, ..accepted.clone() };
        let ended = sample::inside(1003.0, Place::Provider, Kind::Ended, &[]);
        let run = run(vec![signed_in("app-b-1"), ended, refused, accepted]);
        assert_eq!(last_refused(&run), LastRefused::After(5.0, Place::AppB));
    }

    #[test]
    fn an_end_that_was_not_recorded_is_none() {
        let failed = Report { outcome: Outcome::Refused, ..sample::inside(1004.0, Place::AppB, Kind::Ended, &[]) };
        let ended = sample::inside(1003.0, Place::Provider, Kind::Ended, &[]);
        assert_eq!(last_refused(&run(vec![signed_in("app-b-1"), ended, failed])), LastRefused::Open(Place::AppB));
    }

    #[test]
    fn a_sign_in_has_no_table() {
        let run = run(vec![sample::inside(1010.0, window("app-a"), Kind::SignIn, &[])]);
        assert_eq!(learned(&run), []);
        assert_eq!(last_refused(&run), LastRefused::NothingEnded);
    }
}
