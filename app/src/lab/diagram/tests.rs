use super::*;
use crate::lab::sample;

fn window(name: &str) -> Place {
    Place::Window(name.to_owned())
}

fn sign_out() -> Run {
    sample::run(vec![
        sample::inside(999.0, window("app-a"), Kind::SignIn, &[]),
        sample::inside(999.0, window("app-b-1"), Kind::SignIn, &[]),
        sample::inside(1000.0, window("app-a"), Kind::Click, &[]),
        sample::report(1002.0, window("app-a"), Place::Provider, Kind::Redirect, Outcome::Done),
        sample::inside(1003.0, Place::Provider, Kind::Ended, &[]),
        sample::report(1003.5, Place::Provider, Place::AppB, Kind::BackChannel, Outcome::Begun),
        sample::inside(1004.0, Place::AppB, Kind::Ended, &[]),
        sample::report(1005.0, Place::AppB, window("app-b-1"), Kind::Push, Outcome::Done),
        sample::inside(1006.0, window("app-b-1"), Kind::Locked, &[]),
        sample::report(3006.0, window("app-a"), Place::AppA, Kind::Redirect, Outcome::Done),
    ])
}

#[test]
fn lanes_stand_so_that_arrows_are_short() {
    let places: Vec<Place> = lay_out(&sign_out()).lanes.into_iter().map(|lane| lane.place).collect();
    assert_eq!(places, [window("app-a"), Place::AppA, Place::Provider, Place::AppB, window("app-b-1")]);
}

#[test]
fn rows_follow_time_and_do_not_meet() {
    let diagram = lay_out(&sign_out());
    assert_eq!(diagram.arrows.len(), 8, "what was before the run is no row");
    for pair in diagram.arrows.windows(2) {
        assert!(pair[0].top + pair[0].height <= pair[1].top, "{pair:?}");
    }
    assert_eq!(diagram.gaps.len(), 1);
    assert_eq!(diagram.gaps[0].text, "2.00 s later");
    let (before, after) = (diagram.arrows[6].top + diagram.arrows[6].height, diagram.arrows[7].top);
    // It is 16 high.
    let gap = diagram.gaps[0].y;
    assert!(before <= gap - 8.0 && gap + 8.0 <= after, "the mark is between the rows");
    assert!(diagram.height > after);
}

#[test]
fn times_are_since_the_click() {
    let times: Vec<String> = lay_out(&sign_out()).arrows.into_iter().map(|arrow| arrow.time).collect();
    assert_eq!(times, ["0.0 ms", "2.0 ms", "3.0 ms", "3.5 ms", "4.0 ms", "5.0 ms", "6.0 ms", "2.01 s"]);
}

/// From where to where the label reaches.
fn reach(arrow: &Arrow) -> (f64, f64) {
    let longest = arrow.label.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let length = longest as f64 * CHARACTER;
    match arrow.anchor {
        "start" => (arrow.label_x, arrow.label_x + length),
        "end" => (arrow.label_x - length, arrow.label_x),
        _ => (arrow.label_x - length / 2.0, arrow.label_x + length / 2.0),
    }
}

#[test]
fn no_label_meets_a_lane_or_leaves_the_picture_or_its_row() {
    let long = "a label that is a good deal longer than what an arrow between two lanes has room for";
    for label in [long.to_owned(), long.replace(' ', "-"), long.repeat(3), "logout token, attempt 2".to_owned()] {
        let mut run = sign_out();
        for report in &mut run.reports {
            report.label.clone_from(&label);
        }
        let diagram = lay_out(&run);
        for arrow in &diagram.arrows {
            let (left, right) = reach(arrow);
            assert!(left >= GUTTER && right <= diagram.width, "{left} to {right}: {arrow:?}");
            // A session is 8 wide, the mark of its end 20.
            let met = diagram.lanes.iter().find(|lane| left < lane.x + 10.0 && right > lane.x - 10.0);
            assert_eq!(met, None, "{arrow:?}");
            let high = arrow.label.len() as f64 * LINE + arrow.notes.len() as f64 * NOTE;
            assert!(high <= arrow.height, "{arrow:?}");
        }
    }
}

