use app::app_b::{Listening, Reason};
use logout_event::wire::{TabMessage, Teller};
use logout_event::{Channel, LogoutEvent, SessionRef};

use super::{Action, Input, Lock, Session, Tab};
use crate::api::{Refusal, RefusalReason};
use crate::storage::Which;

mod any_order;
mod renewal;
mod wake;

const NOW: u64 = 1_000;
const EXPIRES_AT: u64 = 1_300;
const SHOW: [Action; 4] = [Action::ShowSession, Action::JoinLine, Action::SetTimer, Action::LoadNotes];
/// In seconds; longer than a user turns away for a moment.
const LONG: u64 = 60;

fn session() -> Session {
    Session {
        session: SessionRef { iss: "op".to_owned(), sid: Some("s1".to_owned()), sub: "u1".to_owned(), auth_time: 900 },
        expires_at: EXPIRES_AT,
        renew_at: None,
    }
}

fn event(sid: &str, channel: Channel) -> LogoutEvent {
    LogoutEvent { iss: "op".to_owned(), sid: Some(sid.to_owned()), sub: None, channel, not_before: 0 }
}

fn told(from: Teller, sid: &str, channel: Channel) -> Input {
    Input::Told(TabMessage { from, event: event(sid, channel) })
}

fn refused(reason: RefusalReason, channel: Option<Channel>) -> Input {
    Input::Refused(Refusal { reason, channel })
}

fn signed_in() -> Tab {
    signed_in_with(session())
}

fn signed_in_with(session: Session) -> Tab {
    let mut tab = Tab::new();
    let shown = tab.handle(Input::SignedIn { session, fresh: true }, NOW);
    assert!(shown.starts_with(&[Action::StoreTokens, Action::ShowSession]), "{shown:?}");
    tab
}

/// A tab whose turn it is, with its stream open.
fn holding() -> Tab {
    let mut tab = signed_in();
    assert_eq!(tab.handle(Input::Chosen, NOW), [Action::OpenStream]);
    let said = tab.handle(Input::StreamIs(Listening::Open), NOW);
    assert_eq!(said, [Action::ShowListening(Listening::Open), Action::Announce(Listening::Open)]);
    tab
}

/// The lock of the actions, which has to be their first.
fn lock_of(actions: &[Action]) -> Option<Lock> {
    let position = actions.iter().position(|action| matches!(action, Action::Lock(_)))?;
    assert_eq!(position, 0, "something comes before the lock: {actions:?}");
    match &actions[0] {
        Action::Lock(lock) => Some(*lock),
        _ => None,
    }
}

fn message_of(actions: &[Action]) -> Option<&TabMessage> {
    actions.iter().find_map(|action| match action {
        Action::Tell(message) => Some(message),
        _ => None,
    })
}

#[test]
fn every_way_to_hear_of_the_end_locks_first() {
    use Channel::{BackChannel, FrontChannel, Provider, RpInitiated};
    use RefusalReason::{Expired, Invalid, SessionEnded};
    let table = [
        (Input::Pushed(event("s1", BackChannel)), NOW, Reason::Push, Some(BackChannel), true),
        (Input::Pushed(event("s1", FrontChannel)), NOW, Reason::Push, Some(FrontChannel), true),
        (told(Teller::Tab, "s1", BackChannel), NOW, Reason::Tab, Some(BackChannel), false),
        (told(Teller::Tab, "s1", RpInitiated), NOW, Reason::Tab, Some(RpInitiated), false),
        (told(Teller::Frame, "s1", FrontChannel), NOW, Reason::FrontChannel, Some(FrontChannel), false),
        (refused(SessionEnded, None), NOW, Reason::Check, None, true),
        (refused(SessionEnded, Some(Provider)), NOW, Reason::Check, Some(Provider), true),
        (refused(Invalid, None), NOW, Reason::Check, None, false),
        (refused(Expired, None), NOW, Reason::Expired, None, false),
        (Input::TimeIsUp, EXPIRES_AT, Reason::Expired, None, false),
        (Input::Seen, EXPIRES_AT, Reason::Expired, None, false),
        (Input::Online, EXPIRES_AT, Reason::Expired, None, false),
        (Input::Restored, EXPIRES_AT, Reason::Expired, None, false),
        (Input::SignOut, NOW, Reason::User, None, true),
    ];
    for (input, now, reason, channel, tells) in table {
        let mut tab = signed_in();
        let actions = tab.handle(input.clone(), now);
        assert_eq!(lock_of(&actions), Some(Lock { reason, channel }), "{input:?}");
        assert!(actions.contains(&Action::Mark), "{input:?}: it would sign in again");
        assert!(actions.contains(&Action::CloseStream), "{input:?}");
        assert!(actions.iter().any(|action| matches!(action, Action::DropTokens(_))), "{input:?}");
        assert_eq!(message_of(&actions).is_some(), tells, "{input:?}");
        let position = |wanted: fn(&Action) -> bool| actions.iter().position(wanted);
        let (tell, close) =
            (position(|action| matches!(action, Action::Tell(_))), position(|action| *action == Action::CloseStream));
        assert!(tell < close, "{input:?}: the next in line would open the stream to hear the same: {actions:?}");
        assert!(!tab.is_signed_in(), "{input:?}");
    }
}

