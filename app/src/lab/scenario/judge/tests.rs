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
fn what_is_left_is_tried_before_it_is_called_refused() {
    let found = |tried: Option<(Option<u16>, Option<&str>, Option<&str>)>, is_over| {
        let tried = tried.map(|(status, reason, session)| {
            let text = |text: Option<&str>| text.map(str::to_owned);
            (Party::AppB, Tried { status, reason: text(reason), session: text(session) })
        });
        let evidence = Evidence { tried: tried.into_iter().collect(), ..Evidence::default() };
        let verdict =
            judge("", &Claim::Refuses(Party::AppB), &sample::run(vec![signed_in("app-b-1")]), &evidence, is_over);
        (verdict.met, verdict.found)
    };
    for (tried, met, text) in [
        ((Some(401), Some("session_ended"), None), Some(true), "Answered 401, session_ended."),
        ((Some(200), None, Some("signed-out")), Some(true), "Nobody is signed in."),
        ((Some(200), None, Some("signed-in")), Some(false), "Answered 200, its page says signed-in."),
        ((Some(503), None, Some("signed-out")), Some(false), "Answered 503, its page says signed-out."),
        ((Some(401), Some("proof"), None), Some(false), "Answered 401, proof."),
        ((Some(200), None, None), Some(false), "Answered 200."),
        ((Some(401), Some("expired"), None), None, "Answered 401, expired."),
        ((None, None, None), None, "Nobody answered."),
    ] {
        assert_eq!(found(Some(tried), false), (met, text.to_owned()));
    }
    assert_eq!(found(None, false), (None, String::new()));
    assert_eq!(found(None, true), (None, "It was not tried.".to_owned()));
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
        let evidence = Evidence { stolen_before: before, stolen_after: after, ..Evidence::default() };
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
