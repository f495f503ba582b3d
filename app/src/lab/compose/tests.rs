use super::*;
use crate::lab::sample;
use crate::lab::words;

fn click(at: f64, name: &str, testid: &str) -> Fact {
    Fact::Window(name.to_owned(), FromWindow::Click { at, testid: testid.to_owned() })
}

fn locks(at: f64, name: &str, reason: &str) -> Fact {
    let state = sample::state();
    let origin = if name == "app-a" { state.app_a } else { state.app_b };
    Fact::Window(name.to_owned(), sample::shows(at, &origin, "signed-out", Some(reason)))
}

/// Each report as `from>to kind outcome`, without what was before the run.
fn told(tabs: usize, facts: Vec<Fact>) -> Vec<String> {
    let before = Before { state: sample::state(), windows: sample::windows(tabs) };
    let (_, reports) = compose(1000.0, &before, &facts);
    reports
        .iter()
        .filter(|report| report.at >= 1000.0)
        .map(|report| {
            let name = |place: &Place| match place {
                Place::Window(name) => name.clone(),
                other => format!("{other:?}"),
            };
            let (kind, outcome) = (words::kind_id(report.kind), words::outcome(report.outcome));
            format!("{}>{} {kind} {outcome}", name(&report.from), name(&report.to))
        })
        .collect()
}

#[test]
fn a_push_that_the_server_reports_gets_the_window_that_it_reached() {
    let push = sample::report(1004.0, Place::AppB, Place::Browser, Kind::Push, Outcome::Done);
    let story = told(2, vec![Fact::Report(push), locks(1005.0, "app-b-2", "push"), locks(1006.0, "app-b-1", "tab")]);
    assert_eq!(
        story,
        [
            "AppB>app-b-2 push done",
            "app-b-2>app-b-2 locked done",
            "app-b-2>app-b-1 broadcast done",
            "app-b-1>app-b-1 locked done"
        ]
    );
}

#[test]
fn a_push_that_nobody_reports_is_known_from_the_window() {
    let story = told(1, vec![locks(1005.0, "app-b-1", "push")]);
    assert_eq!(story, ["AppB>app-b-1 push done", "app-b-1>app-b-1 locked done"]);
}

#[test]
fn a_cause_that_is_told_a_little_late_is_told_once() {
    let push = sample::report(1006.0, Place::AppB, Place::Browser, Kind::Push, Outcome::Done);
    let story = told(1, vec![locks(1005.0, "app-b-1", "push"), Fact::Report(push)]);
    assert_eq!(story, ["app-b-1>app-b-1 locked done", "AppB>app-b-1 push done"]);
    let refused = |kind| Fact::Report(sample::report(1006.0, Place::Browser, Place::AppB, kind, Outcome::Refused));
    let story = told(1, vec![locks(1005.0, "app-b-1", "check"), refused(Kind::Check)]);
    assert_eq!(story, ["app-b-1>app-b-1 locked done", "app-b-1>AppB check refused"]);
    let answer = Fact::Window("app-b-1".to_owned(), FromWindow::Answer { at: 1005.0, status: 401 });
    assert_eq!(told(1, vec![answer, refused(Kind::Request)]), ["app-b-1>AppB request refused"]);
}

#[test]
fn what_is_tried_after_the_end_is_told_by_the_api_or_else_by_the_window() {
    let tried = |name: &str, status, reason: Option<&str>, session: Option<&str>| {
        let (reason, session) = (reason.map(str::to_owned), session.map(str::to_owned));
        Fact::Window(name.to_owned(), FromWindow::Tried { at: 1505.0, answer: Tried { status, reason, session } })
    };
    let refused = Fact::Report(sample::report(1503.0, Place::Browser, Place::AppB, Kind::Request, Outcome::Refused));
    let ended = tried("app-b-2", Some(401), Some("session_ended"), None);
    assert_eq!(told(2, vec![refused, ended]), ["app-b-2>AppB request refused"]);
    assert_eq!(told(1, vec![tried("app-b-1", Some(401), Some("proof"), None)]), ["AppB>app-b-1 request refused"]);
    let asked = |session| told(1, vec![tried("app-a", Some(200), None, Some(session))]);
    assert_eq!(asked("signed-out"), ["app-a>AppA request refused"]);
    assert_eq!(asked("signed-in"), ["app-a>AppA request done"]);
    let nothing: [&str; 0] = [];
    assert_eq!(told(1, vec![tried("app-a", None, None, None)]), nothing, "nobody answered");
}

#[test]
fn each_of_two_pushes_has_a_window_of_its_own() {
    let push = |at| Fact::Report(sample::report(at, Place::AppB, Place::Browser, Kind::Push, Outcome::Done));
    let facts = vec![push(1003.0), push(1003.5), locks(1005.0, "app-b-1", "push"), locks(1006.0, "app-b-2", "push")];
    let story = told(2, facts);
    assert_eq!(story[..2], ["AppB>app-b-1 push done", "AppB>app-b-2 push done"]);
    assert_eq!(story.len(), 4);
}