/// T-09, T-13, T-22
#[test]
fn what_concerns_another_session_changes_nothing() {
    let mut other_issuer = event("s1", Channel::BackChannel);
    other_issuer.iss = "evil".to_owned();
    let mut earlier = event("s1", Channel::BackChannel);
    earlier.sid = None;
    earlier.sub = Some("u1".to_owned());
    earlier.not_before = 899;
    for input in [
        Input::Pushed(event("s2", Channel::BackChannel)),
        Input::Pushed(other_issuer),
        Input::Pushed(earlier),
        told(Teller::Tab, "s2", Channel::BackChannel),
        told(Teller::Frame, "s2", Channel::FrontChannel),
    ] {
        let mut tab = signed_in();
        assert_eq!(tab.handle(input.clone(), NOW), [], "{input:?}");
        assert!(tab.is_signed_in(), "{input:?}");
    }
}

/// T-19
#[test]
fn the_same_sign_out_by_several_ways_is_handled_once_and_a_locked_tab_stays_so() {
    let mut tab = signed_in();
    assert!(!tab.handle(Input::Pushed(event("s1", Channel::BackChannel)), NOW).is_empty());
    for input in [
        told(Teller::Tab, "s1", Channel::BackChannel),
        told(Teller::Frame, "s1", Channel::FrontChannel),
        refused(RefusalReason::SessionEnded, None),
        Input::SignedIn { session: session(), fresh: true },
        Input::SignOut,
        Input::Confirmed,
        Input::Unanswered,
        Input::Concealed,
        Input::Seen,
        Input::Online,
        Input::Ticked,
        Input::Chosen,
        Input::AskedWho,
        Input::HolderIs(Listening::Open),
        Input::StreamIs(Listening::Open),
        Input::Left,
        Input::Restored,
        Input::TimeIsUp,
    ] {
        assert_eq!(tab.handle(input.clone(), NOW), [], "{input:?}");
        assert_eq!(tab.handle(input.clone(), NOW + LONG), [], "{input:?}, later");
    }
}

/// T-19: a tab that is signing out neither asks, retries, renews nor signs in, whatever wakes it.
#[test]
fn a_tab_that_is_signing_out_does_nothing_else() {
    let mut tab = holding();
    assert!(tab.handle(Input::SignOut, NOW).contains(&Action::Mark));
    for input in
        [Input::Seen, Input::Online, Input::Ticked, Input::Unanswered, Input::Chosen, Input::Left, Input::Restored]
    {
        assert_eq!(tab.handle(input.clone(), NOW + LONG), [], "{input:?}");
    }
}

#[test]
fn what_a_tab_tells_ends_its_siblings_session_and_no_other() {
    let without_sid = {
        let mut session = session();
        session.session.sid = None;
        session
    };
    for own in [session(), without_sid] {
        for input in [Input::SignOut, refused(RefusalReason::SessionEnded, None)] {
            let mut tab = Tab::new();
            tab.handle(Input::SignedIn { session: own.clone(), fresh: false }, NOW);
            let actions = tab.handle(input, NOW);
            let message = message_of(&actions).unwrap();
            assert_eq!(message.from, Teller::Tab);
            assert!(message.event.ends(&own.session));
            let mut later = own.session.clone();
            later.auth_time += 1;
            later.sid = later.sid.map(|_| "s2".to_owned());
            assert!(!message.event.ends(&later));
        }
    }
}

