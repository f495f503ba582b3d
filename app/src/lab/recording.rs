//! A run while it happens: what parties and windows tell, kept as it comes, and made into one account of it.

use std::collections::BTreeSet;

use super::clock::CLOCKS;
use super::compose::{carried, compose};
use super::sessions::News;
use super::stage::{Party, Window};
use super::wire::{FromWindow, Kind, Milliseconds, Outcome, Report, Run, State, Verdict};

/// More than this is not kept of one run; a sign-out of ten tabs tells about 80.
pub const MOST_FACTS: usize = 600;

/// How long a run is listened to when nobody says when it is over, in milliseconds: longer than the slowest step of the
/// provider's page.
pub const LONGEST: Milliseconds = 12_000.0;

/// How long a run waits for whoever is asked by the provider who they are, in milliseconds.
pub const ASKED: Milliseconds = 120_000.0;

/// Where the provider asks during a sign-in.
const ASKING: [&str; 3] = ["/login", "/select_account", "/consent"];

/// A run in which nothing has been heard for so long is over, in milliseconds; longer than the provider waits for a frame.
pub const QUIET: Milliseconds = 2_500.0;

/// What servers tell so long before one says that a session began or ended, belongs to it, in milliseconds.
const LEAD: Milliseconds = 500.0;

/// By so long a server's word may overtake a click's, in milliseconds.
const OVERTAKEN: Milliseconds = 2_000.0;

/// Something that was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// By a party, by the server's clock.
    Report(Report),
    /// By a window, with this name, by the lab's page's own clock.
    Window(String, FromWindow),
}

impl Fact {
    /// When it happened, by whose clock so ever.
    #[must_use]
    pub const fn at(&self) -> Milliseconds {
        match self {
            Self::Report(report) => report.at,
            Self::Window(_, told) => told.at(),
        }
    }
}

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

/// How things stood when a run began.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// The demo.
    pub state: State,
    /// The windows, in the order in which they were opened.
    pub windows: Vec<Window>,
}

/// The click that a run begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// By the lab's page's own clock.
    pub at: Milliseconds,
    /// As a date, in milliseconds since the Unix epoch.
    pub date: Milliseconds,
}

/// A run that is being recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    id: String,
    title: String,
    scenario: Option<String>,
    start: Start,
    before: Before,
    facts: Vec<Fact>,
    /// How far the server's clock is ahead of the lab's page's own, as far as that is known by now.
    ahead: Milliseconds,
    /// When something was heard last.
    heard: Milliseconds,
    /// The windows in which the provider asks somebody something.
    asked: BTreeSet<String>,
    /// When nobody was asked any more; at the start at first.
    answered: Milliseconds,
    /// Whether a server's word began it, and no click.
    is_told: bool,
    /// What is expected, as far as it is decided.
    pub verdicts: Vec<Verdict>,
}

impl Recording {
    /// A run that begins now; what was told a moment before, and happened after, belongs to it.
    #[must_use]
    pub fn begin(
        id: String,
        title: String,
        scenario: Option<String>,
        start: Start,
        before: Before,
        recent: impl IntoIterator<Item = Fact>,
    ) -> Self {
        let facts = recent.into_iter().collect();
        Self {
            id,
            title,
            scenario,
            start,
            before,
            facts,
            ahead: 0.0,
            is_told: false,
            heard: start.at,
            asked: BTreeSet::new(),
            answered: start.at,
            verdicts: Vec::new(),
        }
    }

    /// A server's word began it.
    pub const fn set_told(&mut self) {
        self.is_told = true;
    }

    /// Whether it began by a server's word about what follows from this click, which was heard of later.
    #[must_use]
    pub fn follows_from(&self, click: Milliseconds) -> bool {
        let since = self.start.at - click;
        self.is_told && (-CLOCKS..OVERTAKEN).contains(&since)
    }

    /// All that was told.
    #[must_use]
    pub fn into_facts(self) -> Vec<Fact> {
        self.facts
    }

    /// Whether it belongs to a scenario, which says when it is over.
    #[must_use]
    pub const fn is_scenario(&self) -> bool {
        self.scenario.is_some()
    }

    /// Takes in what was told; false if there is too much.
    pub fn take(&mut self, fact: Fact, now: Milliseconds) -> bool {
        self.heard = now;
        self.note_question(&fact, now);
        let has_room = !self.is_full();
        if has_room {
            self.facts.push(fact);
        }
        has_room
    }

    fn note_question(&mut self, fact: &Fact, now: Milliseconds) {
        let Fact::Window(name, told) = fact else { return };
        let asks = match told {
            FromWindow::State { origin, path, .. } => {
                *origin == self.before.state.provider && ASKING.contains(&path.as_str())
            }
            FromWindow::Gone { .. } => false,
            _ => return,
        };
        if asks {
            self.asked.insert(name.clone());
        } else if self.asked.remove(name) {
            self.answered = now;
        }
    }