#[test]
fn a_frame_belongs_to_the_window_that_signs_out() {
    let frame = sample::report(1002.0, Place::Browser, Place::AppB, Kind::FrontChannel, Outcome::Done);
    let story = told(
        1,
        vec![click(1000.0, "app-a", "sign-out"), Fact::Report(frame), locks(1003.0, "app-b-1", "front-channel")],
    );
    assert_eq!(
        story,
        [
            "app-a>app-a click done",
            "app-a>AppB front-channel done",
            "app-a>app-b-1 front-channel done",
            "app-b-1>app-b-1 locked done"
        ]
    );
}

#[test]
fn without_a_click_a_frame_is_of_some_browser() {
    let frame = sample::report(1002.0, Place::Browser, Place::AppB, Kind::FrontChannel, Outcome::Done);
    assert_eq!(told(1, vec![Fact::Report(frame)]), ["Browser>AppB front-channel done"]);
}

#[test]
fn a_refused_request_is_of_the_window_that_shows_the_answer() {
    let refused = sample::report(1002.0, Place::Browser, Place::AppB, Kind::Request, Outcome::Refused);
    let answer = Fact::Window("app-b-2".to_owned(), FromWindow::Answer { at: 1004.0, status: 401 });
    assert_eq!(
        told(2, vec![Fact::Report(refused), answer.clone(), locks(1004.5, "app-b-2", "check")]),
        ["app-b-2>AppB request refused", "app-b-2>app-b-2 locked done"]
    );
    assert_eq!(told(2, vec![answer]), ["AppB>app-b-2 request refused"], "nobody but the window tells of it");
}

#[test]
fn a_check_that_nobody_reports_is_known_from_the_window() {
    let story = told(1, vec![locks(1005.0, "app-b-1", "check")]);
    assert_eq!(story, ["app-b-1>AppB check refused", "app-b-1>app-b-1 locked done"]);
}

#[test]
fn where_the_browser_was_sent_is_told_once() {
    let at_provider = |at| {
        Fact::Window(
            "app-a".to_owned(),
            FromWindow::State {
                at,
                origin: sample::state().provider,
                path: "/end_session".to_owned(),
                session: None,
                user: None,
                reason: None,
                channel: None,
                listening: None,
            },
        )
    };
    let back = Fact::Window("app-a".to_owned(), sample::shows(1010.0, &sample::state().app_a, "signed-out", None));
    let story = told(1, vec![click(1000.0, "app-a", "sign-out"), at_provider(1004.0), back]);
    assert_eq!(
        story,
        [
            "app-a>app-a click done",
            "app-a>Provider redirect done",
            "app-a>AppA redirect done",
            "app-a>app-a locked done"
        ]
    );
    let reported = sample::report(1002.0, Place::Browser, Place::Provider, Kind::Redirect, Outcome::Done);
    let story = told(1, vec![click(1000.0, "app-a", "sign-out"), Fact::Report(reported), at_provider(1004.0)]);
    assert_eq!(story, ["app-a>app-a click done", "app-a>Provider redirect done"]);
}

#[test]
fn an_app_that_ends_its_own_session_was_asked_by_its_page() {
    let ended = sample::inside(1002.0, Place::AppA, Kind::Ended, &[("channel", "rp-initiated")]);
    let story = told(1, vec![click(1000.0, "app-a", "sign-out"), Fact::Report(ended.clone())]);
    assert_eq!(story, ["app-a>app-a click done", "app-a>AppA redirect done", "AppA>AppA ended done"]);
    assert_eq!(told(1, vec![Fact::Report(ended)]), ["AppA>AppA ended done"]);
}

