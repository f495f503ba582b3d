use app::app_b::Listening;
use logout_event::Channel;
use logout_event::wire::Teller;
use proptest::prelude::*;

use super::{NOW, event, lock_of, refused, session, signed_in_with, told};
use crate::api::RefusalReason;
use crate::tab::{Action, Input, Session};

proptest! {
    /// Whatever a tab hears, in whichever order: hidden means that it was asked for, a page in the cache and a locked one
    /// stay still, no two renewals are under way, and there is no way back from a lock (T-11, T-19).
    #[test]
    fn no_order_of_inputs_shows_an_ended_session_or_a_page_from_the_cache(
        inputs in proptest::collection::vec((any_input(), 0u64..100), 1..40),
    ) {
        let renewable = Session { renew_at: Some(NOW + 225), ..session() };
        let (mut tab, mut now) = (signed_in_with(renewable), NOW);
        let (mut is_left, mut is_over, mut is_renewing) = (false, false, false);
        for (mut input, later) in inputs {
            now += later;
            if let Input::Renewed(session) = &mut input {
                (session.expires_at, session.renew_at) = (now + 300, Some(now + 225));
            }
            let actions = tab.handle(input.clone(), now);
            prop_assert!(!is_over || actions.is_empty(), "{input:?} moves a locked tab: {actions:?}");
            let shows = actions.iter().any(|action| matches!(action, Action::ShowSession | Action::Unveil));
            prop_assert!(!shows || (input == Input::Confirmed && !is_left), "{input:?} shows: {actions:?}");
            prop_assert!(!is_left || !actions.contains(&Action::OpenStream), "{input:?} opens a stream in the cache");
            let renews = actions.iter().filter(|action| **action == Action::Renew).count();
            is_renewing &= !matches!(input, Input::Renewed(_) | Input::RenewalImpossible);
            prop_assert!(renews == 0 || (!is_renewing && (!is_left || input == Input::Restored)), "{input:?} renews: {actions:?}");
            is_renewing |= renews > 0;
            let locks = lock_of(&actions).is_some();
            prop_assert_eq!(locks, !is_over && !tab.is_signed_in());
            is_over |= locks;
            is_left = (is_left || input == Input::Left) && input != Input::Restored;
            prop_assert!(!is_over || !tab.is_signed_in());
        }
    }
}

fn any_input() -> impl Strategy<Value = Input> {
    let listening = prop_oneof![Just(Listening::Connecting), Just(Listening::Open), Just(Listening::Reconnecting)];
    prop_oneof![
        Just(Input::Confirmed),
        Just(Input::Unanswered),
        Just(Input::Concealed),
        Just(Input::Seen),
        Just(Input::Online),
        Just(Input::Ticked),
        Just(Input::Chosen),
        Just(Input::AskedWho),
        listening.clone().prop_map(Input::HolderIs),
        listening.prop_map(Input::StreamIs),
        Just(Input::Left),
        Just(Input::Restored),
        Just(Input::TimeIsUp),
        Just(Input::Renewed(session())),
        Just(Input::NotRenewed),
        Just(Input::RenewalImpossible),
        Just(Input::RenewalRefused),
        Just(refused(RefusalReason::Expired, None)),
        Just(Input::Pushed(event("s2", Channel::BackChannel))),
        Just(Input::Pushed(event("s1", Channel::BackChannel))),
        Just(told(Teller::Tab, "s1", Channel::BackChannel)),
    ]
}
