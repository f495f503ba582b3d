use std::collections::BTreeMap;

use super::Claim;
use crate::lab::compose::carried;
use crate::lab::learned::{Learned, channel_name, learned};
use crate::lab::stage::{Party, reason_words};
use crate::lab::wire::{Kind, Outcome, Place, Report, Run, StolenAnswer, Tried, Verdict};
use crate::lab::words;

/// What is known besides the account of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// What the copy of the token was answered before the sign-out.
    pub stolen_before: Option<StolenAnswer>,
    /// And after.
    pub stolen_after: Option<StolenAnswer>,
    /// What was left of each app's session, tried after the sign-out.
    pub tried: BTreeMap<Party, Tried>,
}

/// Whether a claim is true of a run. As long as the run goes on, what has not happened yet is open.
#[must_use]
pub fn judge(sentence: &str, claim: &Claim, run: &Run, evidence: &Evidence, is_over: bool) -> Verdict {
    let found = match claim {
        Claim::ProviderEnds => provider_ends(run),
        Claim::Learns(party, channels) => learns(run, &party.server(), Some(channels)),
        Claim::NotTold(party) => not_told(run, *party, is_over),
        Claim::Locks(party, reasons) => locks(run, *party, reasons),
        Claim::Works(party) => works(run, *party, is_over),
        Claim::Unreachable(party) => unreachable(run, *party),
        Claim::FrameCookies(party) => frame_cookies(run, *party),
        Claim::StolenBefore => stolen(evidence.stolen_before.as_ref(), |answer| is_refused_as(answer, "proof")),
        Claim::StolenAfter => stolen(evidence.stolen_after.as_ref(), |answer| is_refused_as(answer, "session_ended")),
        Claim::Refuses(party) => refuses(evidence.tried.get(party), is_over),
    };
    let (met, found) = match found {
        Found::Yes(text) => (Some(true), text),
        Found::No(text) => (Some(false), text),
        Found::Untold(text) => (None, text),
        Found::Open(text) if is_over => (Some(false), text),
        Found::Open(_) => (None, String::new()),
    };
    Verdict { expected: sentence.to_owned(), found, met }
}

/// The verdicts of a run that was broken off: what had not happened by then may have been about to.
#[must_use]
pub fn cut_short(verdicts: Vec<Verdict>) -> Vec<Verdict> {
    let open = |verdict: &Verdict| verdict.met.is_none() && verdict.found.is_empty();
    let say = |verdict: Verdict| {
        let found = "Not decided: the scenario stopped before.".to_owned();
        if open(&verdict) { Verdict { found, ..verdict } } else { verdict }
    };
    verdicts.into_iter().map(say).collect()
}

enum Found {
    Yes(String),
    No(String),
    /// Not decided; what to say if nothing more comes.
    Open(String),
    /// Nobody tells, now or later; what is known.
    Untold(String),
}

fn row(run: &Run, who: &Place) -> Option<Learned> {
    learned(run).into_iter().find(|row| row.who == *who)
}

fn learns(run: &Run, who: &Place, channels: Option<&[&str]>) -> Found {
    let Some((row, after)) = row(run, who).and_then(|row| row.after.map(|after| (row, after))) else {
        return Found::Open("It did not learn of it.".to_owned());
    };
    let after = words::duration(after);
    match channels {
        None => Found::Yes(format!("After {after}.")),
        Some(channels) if channels.contains(&row.channel.as_str()) => {
            Found::Yes(format!("After {after}, by {}.", channel_name(&row.channel)))
        }
        Some(_) => Found::No(format!("After {after}, but by {}.", channel_name(&row.channel))),
    }
}

/// The provider ends the session, and then tells of it: by its own clock, so that it is exact.
fn provider_ends(run: &Run) -> Found {
    let found = learns(run, &Place::Provider, None);
    let since = run.reports.iter().filter(|report| report.at >= run.started);
    let ended = since.clone().find(|report| report.kind == Kind::Ended && report.from == Place::Provider);
    let told = since.clone().find(|report| report.kind == Kind::BackChannel && report.from == Place::Provider);
    match (found, ended.zip(told)) {
        (Found::Yes(after), Some((ended, told))) if told.at < ended.at => {
            Found::No(format!("{after} It had told of it before."))
        }
        (found, _) => found,
    }
}