/// Without push the lab loads App A's page to ask its server: that is no sign-out there.
#[test]
fn a_page_that_comes_signed_out_without_a_reason_has_asked_its_server_unless_the_user_left_it() {
    let comes = |at| Fact::Window("app-a".to_owned(), sample::shows(at, &sample::state().app_a, "signed-out", None));
    let reasons = |facts: Vec<Fact>| {
        let before = Before { state: sample::state(), windows: sample::windows(1) };
        let reports = compose(1000.0, &before, &facts).1;
        reports.iter().filter_map(|report| carried(report, "reason").map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(reasons(vec![click(1000.0, "provider", "confirm-sign-out"), comes(1200.0)]), ["check"]);
    assert_eq!(reasons(vec![click(1000.0, "app-b-1", "sign-out"), comes(1200.0)]), ["check"]);
    assert_eq!(reasons(vec![click(1000.0, "app-a", "sign-out"), comes(1200.0)]), ["user"]);
    assert_eq!(told(1, vec![comes(1200.0)]), ["app-a>AppA check done", "app-a>app-a locked done"]);
}

fn with(mut report: Report, carries: &[(&str, &str)]) -> Fact {
    report.carries.extend(carries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Fact::Report(report)
}

#[test]
fn a_logout_token_that_was_answered_has_arrived_and_one_that_was_not_has_not() {
    let sent = |at, jti| {
        with(sample::report(at, Place::Provider, Place::AppB, Kind::BackChannel, Outcome::Begun), &[("jti", jti)])
    };
    let answered = |outcome, jti| {
        let (from, to) = if outcome == Outcome::Unreachable {
            (Place::Provider, Place::AppB)
        } else {
            (Place::AppB, Place::Provider)
        };
        with(sample::report(1009.0, from, to, Kind::BackChannel, outcome), &[("jti", jti)])
    };
    for (outcome, first) in [
        (Outcome::Done, "Provider>AppB back-channel done"),
        (Outcome::Refused, "Provider>AppB back-channel done"),
        (Outcome::Unreachable, "Provider>AppB back-channel unreachable"),
    ] {
        let story = told(1, vec![sent(1003.0, "1"), sent(1004.0, "2"), answered(outcome, "1")]);
        assert_eq!(story[..2], [first, "Provider>AppB back-channel begun"]);
    }
}

#[test]
fn what_the_providers_own_page_asks_for_is_a_message() {
    let ended = || Fact::Report(sample::inside(1004.0, Place::Provider, Kind::Ended, &[]));
    for pressed in ["confirm-sign-out", "end-all", "end-session"] {
        let story = told(1, vec![click(1000.0, "provider", pressed), ended()]);
        assert_eq!(
            story,
            ["provider>provider click done", "provider>Provider redirect done", "Provider>Provider ended done"]
        );
    }
    assert_eq!(told(1, vec![click(1000.0, "app-a", "call-api"), ended()])[1], "Provider>Provider ended done");
}

#[test]
fn a_sign_in_at_a_goes_by_its_server_to_the_provider_and_the_code_comes_to_its_server() {
    let code = sample::report(1010.0, Place::Provider, Place::Browser, Kind::Redirect, Outcome::Done);
    let tokens = sample::report(1012.0, Place::AppA, Place::Provider, Kind::Tokens, Outcome::Done);
    let signed_in = sample::inside(1014.0, Place::AppA, Kind::SignIn, &[]);
    let story = told(
        1,
        vec![
            click(1000.0, "app-a", "sign-in"),
            with(code, &[("client_id", "app-a")]),
            Fact::Report(tokens),
            Fact::Report(signed_in),
        ],
    );
    assert_eq!(
        story,
        [
            "app-a>app-a click done",
            "app-a>AppA redirect done",
            "app-a>Provider redirect done",
            "Provider>app-a redirect done",
            "app-a>AppA redirect done",
            "AppA>Provider tokens done",
            "AppA>AppA sign-in done"
        ]
    );
}

#[test]
fn a_frame_of_which_nobody_tells_is_drawn_as_sent() {
    let page = || {
        let page = sample::report(1003.0, Place::Provider, Place::Browser, Kind::Redirect, Outcome::Done);
        with(page, &[("frame of", "App B")])
    };
    let pressed = || click(1000.0, "app-a", "sign-out");
    let story = told(1, vec![pressed(), page()]);
    assert_eq!(story[1..], ["Provider>app-a redirect done", "app-a>AppB front-channel begun"]);
    let reached = sample::report(1005.0, Place::Browser, Place::AppB, Kind::FrontChannel, Outcome::Done);
    let story = told(1, vec![pressed(), page(), Fact::Report(reached)]);
    assert_eq!(story[2..], ["app-a>AppB front-channel done"]);
    let failed = sample::report(1405.0, Place::Browser, Place::Provider, Kind::FrontChannel, Outcome::Unreachable);
    let story = told(1, vec![pressed(), page(), with(failed, &[("client_id", "app-b")])]);
    assert_eq!(story[2..], ["app-a>Provider front-channel unreachable"]);
}

#[test]
fn a_tab_locks_once() {
    let story = told(1, vec![locks(1005.0, "app-b-1", "push"), locks(1006.0, "app-b-1", "push")]);
    assert_eq!(story.iter().filter(|line| line.contains("locked")).count(), 1);
}

#[test]
fn what_was_signed_in_before_is_told_without_a_row_of_its_own() {
    let before = Before { state: sample::state(), windows: sample::windows(1) };
    let (windows, reports) = compose(1000.0, &before, &[]);
    assert_eq!(windows.len(), 2);
    assert!(reports.iter().all(|report| report.at < 1000.0 && report.label == "signed in as alice"));
}
