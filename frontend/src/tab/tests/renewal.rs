use app::app_b::{Listening, Reason};
use logout_event::Channel;

use super::{EXPIRES_AT, LONG, NOW, SHOW, event, lock_of, message_of, refused, session, signed_in, signed_in_with};
use crate::api::RefusalReason;
use crate::tab::{Action, Input, Lock, Session, Tab};

const RENEW_AT: u64 = 1_225;

fn renewable() -> Session {
    Session { renew_at: Some(RENEW_AT), ..session() }
}

/// The same session with the next tokens.
fn next() -> Session {
    Session { expires_at: EXPIRES_AT + 225, renew_at: Some(RENEW_AT + 225), ..session() }
}

fn tab() -> Tab {
    signed_in_with(renewable())
}

/// A tab that renews.
fn renewing() -> Tab {
    let mut tab = tab();
    assert_eq!(tab.handle(Input::Ticked, RENEW_AT), [Action::Renew]);
    tab
}

#[test]
fn a_tab_that_is_looked_at_renews_in_time_and_once() {
    let mut tab = tab();
    assert_eq!(tab.handle(Input::Ticked, RENEW_AT - 1), []);
    assert_eq!(tab.handle(Input::Ticked, RENEW_AT), [Action::Renew]);
    for input in [Input::Ticked, Input::TimeIsUp] {
        assert!(!tab.handle(input.clone(), RENEW_AT + 1).contains(&Action::Renew), "{input:?}");
    }
    let renewed = tab.handle(Input::Renewed(next()), RENEW_AT + 2);
    assert_eq!(renewed, [Action::SetTimer, Action::ShowFacts]);
    assert_eq!(tab.handle(Input::Ticked, RENEW_AT + 3), [], "that is done");
    assert_eq!(tab.handle(Input::Ticked, RENEW_AT + 225), [Action::Veil, Action::Renew], "a sleep, and due again");
}

/// Rule: the provider is asked nothing for a tab that nobody looks at.
#[test]
fn a_tab_in_the_background_renews_when_it_is_seen_again() {
    let mut tab = tab();
    assert_eq!(tab.handle(Input::Concealed, NOW), []);
    for now in (NOW..EXPIRES_AT + LONG).step_by(10) {
        let actions = tab.handle(Input::Ticked, now);
        assert!(!actions.contains(&Action::Renew), "{actions:?} at {now}");
    }
    assert_eq!(tab.handle(Input::TimeIsUp, EXPIRES_AT), []);
    assert_eq!(tab.handle(Input::Seen, EXPIRES_AT + LONG), [Action::Veil, Action::Renew]);
    let renewed = tab.handle(Input::Renewed(Session { expires_at: 2_000, ..next() }), EXPIRES_AT + LONG);
    assert_eq!(renewed, [Action::SetTimer, Action::ShowFacts, Action::Check]);
    assert_eq!(tab.handle(Input::Confirmed, EXPIRES_AT + LONG), [Action::Unveil]);
}

/// T-25: after a sleep past the expiry, first the tokens, then the question, and nothing is seen before.
#[test]
fn who_wakes_with_expired_tokens_renews_before_anything_else() {
    for (wake, now) in [(Input::Online, EXPIRES_AT), (Input::Seen, EXPIRES_AT), (Input::Seen, RENEW_AT + LONG)] {
        let mut tab = tab();
        let actions = tab.handle(wake.clone(), now);
        assert!(actions.contains(&Action::Renew) && !actions.contains(&Action::Check), "{wake:?}: {actions:?}");
        assert_eq!(actions.contains(&Action::Veil), wake == Input::Online || now >= EXPIRES_AT, "{wake:?}");
    }
    let mut restored = tab();
    assert_eq!(restored.handle(Input::Left, NOW), [Action::Hide, Action::CloseStream, Action::LetOthersRenew]);
    assert_eq!(restored.handle(Input::Ticked, EXPIRES_AT), [], "in the cache");
    assert_eq!(restored.handle(Input::Restored, EXPIRES_AT), [Action::Renew]);
    assert_eq!(
        restored.handle(Input::Renewed(next()), EXPIRES_AT),
        [Action::SetTimer, Action::ShowFacts, Action::Check]
    );
    assert_eq!(restored.handle(Input::Confirmed, EXPIRES_AT), SHOW);
}

/// T-24: what is found in storage may be of an ended session.
#[test]
fn a_stored_session_is_shown_when_its_server_has_spoken() {
    let mut tab = Tab::new();
    assert_eq!(tab.handle(Input::SignedIn { session: renewable(), fresh: false }, NOW), [Action::Hide, Action::Check]);
    assert_eq!(tab.handle(Input::Confirmed, NOW), SHOW);

    let mut expired = Tab::new();
    let first = expired.handle(Input::SignedIn { session: renewable(), fresh: false }, EXPIRES_AT);
    assert_eq!(first, [Action::Hide, Action::Renew]);
    assert_eq!(expired.handle(Input::Ticked, EXPIRES_AT), []);
}

