use super::*;
use crate::lab::sample;

#[test]
fn names_of_windows_tell_their_party() {
    for (name, party) in [
        ("app-a", Some(Party::AppA)),
        ("app-b-1", Some(Party::AppB)),
        ("app-b-10", Some(Party::AppB)),
        ("provider", Some(Party::Provider)),
        ("app-bx", None),
        ("", None),
    ] {
        assert_eq!(Party::of_window(name), party, "{name}");
    }
    assert_eq!(Party::AppB.window(3), "app-b-3");
}

#[test]
fn a_window_keeps_its_name_when_the_lab_is_reloaded() {
    use Party::{AppA, AppB, Provider};
    for (claimed, shows, taken, name) in [
        (Some("app-b-2"), AppB, &[][..], Some("app-b-2")),
        (Some("app-b-2"), AppB, &["app-b-1", "app-a"], Some("app-b-2")),
        // It shows the provider's page for a while.
        (Some("app-a"), Provider, &[], Some("app-a")),
        (Some("app-b-2"), AppB, &["app-b-2"], None),
        (None, AppB, &["app-b-1"], Some("app-b-2")),
        (None, AppA, &["app-a"], None),
        (Some("app-b-17"), AppB, &[], Some("app-b-1")),
        (Some("app-b-01"), AppB, &[], Some("app-b-1")),
        (Some("app-b"), AppB, &[], Some("app-b-1")),
        (Some("other"), Provider, &[], Some("provider")),
    ] {
        assert_eq!(name_of_adopted(claimed, shows, taken).as_deref(), name, "{claimed:?} beside {taken:?}");
    }
    assert_eq!(name_of_adopted(None, AppB, &["x"; MOST_WINDOWS]), None, "there is no room");
}

#[test]
fn where_there_is_no_room_it_is_said_how_many_to_close() {
    assert_eq!(no_room(0, 12), None);
    assert_eq!(no_room(MOST_WINDOWS, 0), None);
    assert_eq!(no_room(MOST_WINDOWS - 1, 1), None);
    let one = "16 windows of the demo are open, and the lab opens 16 at most. Close one first.";
    assert_eq!(no_room(MOST_WINDOWS, 1).as_deref(), Some(one));
    let three = "8 windows of the demo are open, and the lab opens 16 at most. Close 3 first.";
    assert_eq!(no_room(8, 11).as_deref(), Some(three));
}

#[test]
fn a_window_that_was_never_heard_is_asked_and_then_loaded_anew_ever_more_rarely() {
    let loads = |never| (1..=200).filter(|ticks| after_silence(*ticks, never) == Silence::Load).collect::<Vec<u32>>();
    assert_eq!(loads(true), [10, 20, 40, 80, 160]);
    assert_eq!(loads(false), [0; 0], "what it shows is the user's");
    let asks = (1..=10).filter(|ticks| after_silence(*ticks, true) == Silence::Ask).collect::<Vec<u32>>();
    assert_eq!(asks, [3, 6, 9]);
}

#[test]
fn an_address_that_is_for_one_browser_is_not_shown() {
    assert_eq!(plain_path("/end_session/result/c2Vzc2lvbi1vZi1hbGljZQ"), "/end_session/result/…");
    assert_eq!(plain_path("/signed-out"), "/signed-out");
    assert_eq!(plain_path("/"), "/");
}

#[test]
fn a_page_that_has_gone_is_not_shown_and_one_that_followed_it_is() {
    let state = sample::state();
    let gone = |at, origin: &str| FromWindow::Gone { at, origin: origin.to_owned() };
    let mut window = Window::new(Party::AppA, 1);
    window.hear(&gone(0.5, &state.app_a), &state);
    assert_eq!(window.sentence(), "loading…");
    window.hear(&sample::shows(1.0, &state.app_a, "signed-in", None), &state);
    window.hear(&gone(0.9, &state.app_a), &state);
    assert!(window.is_signed_in(), "another page of the app has gone, and this one came");
    window.hear(&gone(1.2, &state.provider), &state);
    assert!(window.is_signed_in(), "the provider's page has gone, and this one came");
    window.hear(&gone(2.0, &state.app_a), &state);
    assert_eq!((window.page.as_ref(), window.session()), (None, "loading"));
    assert_eq!(window.sentence(), "shows no page of the demo");
    window.hear(&sample::shows(3.0, &state.app_a, "signed-out", None), &state);
    assert_eq!(window.sentence(), "signed out");
}

#[test]
fn a_window_at_the_provider_is_neither_signed_in_nor_out() {
    let state = sample::state();
    let mut window = Window::new(Party::AppA, 1);
    assert_eq!((window.session(), window.sentence().as_str()), ("loading", "loading…"));
    window.hear(&sample::shows(1.0, &state.app_a, "signed-in", None), &state);
    assert!(window.is_signed_in());
    assert_eq!(window.sentence(), "signed in as alice, listening");
    window.hear(&sample::shows(2.0, &state.provider, "signed-out", None), &state);
    assert!(!window.is_signed_in() && !window.is_signed_out());
    assert_eq!(window.session(), "elsewhere");
    window.hear(&sample::shows(3.0, &state.app_a, "signed-out", Some("push")), &state);
    assert!(window.is_signed_out());
    assert_eq!(window.sentence(), "signed out: its server pushed");
}
