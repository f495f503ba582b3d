use super::*;
use crate::lab::sample;
use crate::lab::wire::{Kind, Outcome, Place};

fn click(at: f64, testid: &str) -> FromWindow {
    FromWindow::Click { at, testid: testid.to_owned() }
}

/// The click is at 1000, also as a date.
fn begun(recent: Vec<Fact>) -> Recording {
    begun_at(Start { at: 1000.0, date: 1000.0 }, recent)
}

fn begun_at(start: Start, recent: Vec<Fact>) -> Recording {
    let before = Before { state: sample::state(), windows: sample::windows(1) };
    Recording::begin("0123456789abcdef".to_owned(), "Sign-out".to_owned(), None, start, before, recent)
}

fn ended(at: f64) -> Fact {
    Fact::Report(sample::inside(at, Place::Provider, Kind::Ended, &[]))
}

/// When the provider ended, since the click.
fn ends(run: &Run) -> Vec<f64> {
    let ended = run.reports.iter().filter(|report| report.kind == Kind::Ended);
    ended.map(|report| report.at - run.started).collect()
}

#[test]
fn what_overtook_the_click_belongs_to_the_run_and_what_was_before_does_not() {
    assert_eq!(ends(&begun(vec![ended(990.0), ended(1003.0)]).run()), [3.0]);
}

#[test]
fn what_seems_to_be_a_little_before_the_click_follows_from_it() {
    let mut recording = begun(vec![ended(994.9), ended(998.0)]);
    recording.take(Fact::Window("app-a".to_owned(), click(1000.0, "sign-out")), 1000.0);
    let run = recording.run();
    assert_eq!(ends(&run), [0.0]);
    let kinds: Vec<Kind> =
        run.reports.iter().filter(|report| report.at >= run.started).map(|report| report.kind).collect();
    assert_eq!(kinds, [Kind::Click, Kind::Ended]);
    let mut recording = begun(Vec::new());
    recording.take(Fact::Window("app-b-1".to_owned(), click(999.0, "call-api")), 1000.0);
    assert!(recording.run().reports.iter().all(|report| report.kind != Kind::Click), "a window knows what was before");
}

#[test]
fn the_servers_clock_may_be_hours_off_and_dates_are_the_browsers() {
    const HOUR: f64 = 3_600_000.0;
    for ahead in [-HOUR, -1_000.0, -40.0, 0.0, 40.0, 1_000.0, HOUR] {
        let mut recording = begun_at(Start { at: 1000.0, date: 1_790_000_000_000.0 }, vec![ended(1003.0 + ahead)]);
        recording.take(ended(990.0 + ahead), 1000.0);
        recording.take(ended(1009.0 + ahead), 1010.0);
        recording.set_ahead(ahead);
        let run = recording.run();
        assert_eq!(run.started, 1_790_000_000_000.0);
        let near: Vec<f64> = ends(&run).into_iter().map(f64::round).collect();
        assert_eq!(near, [3.0, 9.0], "{ahead} ms ahead");
    }
}

#[test]
fn a_run_is_over_by_the_labs_own_clock_whatever_the_others_show() {
    for other in [-3_600_000.0, 3_600_000.0] {
        let mut recording = begun(Vec::new());
        recording.take(ended(1000.0 + other), 1004.0);
        assert!(!recording.is_over(1004.0 + QUIET), "{other}");
        assert!(recording.is_over(1005.0 + QUIET), "{other}");
    }
}

#[test]
fn a_run_waits_for_whoever_is_asked_for_a_password() {
    let state = sample::state();
    let shows = |origin: &str, path: &str| {
        let page = FromWindow::State {
            at: 1001.0,
            origin: origin.to_owned(),
            path: path.to_owned(),
            session: None,
            user: None,
            reason: None,
            channel: None,
            listening: None,
        };
        Fact::Window("app-a".to_owned(), page)
    };
    let gone = Fact::Window("app-a".to_owned(), FromWindow::Gone { at: 1001.0, origin: state.provider.clone() });
    for next in [shows(&state.app_a, "/"), shows(&state.provider, "/end_session"), gone] {
        let mut recording = begun(Vec::new());
        recording.take(shows(&state.provider, "/login"), 1100.0);
        assert!(!recording.is_over(1100.0 + LONGEST + QUIET), "somebody types");
        assert!(recording.is_over(1101.0 + ASKED), "nobody is there");
        let answered = 1000.0 + 2.0 * LONGEST;
        recording.take(next.clone(), answered);
        assert!(!recording.is_over(answered + QUIET), "what follows is to come: {next:?}");
        assert!(recording.is_over(answered + QUIET + 1.0), "{next:?}");
    }
    let mut recording = begun(Vec::new());
    recording.take(shows(&state.app_a, "/login"), 1100.0);
    assert!(recording.is_over(1101.0 + QUIET), "the provider alone asks");
}

#[test]
fn a_run_is_bounded_in_time_and_size() {
    let mut recording = begun(Vec::new());
    assert!(!recording.is_full());
    for number in 0..MOST_FACTS {
        let at = 1000.0 + number as f64;
        assert!(recording.take(ended(at), at), "{number}");
    }
    assert!(recording.is_full() && !recording.take(ended(1600.0), 1600.0), "too much");
    assert!(!recording.is_over(1600.0 + QUIET), "something may follow");
    assert!(recording.is_over(1601.0 + QUIET), "it has been quiet");
    recording.take(ended(1000.0), 1000.0 + LONGEST);
    assert!(recording.is_over(1000.0 + LONGEST + 1.0));
}

#[test]
fn facts_that_come_in_another_order_tell_the_same_story() {
    let facts = [
        Fact::Window("app-a".to_owned(), click(1000.0, "sign-out")),
        Fact::Report(sample::inside(1002.0, Place::Provider, Kind::Ended, &[])),
        Fact::Report(sample::inside(1004.0, Place::AppB, Kind::Ended, &[("channel", "back-channel")])),
        Fact::Window("app-b-1".to_owned(), sample::shows(1006.0, &sample::state().app_b, "signed-out", Some("push"))),
    ];
    let (mut one, mut other) = (begun(Vec::new()), begun(Vec::new()));
    for fact in &facts {
        one.take(fact.clone(), 1010.0);
    }
    for fact in facts.iter().rev() {
        other.take(fact.clone(), 1010.0);
    }
    assert_eq!(one.run(), other.run());
}

#[test]
fn a_run_that_a_server_begins_is_not_begun_once_more_by_its_click() {
    let asked = Fact::Report(sample::report(1000.0, Place::Browser, Place::Provider, Kind::Redirect, Outcome::Done));
    let mut recording = begun(vec![asked.clone()]);
    assert!(!recording.follows_from(990.0), "it began by a click");
    recording.set_told();
    assert!(recording.follows_from(990.0) && recording.follows_from(1002.0));
    assert!(!recording.follows_from(1100.0), "something else was pressed later");
    assert!(!recording.follows_from(1000.0 - OVERTAKEN));
    assert_eq!(recording.into_facts(), [asked]);
}