fn not_told(run: &Run, party: Party, is_over: bool) -> Found {
    let row = row(run, &party.server());
    let by = row.as_ref().map_or("", |row| row.channel.as_str());
    match row.as_ref().and_then(|row| row.after) {
        // It found out by itself.
        Some(after) if matches!(by, "provider" | "expired") => {
            Found::Yes(format!("It found out by itself after {}.", words::duration(after)))
        }
        Some(after) => {
            Found::No(format!("It learned of it after {}, by {}.", words::duration(after), channel_name(by)))
        }
        None if is_over => Found::Yes("Nobody told it.".to_owned()),
        None => Found::Open("Nobody told it.".to_owned()),
    }
}

/// The tabs in which somebody was signed in, and when and why each locked.
fn tabs(run: &Run, party: Party) -> Vec<Option<(f64, String)>> {
    let is_its = |place: &Place| matches!(place, Place::Window(name) if Party::of_window(name) == Some(party));
    let rows = learned(run).into_iter().filter(|row| is_its(&row.who));
    rows.map(|row| row.after.map(|after| (after, row.channel))).collect()
}

fn locks(run: &Run, party: Party, reasons: &[&str]) -> Found {
    let tabs = tabs(run, party);
    let locked: Vec<&(f64, String)> = tabs.iter().flatten().collect();
    if let Some((after, reason)) = locked.iter().find(|(_, reason)| !reasons.contains(&reason.as_str())) {
        return Found::No(format!(
            "After {}, but for another reason: {}.",
            words::duration(*after),
            reason_words(reason)
        ));
    }
    if tabs.is_empty() {
        return Found::Open(no_tab(run));
    }
    if locked.len() < tabs.len() {
        return Found::Open(format!("{} of {} did not lock.", tabs.len() - locked.len(), tabs.len()));
    }
    let last = locked.iter().map(|(after, _)| *after).fold(0.0, f64::max);
    Found::Yes(match locked.as_slice() {
        [(after, reason)] => format!("After {}: {}.", words::duration(*after), reason_words(reason)),
        several => format!("All {} after {}: {}.", several.len(), words::duration(last), counted(several)),
    })
}

/// Why nothing can be said of tabs.
fn no_tab(run: &Run) -> String {
    let nothing_ended = learned(run).is_empty();
    if nothing_ended { "No session has ended." } else { "No tab was signed in." }.to_owned()
}

/// `1 its server pushed, 9 another tab told it`.
fn counted(locked: &[&(f64, String)]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for (_, reason) in locked {
        match counts.iter_mut().find(|(known, _)| known == reason) {
            Some((_, count)) => *count += 1,
            None => counts.push((reason, 1)),
        }
    }
    let parts: Vec<String> =
        counts.iter().map(|(reason, count)| format!("{count} × {}", reason_words(reason))).collect();
    parts.join(", ")
}

fn works(run: &Run, party: Party, is_over: bool) -> Found {
    let tabs = tabs(run, party);
    let locked: Vec<&(f64, String)> = tabs.iter().flatten().collect();
    let by_itself = |reason: &str| matches!(reason, "check" | "expired");
    if let Some((after, reason)) = locked.iter().find(|(_, reason)| !by_itself(reason)) {
        return Found::No(format!("It locked after {}: {}.", words::duration(*after), reason_words(reason)));
    }
    if tabs.is_empty() {
        return Found::Open(no_tab(run));
    }
    let last = words::duration(locked.iter().map(|(after, _)| *after).fold(0.0, f64::max));
    match (locked.as_slice(), tabs.len()) {
        ([(_, reason)], 1) => {
            Found::Yes(format!("Nobody told it. It found out by itself after {last}: {}.", reason_words(reason)))
        }
        (several, all) if several.len() == all => Found::Yes(format!(
            "Nobody told them. All {all} found out by themselves after {last}: {}.",
            counted(several)
        )),
        _ if !is_over => Found::Open(String::new()),
        ([], 1) => Found::Yes("It is still open, and still works.".to_owned()),
        ([], all) => Found::Yes(format!("All {all} are still open, and still work.")),
        (some, all) => Found::Yes(format!(
            "{} of {all} are still open, and still work; the rest found out by themselves after {last}.",
            all - some.len()
        )),
    }
}

