use app::app_b::Listening;

use super::{LONG, NOW, SHOW, holding, signed_in};
use crate::tab::{Action, Input, Tab};

/// T-25
#[test]
fn a_tab_that_wakes_asks_its_server_and_after_long_hides_first() {
    use Action::{Check, OpenStream, Unveil, Veil};
    type Steps = &'static [(Input, u64, &'static [Action])];
    type Row = (&'static str, fn() -> Tab, Steps);
    let table: [Row; 6] = [
        ("the focus", signed_in, &[(Input::Seen, 0, &[Check]), (Input::Confirmed, 0, &[])]),
        ("a short look away", holding, &[(Input::Concealed, 0, &[]), (Input::Seen, 5, &[Check])]),
        (
            "long in the background",
            holding,
            &[
                (Input::Concealed, 0, &[]),
                (Input::Seen, LONG, &[Veil, Check, OpenStream]),
                // `focus` after `visibilitychange`
                (Input::Seen, LONG, &[Check]),
                (Input::Confirmed, LONG, &[Unveil]),
                (Input::Confirmed, LONG, &[]),
            ],
        ),
        ("a network again", signed_in, &[(Input::Online, 0, &[Veil, Check]), (Input::Confirmed, 0, &[Unveil])]),
        ("a sleep", holding, &[(Input::Ticked, 0, &[]), (Input::Ticked, LONG, &[Veil, Check, OpenStream])]),
        (
            "a broken stream",
            holding,
            &[
                (
                    Input::StreamIs(Listening::Reconnecting),
                    0,
                    &[Action::ShowListening(Listening::Reconnecting), Action::Announce(Listening::Reconnecting)],
                ),
                (Input::Seen, 0, &[Check, OpenStream]),
            ],
        ),
    ];
    for (what, tab, steps) in table {
        let mut tab = tab();
        for (input, later, actions) in steps {
            assert_eq!(tab.handle(input.clone(), NOW + later), *actions, "{what}: {input:?}");
        }
    }
}

/// T-25: nobody knows, so nothing is shown, and the user is told why.
#[test]
fn a_veiled_tab_without_an_answer_says_what_it_waits_for() {
    let mut tab = signed_in();
    assert_eq!(tab.handle(Input::Unanswered, NOW), [], "what is seen anyway stays");
    assert_eq!(tab.handle(Input::Online, NOW), [Action::Veil, Action::Check]);
    assert_eq!(tab.handle(Input::Unanswered, NOW), [Action::Hide]);
    assert_eq!(tab.handle(Input::Unanswered, NOW), []);
    assert_eq!(tab.handle(Input::Online, NOW), [Action::Check], "the next try need not wait");
    assert_eq!(tab.handle(Input::Confirmed, NOW), SHOW);
}

/// T-28
#[test]
fn one_tab_holds_the_stream_and_the_others_say_what_it_tells_them() {
    use Listening::{Connecting, Open, Reconnecting, Tab as OfATab};
    let mut follower = signed_in();
    for (heard, shown) in [(Connecting, Connecting), (Open, OfATab), (Reconnecting, Reconnecting)] {
        assert_eq!(follower.handle(Input::HolderIs(heard), NOW), [Action::ShowListening(shown)]);
    }
    assert_eq!(follower.handle(Input::AskedWho, NOW), [], "only who holds it answers");
    assert_eq!(follower.handle(Input::StreamIs(Open), NOW), [], "a stream that this tab no longer holds");

    assert_eq!(follower.handle(Input::Chosen, NOW), [Action::OpenStream], "the one before has gone");
    assert_eq!(follower.handle(Input::AskedWho, NOW), [Action::Announce(Connecting)]);
    assert_eq!(follower.handle(Input::StreamIs(Open), NOW), [Action::ShowListening(Open), Action::Announce(Open)]);
    assert_eq!(follower.handle(Input::AskedWho, NOW), [Action::Announce(Open)]);
    assert_eq!(follower.handle(Input::HolderIs(Reconnecting), NOW), [], "a late word of the one before");
}