/// T-26: a network error is no sign-out, however long it lasts.
#[test]
fn without_an_answer_the_session_goes_on() {
    let mut tab = renewing();
    for now in [RENEW_AT + 1, EXPIRES_AT, EXPIRES_AT + 10_000] {
        assert_eq!(tab.handle(Input::NotRenewed, now), [], "{now}");
        assert!(!tab.handle(Input::TimeIsUp, now).iter().any(|action| matches!(action, Action::Lock(_))));
        assert!(tab.is_signed_in());
    }
    assert_eq!(
        tab.handle(Input::Online, EXPIRES_AT + 10_001),
        [Action::Veil, Action::HurryRenewal],
        "it is tried at once"
    );
    assert_eq!(
        tab.handle(Input::NotRenewed, EXPIRES_AT + 10_002),
        [Action::Hide],
        "the user is told what it waits for"
    );
    assert_eq!(tab.handle(Input::NotRenewed, EXPIRES_AT + 10_003), []);
    let renewed = tab.handle(Input::Renewed(Session { expires_at: 90_000, ..next() }), EXPIRES_AT + 10_004);
    assert_eq!(renewed, [Action::SetTimer, Action::ShowFacts, Action::Check]);

    let mut veiled = renewing();
    assert_eq!(veiled.handle(Input::Online, RENEW_AT + 1), [Action::Veil, Action::HurryRenewal, Action::Check]);
    assert_eq!(veiled.handle(Input::NotRenewed, RENEW_AT + 2), [Action::Check], "the tokens are still good");
}

/// The last line that ends a session: where nothing else arrived, the provider's refusal does.
#[test]
fn a_refused_renewal_ends_the_session_everywhere() {
    let mut tab = renewing();
    let actions = tab.handle(Input::RenewalRefused, RENEW_AT + 1);
    assert_eq!(lock_of(&actions), Some(Lock { reason: Reason::Check, channel: Some(Channel::Provider) }));
    assert!(message_of(&actions).is_some_and(|message| message.event.ends(&session().session)));
    assert!(actions.contains(&Action::RefuseAtApi) && actions.contains(&Action::Mark));
    assert!(!tab.is_signed_in());
}

/// T-11, T-19: what a renewal brings after the end changes nothing.
#[test]
fn an_ended_session_is_not_renewed() {
    for end in [Input::SignOut, Input::Pushed(event("s1", Channel::BackChannel)), Input::Gone] {
        let mut tab = renewing();
        assert!(lock_of(&tab.handle(end.clone(), RENEW_AT)).is_some(), "{end:?}");
        for late in [Input::Renewed(next()), Input::NotRenewed, Input::RenewalRefused, Input::Ticked, Input::Seen] {
            assert_eq!(tab.handle(late.clone(), RENEW_AT + 225), [], "{end:?}, then {late:?}");
        }
        assert!(!tab.is_signed_in());
    }
}

/// T-15: what cannot be known is no sign-out; the session lasts as long as its access token.
#[test]
fn without_a_way_to_renew_the_session_ends_with_its_token() {
    let mut tab = renewing();
    assert_eq!(tab.handle(Input::RenewalImpossible, RENEW_AT), [Action::ShowFacts]);
    assert_eq!(tab.handle(Input::Ticked, RENEW_AT + 10), [], "no loop");
    let lock = lock_of(&tab.handle(Input::TimeIsUp, EXPIRES_AT));
    assert_eq!(lock, Some(Lock { reason: Reason::Expired, channel: None }));

    let mut late = renewing();
    let lock = lock_of(&late.handle(Input::RenewalImpossible, EXPIRES_AT));
    assert_eq!(lock.map(|lock| lock.reason), Some(Reason::Expired));
}

/// T-15, T-19: the API's clock may be ahead. It is believed once, not for ever.
#[test]
fn an_api_that_takes_no_new_token_makes_no_loop() {
    let mut tab = tab();
    assert_eq!(tab.handle(refused(RefusalReason::Expired, None), NOW), [Action::Renew]);
    assert_eq!(tab.handle(refused(RefusalReason::Expired, None), NOW), [], "under way");
    assert_eq!(tab.handle(Input::Renewed(next()), NOW), [Action::SetTimer, Action::ShowFacts]);
    let actions = tab.handle(refused(RefusalReason::Expired, None), NOW);
    assert_eq!(lock_of(&actions).map(|lock| lock.reason), Some(Reason::Expired));

    let mut not_renewable = signed_in();
    let actions = not_renewable.handle(refused(RefusalReason::Expired, None), NOW);
    assert_eq!(lock_of(&actions).map(|lock| lock.reason), Some(Reason::Expired));
}

/// The server would refuse a stream with an expired token, so it comes with the next one.
/// The hidden tab that holds the stream does not renew by itself: each time its stream is cut after its token's time, its
/// server refuses it, and that says nothing of the session.
#[test]
fn a_hidden_tab_outlives_any_number_of_refusals_of_tokens_whose_time_was_up() {
    let mut tab = tab();
    tab.handle(Input::Concealed, NOW);
    let mut session = renewable();
    for round in 0..5 {
        let now = session.expires_at + 100;
        assert_eq!(tab.handle(refused(RefusalReason::Expired, None), now), [Action::Renew], "{round}");
        session = Session { expires_at: now + 300, renew_at: Some(now + 225), ..session };
        let renewed = tab.handle(Input::Renewed(session.clone()), now);
        assert!(lock_of(&renewed).is_none(), "{round}: {renewed:?}");
    }
}

#[test]
fn a_proof_that_is_not_taken_says_nothing_of_the_session() {
    let mut tab = tab();
    assert_eq!(tab.handle(refused(RefusalReason::Proof, None), NOW), []);
    assert_eq!(tab.handle(Input::Ticked, RENEW_AT), [Action::Renew]);
}

#[test]
fn a_stream_that_waits_for_tokens_is_opened_with_them() {
    let mut tab = tab();
    assert_eq!(tab.handle(Input::Chosen, NOW), [Action::OpenStream]);
    assert_eq!(tab.handle(Input::StreamIs(Listening::Open), NOW).len(), 2);
    assert_eq!(tab.handle(Input::Online, EXPIRES_AT), [Action::Veil, Action::Renew]);
    let renewed = tab.handle(Input::Renewed(next()), EXPIRES_AT);
    assert_eq!(renewed, [Action::SetTimer, Action::ShowFacts, Action::Check, Action::OpenStream]);
}