fn unreachable(run: &Run, party: Party) -> Found {
    let server = party.server();
    let is_it = |report: &&Report| {
        let tells = matches!(report.kind, Kind::BackChannel | Kind::FrontChannel);
        // A frame that did not load is told of by the provider's page.
        let is_about = report.to == server || report.from == server || carried(report, "client_id") == Some(party.id());
        tells && report.outcome == Outcome::Unreachable && is_about
    };
    match run.reports.iter().find(is_it) {
        Some(report) => Found::Yes(format!("Found after {}.", words::duration(report.at - run.started))),
        None => Found::Open("Nobody said so.".to_owned()),
    }
}

fn frame_cookies(run: &Run, party: Party) -> Found {
    let is_same_site = run.topology == "same-site";
    let found = run.reports.iter().filter(|report| report.to == party.server()).find_map(|report| {
        let found = words::frame_cookies(report, is_same_site)?;
        Some((carried(report, "cookies of frames"), capital(&found)))
    });
    match found {
        None => Found::Open("No frame of App B was loaded.".to_owned()),
        Some((_, text)) if is_same_site => Found::Yes(text),
        Some((None, text)) => Found::Untold(text),
        Some((Some("none" | "inactive"), text)) => Found::Yes(text),
        Some((Some(_), text)) => Found::No(format!("{text} It does not block them.")),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn is_refused_as(answer: &StolenAnswer, reason: &str) -> bool {
    answer.status == 401 && answer.reason.as_deref() == Some(reason)
}

/// An app may be asked and not answer: that it takes the credential still, is not said by that.
fn refuses(tried: Option<&Tried>, is_over: bool) -> Found {
    let Some(tried) = tried else {
        let text = "It was not tried.".to_owned();
        return if is_over { Found::Untold(text) } else { Found::Open(text) };
    };
    let text = format!("{}.", capital(&tried_words(tried)));
    match (tried.status, tried.reason.as_deref(), tried.session.as_deref()) {
        (Some(401), Some("session_ended"), _) | (Some(200), None, Some("signed-out")) => Found::Yes(text),
        // A token that has expired would be refused by now in any case.
        (None, ..) | (Some(401), Some("expired"), _) => Found::Untold(text),
        (Some(_), ..) => Found::No(text),
    }
}

/// What a credential of before was good for, in a few words.
#[must_use]
pub fn tried_words(tried: &Tried) -> String {
    match (tried.status, tried.reason.as_deref(), tried.session.as_deref()) {
        (None, ..) => "nobody answered".to_owned(),
        (Some(200), _, Some("signed-out")) => "nobody is signed in".to_owned(),
        (Some(status), _, Some(session)) => format!("answered {status}, its page says {session}"),
        (Some(status), Some(reason), None) => format!("answered {status}, {reason}"),
        (Some(status), None, None) => format!("answered {status}"),
    }
}

fn stolen(answer: Option<&StolenAnswer>, is_as_it_should_be: impl Fn(&StolenAnswer) -> bool) -> Found {
    let Some(answer) = answer else { return Found::Open("It was not tried.".to_owned()) };
    let text = match &answer.reason {
        Some(reason) => format!("Answered {}, {reason}.", answer.status),
        None => format!("Answered {}.", answer.status),
    };
    if is_as_it_should_be(answer) { Found::Yes(text) } else { Found::No(text) }
}

#[cfg(test)]
mod tests;