    /// The server's clock is found to be so far ahead of the lab's page's own: by this all that it told is placed.
    pub const fn set_ahead(&mut self, ahead: Milliseconds) {
        self.ahead = ahead;
    }

    /// Whether there is no more room, so that what comes is not kept.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.facts.len() >= MOST_FACTS
    }

    /// Whether nothing more is to be expected of a run that is no scenario.
    #[must_use]
    pub fn is_over(&self, now: Milliseconds) -> bool {
        if self.asked.is_empty() {
            now - self.answered > LONGEST || now - self.heard > QUIET
        } else {
            now - self.heard > ASKED
        }
    }

    /// When something was heard last.
    #[must_use]
    pub const fn last(&self) -> Milliseconds {
        self.heard
    }

    /// Where a fact is in the run; none if it was before the click.
    fn placed(&self, fact: &Fact) -> Option<Fact> {
        let Start { at: click, date } = self.start;
        Some(match fact {
            Fact::Report(report) => {
                // What follows from the click can seem to be a little before it.
                let at = Some(report.at - self.ahead).filter(|at| *at >= click - CLOCKS)?.max(click);
                Fact::Report(Report { at: date + (at - click), ..report.clone() })
            }
            Fact::Window(name, told) => {
                let at = Some(told.at()).filter(|at| *at >= click)?;
                Fact::Window(name.clone(), told.clone().moved_to(date + (at - click)))
            }
        })
    }

    /// The account of it so far.
    #[must_use]
    pub fn run(&self) -> Run {
        let mut facts: Vec<Fact> = self.facts.iter().filter_map(|fact| self.placed(fact)).collect();
        // The click is the first, also where something was placed at it.
        let key = |fact: &Fact| (fact.at(), matches!(fact, Fact::Report(_)));
        facts.sort_by(|one, other| {
            let ((at, is_report), (than, other_is)) = (key(one), key(other));
            at.total_cmp(&than).then(is_report.cmp(&other_is))
        });
        let (windows, reports) = compose(self.start.date, &self.before, &facts);
        Run {
            id: self.id.clone(),
            title: self.title.clone(),
            scenario: self.scenario.clone(),
            started: self.start.date,
            topology: self.before.state.topology.clone(),
            switches: self.before.state.switches.clone(),
            windows,
            reports,
            verdicts: self.verdicts.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sample;
    use crate::lab::wire::Place;

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
    fn signing_in_and_out_begins_a_run_and_asking_the_api_does_not() {
        assert_eq!(beginning(&click(1.0, "sign-out")), Some("Sign-out"));
        assert_eq!(beginning(&click(1.0, "end-all")), Some("Sign-out everywhere"));
        assert_eq!(beginning(&click(1.0, "call-api")), None);
        assert_eq!(beginning(&FromWindow::Gone { at: 1.0, origin: sample::state().app_a }), None);
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

    #[test]
    fn a_run_that_a_server_begins_has_what_was_told_just_before_and_is_not_begun_once_more_by_its_click() {
        let ended = sample::inside(2000.0, Place::Provider, Kind::Ended, &[]);
        let asked =
            |at| Fact::Report(sample::report(at, Place::Browser, Place::Provider, Kind::Redirect, Outcome::Done));
        let window = Fact::Window("app-a".to_owned(), click(1900.0, "call-api"));
        assert_eq!(told_start(&[asked(1400.0), asked(1993.0), window], &ended, 990.0), 1003.0);
        assert_eq!(told_start(&[], &ended, 1000.0), 1000.0);
        let pressed = Fact::Window("app-a".to_owned(), click(900.0, "password-form"));
        assert_eq!(told_start(&[asked(1993.0), pressed], &ended, 990.0), 900.0);

        let mut recording = begun(vec![asked(1000.0)]);
        assert!(!recording.follows_from(990.0), "it began by a click");
        recording.set_told();
        assert!(recording.follows_from(990.0) && recording.follows_from(1002.0));
        assert!(!recording.follows_from(1100.0), "something else was pressed later");
        assert!(!recording.follows_from(1000.0 - OVERTAKEN));
        assert_eq!(recording.into_facts(), [asked(1000.0)]);
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
        assert!(
            recording.run().reports.iter().all(|report| report.kind != Kind::Click),
            "a window knows what was before"
        );
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
            Fact::Window(
                "app-b-1".to_owned(),
                sample::shows(1006.0, &sample::state().app_b, "signed-out", Some("push")),
            ),
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
}