/// The lock comes before all, the provider after all.
#[test]
fn a_click_on_sign_out_leaves_for_the_provider_last() {
    let actions = signed_in().handle(Input::SignOut, NOW);
    assert!(matches!(actions.first(), Some(Action::Lock(_))));
    assert!(matches!(actions.last(), Some(Action::SignOutAtProvider)));
    let others = actions.iter().filter(|action| **action == Action::SignOutAtProvider).count();
    assert_eq!(others, 1);
}

/// T-10: the sign-out is heard while the code is exchanged.
#[test]
fn a_session_that_ended_before_it_was_known_is_never_shown() {
    for (from, reason) in [(Teller::Tab, Reason::Tab), (Teller::Frame, Reason::FrontChannel)] {
        let mut tab = Tab::new();
        assert_eq!(tab.handle(told(from, "s0", Channel::BackChannel), NOW), []);
        assert_eq!(tab.handle(told(from, "s1", Channel::BackChannel), NOW), []);
        let actions = tab.handle(Input::SignedIn { session: session(), fresh: true }, NOW);
        assert_eq!(lock_of(&actions).map(|lock| lock.reason), Some(reason));
        assert!(!actions.contains(&Action::StoreTokens) && !actions.contains(&Action::ShowSession));
    }
}

#[test]
fn fresh_tokens_are_stored_and_found_ones_are_not() {
    let fresh = Tab::new().handle(Input::SignedIn { session: session(), fresh: true }, NOW);
    assert!(fresh.contains(&Action::StoreTokens) && fresh.ends_with(&SHOW));
    let found = Tab::new().handle(Input::SignedIn { session: session(), fresh: false }, NOW);
    assert_eq!(found, [Action::Hide, Action::Check]);
}

/// An expired token says nothing about other tabs, and another tab's newer token stays.
#[test]
fn expiry_drops_this_tabs_token_only() {
    let actions = signed_in().handle(Input::TimeIsUp, EXPIRES_AT);
    assert!(actions.contains(&Action::DropTokens(Which::OfThisTab)));
    let ended = event("s1", Channel::BackChannel);
    let actions = signed_in().handle(Input::Pushed(ended.clone()), NOW);
    assert!(actions.contains(&Action::DropTokens(Which::EndedBy(ended))));
}

#[test]
fn a_timer_that_fires_early_is_set_again() {
    let mut tab = signed_in();
    assert_eq!(tab.handle(Input::TimeIsUp, EXPIRES_AT - 1), [Action::SetTimer]);
    assert!(tab.is_signed_in());
}

/// T-24, T-25
#[test]
fn a_page_from_the_cache_shows_nothing_before_the_server_has_spoken() {
    let mut tab = holding();
    assert_eq!(tab.handle(Input::Left, NOW), [Action::Hide, Action::CloseStream, Action::LetOthersRenew]);
    for input in [Input::Seen, Input::Online, Input::Confirmed, Input::Chosen, Input::StreamIs(Listening::Open)] {
        assert_eq!(tab.handle(input.clone(), NOW), [], "{input:?}: it was asked, or said, before the page came back");
    }
    assert_eq!(tab.handle(Input::Restored, NOW), [Action::Check]);
    assert_eq!(tab.handle(Input::Confirmed, NOW), SHOW);
    assert_eq!(tab.handle(Input::Confirmed, NOW), []);

    let mut tab = signed_in();
    assert_eq!(tab.handle(Input::Restored, NOW), [Action::Hide, Action::Check]);
    let actions = tab.handle(refused(RefusalReason::SessionEnded, None), NOW);
    assert_eq!(lock_of(&actions).map(|lock| lock.reason), Some(Reason::Check));
}

#[test]
fn a_page_that_was_left_while_it_was_checking_begins_anew() {
    assert_eq!(Tab::new().handle(Input::Restored, NOW), [Action::Reload]);
}

#[test]
fn without_a_session_the_tab_says_so() {
    for reason in [None, Some(Reason::User)] {
        let mut tab = Tab::new();
        assert_eq!(tab.handle(Input::NoSession(reason), NOW), [Action::ShowSignedOut(reason)]);
        assert_eq!(tab.handle(Input::Seen, NOW), []);
    }
}
