use super::Claim;
use crate::lab::compose::carried;
use crate::lab::learned::{Learned, channel_name, learned};
use crate::lab::stage::{Party, reason_words};
use crate::lab::wire::{Kind, Outcome, Place, Report, Run, StolenAnswer, Verdict};
use crate::lab::words;

/// What is known besides the account of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// What the copy of the token was answered before the sign-out.
    pub stolen_before: Option<StolenAnswer>,
    /// And after.
    pub stolen_after: Option<StolenAnswer>,
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

fn stolen(answer: Option<&StolenAnswer>, is_as_it_should_be: impl Fn(&StolenAnswer) -> bool) -> Found {
    let Some(answer) = answer else { return Found::Open("It was not tried.".to_owned()) };
    let text = match &answer.reason {
        Some(reason) => format!("Answered {}, {reason}.", answer.status),
        None => format!("Answered {}.", answer.status),
    };
    if is_as_it_should_be(answer) { Found::Yes(text) } else { Found::No(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sample;

    fn window(name: &str) -> Place {
        Place::Window(name.to_owned())
    }

    fn signed_in(name: &str) -> Report {
        sample::inside(999.0, window(name), Kind::SignIn, &[])
    }

    fn locked(at: f64, name: &str, reason: &str) -> Report {
        sample::inside(at, window(name), Kind::Locked, &[("reason", reason)])
    }

    fn met(claim: &Claim, reports: Vec<Report>, is_over: bool) -> Option<bool> {
        judge("It happens.", claim, &sample::run(reports), &Evidence::default(), is_over).met
    }

    #[test]
    fn what_has_not_happened_is_open_until_the_run_is_over() {
        let claim = Claim::Locks(Party::AppB, vec!["push"]);
        assert_eq!(met(&claim, vec![signed_in("app-b-1")], false), None);
        assert_eq!(met(&claim, vec![signed_in("app-b-1")], true), Some(false));
        assert_eq!(met(&claim, vec![signed_in("app-b-1"), locked(1005.0, "app-b-1", "push")], false), Some(true));
        assert_eq!(met(&claim, vec![signed_in("app-b-1"), locked(1005.0, "app-b-1", "tab")], false), Some(false));
    }

    #[test]
    fn all_tabs_must_lock() {
        let claim = Claim::Locks(Party::AppB, vec!["push", "tab"]);
        let mut reports = vec![signed_in("app-b-1"), signed_in("app-b-2"), locked(1005.0, "app-b-2", "push")];
        assert_eq!(met(&claim, reports.clone(), false), None);
        reports.push(locked(1007.0, "app-b-1", "tab"));
        let verdict = judge("", &claim, &sample::run(reports), &Evidence::default(), false);
        assert_eq!(verdict.met, Some(true));
        assert_eq!(verdict.found, "All 2 after 7.0 ms: 1 × its server pushed, 1 × another tab told it.");
    }

    #[test]
    fn a_channel_that_was_not_meant_to_work_is_named() {
        let ended = |channel| sample::inside(1004.0, Place::AppB, Kind::Ended, &[("channel", channel)]);
        let claim = Claim::Learns(Party::AppB, vec!["front-channel"]);
        assert_eq!(met(&claim, vec![ended("front-channel")], false), Some(true));
        assert_eq!(met(&claim, vec![ended("back-channel")], false), Some(false));
        assert_eq!(met(&Claim::NotTold(Party::AppB), vec![ended("back-channel")], true), Some(false));
        assert_eq!(met(&Claim::NotTold(Party::AppB), vec![ended("provider")], true), Some(true));
        assert_eq!(met(&Claim::NotTold(Party::AppB), vec![signed_in("app-b-1")], false), None);
        assert_eq!(met(&Claim::NotTold(Party::AppB), vec![signed_in("app-b-1")], true), Some(true));
    }

    #[test]
    fn an_app_that_does_not_answer_is_found_out() {
        let claim = Claim::Unreachable(Party::AppB);
        let sent = |outcome| sample::report(1004.0, Place::Provider, Place::AppB, Kind::BackChannel, outcome);
        assert_eq!(met(&claim, vec![sent(Outcome::Unreachable)], false), Some(true));
        assert_eq!(met(&claim, vec![sent(Outcome::Done)], true), Some(false));
    }

    #[test]
    fn a_browser_that_gives_cookies_away_is_named() {
        let frame = |cookies: &str| Report {
            carries: [("cookies of frames", cookies), ("came with cookies", "no")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            ..sample::report(1004.0, window("app-a"), Place::AppB, Kind::FrontChannel, Outcome::Done)
        };
        let claim = Claim::FrameCookies(Party::AppB);
        assert_eq!(met(&claim, vec![frame("none")], false), Some(true));
        assert_eq!(met(&claim, vec![frame("inactive")], false), Some(true), "it has none until it asks");
        assert_eq!(met(&claim, vec![frame("active")], false), Some(false));
        let mut run = sample::run(vec![frame("active")]);
        run.topology = "same-site".to_owned();
        assert_eq!(judge("", &claim, &run, &Evidence::default(), false).met, Some(true));

        // Firefox does not say.
        let mut untold = frame("");
        untold.carries.remove(0);
        let verdict = judge("", &claim, &sample::run(vec![untold]), &Evidence::default(), true);
        assert_eq!(verdict.met, None);
        assert!(verdict.found.starts_with("This browser does not tell"), "{}", verdict.found);
    }

    #[test]
    fn the_provider_ends_before_it_tells_anyone() {
        let ended = || sample::inside(1003.0, Place::Provider, Kind::Ended, &[]);
        let told = |at| sample::report(at, Place::Provider, Place::AppB, Kind::BackChannel, Outcome::Begun);
        // App A's own session may have ended before: it asked for it.
        let own = sample::inside(1001.0, Place::AppA, Kind::Ended, &[("channel", "rp-initiated")]);
        assert_eq!(met(&Claim::ProviderEnds, vec![own, ended(), told(1003.1)], true), Some(true));
        assert_eq!(met(&Claim::ProviderEnds, vec![told(1002.9), ended()], true), Some(false));
        assert_eq!(met(&Claim::ProviderEnds, vec![told(1002.9)], true), Some(false));
    }

    #[test]
    fn what_a_run_that_was_broken_off_did_not_come_to_is_not_said_to_have_failed() {
        let verdict = |found: &str, met| Verdict { expected: String::new(), found: found.to_owned(), met };
        let known =
            [verdict("After 3 ms.", Some(true)), verdict("It locked.", Some(false)), verdict("Nobody tells.", None)];
        assert_eq!(cut_short(known.to_vec()), known);
        let open = cut_short(vec![verdict("", None)]);
        assert_eq!((open[0].met, open[0].found.as_str()), (None, "Not decided: the scenario stopped before."));
    }

    #[test]
    fn a_stolen_token_is_judged_by_what_the_api_answered() {
        let answer = |status, reason: Option<&str>| StolenAnswer { status, reason: reason.map(str::to_owned) };
        let run = sample::run(Vec::new());
        let judged = |claim: &Claim, before: Option<StolenAnswer>, after: Option<StolenAnswer>| {
            let evidence = Evidence { stolen_before: before, stolen_after: after };
            judge("", claim, &run, &evidence, false).met
        };
        assert_eq!(judged(&Claim::StolenBefore, Some(answer(401, Some("proof"))), None), Some(true));
        assert_eq!(judged(&Claim::StolenBefore, Some(answer(200, None)), None), Some(false));
        assert_eq!(judged(&Claim::StolenAfter, None, None), None);
        assert_eq!(judged(&Claim::StolenAfter, None, Some(answer(401, Some("session_ended")))), Some(true));
        assert_eq!(judged(&Claim::StolenAfter, None, Some(answer(401, Some("expired")))), Some(false));
    }

    #[test]
    fn a_tab_that_goes_on_working_is_a_hole_that_is_named() {
        let claim = Claim::Works(Party::AppB);
        let ended = || sample::inside(1002.0, Place::Provider, Kind::Ended, &[]);
        let found = |reports: Vec<Report>, is_over| {
            let run = sample::run([vec![ended()], reports].concat());
            let verdict = judge("", &claim, &run, &Evidence::default(), is_over);
            (verdict.met, verdict.found)
        };
        let says = |met: bool, text: &str| (Some(met), text.to_owned());
        let open = (None, String::new());
        let (one, two) = (signed_in("app-b-1"), signed_in("app-b-2"));
        let asked = |name| locked(3612.0, name, "check");

        assert_eq!(found(vec![one.clone()], false), open, "it may still lock");
        assert_eq!(found(vec![one.clone()], true), says(true, "It is still open, and still works."));
        let pushed = locked(1003.0, "app-b-1", "push");
        assert_eq!(found(vec![one.clone(), pushed], false), says(false, "It locked after 3.0 ms: its server pushed."));
        // A tab that is locked does not work any more, whoever told it or not.
        assert_eq!(
            found(vec![one.clone(), asked("app-b-1")], true),
            says(true, "Nobody told it. It found out by itself after 2.61 s: it asked its server.")
        );
        assert_eq!(found(vec![one.clone(), two.clone(), asked("app-b-1")], false), open);
        assert_eq!(
            found(vec![one.clone(), two.clone(), asked("app-b-1")], true),
            says(true, "1 of 2 are still open, and still work; the rest found out by themselves after 2.61 s.")
        );
        assert_eq!(
            found(vec![one.clone(), two.clone(), asked("app-b-1"), locked(3700.0, "app-b-2", "expired")], true),
            says(
                true,
                "Nobody told them. All 2 found out by themselves after 2.70 s: 1 × it asked its server, 1 × its token expired."
            )
        );
        assert_eq!(found(vec![one, two], true), says(true, "All 2 are still open, and still work."));
        // Of no tab nothing can be said.
        assert_eq!(found(Vec::new(), false), open);
        assert_eq!(found(Vec::new(), true), says(false, "No tab was signed in."));
        let nothing_ended = judge("", &claim, &sample::run(vec![signed_in("app-b-1")]), &Evidence::default(), true);
        assert_eq!((nothing_ended.met, nothing_ended.found), says(false, "No session has ended."));
    }
}