#[test]
fn a_text_is_broken_between_words_and_what_has_no_room_leaves_a_mark() {
    let room = 16.0 * CHARACTER + 0.1;
    assert_eq!(wrap("logout token, attempt 2", room, 4), ["logout token,", "attempt 2"]);
    assert_eq!(wrap("/backchannel-logout", room, 4), ["/backchannel-log", "out"]);
    assert_eq!(wrap("one two three four five six", room, 1), ["one two three…"]);
    assert_eq!(wrap("", room, 4), [""]);
}

#[test]
fn six_lanes_fit_beside_the_message_that_is_looked_at() {
    // What the page leaves for the picture at 1280 px, and at 1600 px beside the inspector.
    let mut run = sign_out();
    run.reports.push(sample::inside(3010.0, Place::Lab, Kind::Request, &[]));
    let diagram = lay_out(&run);
    assert_eq!(diagram.lanes.len(), 6);
    assert!(diagram.width <= 846.0, "{}", diagram.width);
}

#[test]
fn a_window_that_took_no_part_has_no_lane() {
    let mut run = sign_out();
    let provider = ("provider".to_owned(), "Provider’s pages".to_owned());
    run.windows.extend([("app-b-2".to_owned(), "App B, tab 2".to_owned()), provider]);
    assert_eq!(lay_out(&run), lay_out(&sign_out()));
    run.reports.insert(0, sample::inside(999.0, window("app-b-2"), Kind::SignIn, &[]));
    let lanes = lay_out(&run).lanes;
    let tab = lanes.iter().find(|lane| lane.place == window("app-b-2")).expect("somebody is signed in there");
    assert!(!tab.lives[0].has_ended, "that nobody told it is to be seen");
}

#[test]
fn lanes_stand_from_the_beginning_of_a_replay() {
    let mut whole = sign_out();
    whole.reports.push(sample::inside(3010.0, Place::Lab, Kind::Request, &[]));
    let told = Run { reports: whole.reports[..3].to_vec(), ..whole.clone() };
    let places = |diagram: Diagram| diagram.lanes.into_iter().map(|lane| (lane.place, lane.x)).collect::<Vec<_>>();
    assert_eq!(places(lay_out_part(&told, &whole)), places(lay_out(&whole)));
}

#[test]
fn sessions_live_until_they_end() {
    let diagram = lay_out(&sign_out());
    let lives = |place: &Place| {
        diagram.lanes.iter().find(|lane| lane.place == *place).map(|lane| lane.lives.clone()).unwrap_or_default()
    };
    let tab = lives(&window("app-b-1"));
    assert_eq!(tab, [Life { top: HEAD, bottom: diagram.arrows[6].y, has_ended: true }]);
    assert_eq!(lives(&Place::Provider), [Life { top: HEAD, bottom: diagram.arrows[2].y, has_ended: true }]);
    let still: Vec<bool> = lives(&Place::AppA).iter().map(|life| life.has_ended).collect();
    assert_eq!(still, [false], "App A has said nothing of its end in this run");
}

#[test]
fn nothing_lives_on_after_an_end_that_is_told_twice() {
    let mut run = sign_out();
    run.reports.push(sample::inside(3010.0, Place::AppB, Kind::Ended, &[]));
    let diagram = lay_out(&run);
    let api = diagram.lanes.iter().find(|lane| lane.place == Place::AppB).map(|lane| lane.lives.len());
    assert_eq!(api, Some(1));
}

#[test]
fn a_run_without_anything_is_a_picture_too() {
    let diagram = lay_out(&sample::run(Vec::new()));
    assert!(diagram.arrows.is_empty());
    assert!(diagram.height > HEAD);
}

#[test]
fn the_same_run_is_the_same_picture() {
    assert_eq!(lay_out(&sign_out()), lay_out(&sign_out()));
}
