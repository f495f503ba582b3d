use super::*;
use crate::lab::sample;
use crate::lab::svg_file::{style, svg_file};
use crate::lab::wire::{Place, Report, Section};

fn run() -> Run {
    let sent = sample::report(1003.5, Place::Provider, Place::AppB, Kind::BackChannel, Outcome::Begun);
    let refused = Report {
        label: "<script>alert(\"1\")</script> & more\u{7}".to_owned(),
        carries: vec![("reason".to_owned(), "session_ended".to_owned())],
        section: Some(Section { name: "RFC 6750, section 3.1".to_owned(), url: "https://example.org/".to_owned() }),
        ..sample::report(1005.0, Place::Lab, Place::AppB, Kind::Request, Outcome::Refused)
    };
    sample::run(vec![sent, refused])
}

#[test]
fn an_arrow_says_its_kind_its_outcome_and_what_it_carried() {
    let file = svg_file(&run());
    assert!(file.contains("data-kind=\"back-channel\" data-outcome=\"begun\""), "{file}");
    assert!(file.contains("data-kind=\"request\" data-outcome=\"refused\""), "{file}");
    assert!(file.contains("reason: session_ended\n") || file.contains("reason: session_ended&#10;"), "{file}");
    assert!(file.contains("RFC 6750, section 3.1"), "{file}");
    assert!(file.contains("class=\"channel how\"") && file.contains(">refused<"), "the outcome is also a word: {file}");
}

#[test]
fn heads_are_painted_over_what_is_scrolled_under_them() {
    let picture = picture(&run());
    let last = picture.children.last().unwrap();
    assert_eq!(last.attributes, [("class", "heads".to_owned())]);
    assert_eq!(last.children[0].attributes[0], ("class", "ground".to_owned()));
    let titles = last.children[1..].iter().flat_map(|lane| &lane.children).filter(|shape| shape.text == "Provider");
    assert_eq!(titles.count(), 1);
}

/// Neither by colour alone nor by dashes alone.
#[test]
fn every_channel_has_a_look_and_every_outcome_a_tip_of_its_own() {
    let kinds = [
        (Kind::Redirect, "redirect"),
        (Kind::Tokens, "tokens"),
        (Kind::FrontChannel, "front-channel"),
        (Kind::BackChannel, "back-channel"),
        (Kind::Push, "push"),
        (Kind::Broadcast, "broadcast"),
        (Kind::Check, "check"),
        (Kind::Request, "request"),
        (Kind::Revocation, "revocation"),
        (Kind::Switched, "switched"),
    ];
    for (kind, id) in kinds {
        let sent = sample::report(1003.5, Place::Provider, Place::AppB, kind, Outcome::Done);
        let file = svg_file(&sample::run(vec![sent]));
        assert!(file.contains(&format!("class=\"arrow kind-{id} outcome-done\"")), "{id}: {file}");
        let has_colour = style().split('}').any(|rule| {
            rule.split_once('{').is_some_and(|(names, look)| {
                names.split(',').any(|name| name.trim() == format!(".kind-{id}")) && look.contains("--kind: #")
            })
        });
        assert!(has_colour, "{id}");
        assert!(kind == Kind::Redirect || style().contains(&format!(".kind-{id} .wire {{")), "{id}");
    }
    let tips = [
        (Outcome::Begun, "tip open"),
        (Outcome::Done, "tip"),
        (Outcome::Unconfirmed, "tip hollow"),
        (Outcome::Refused, "tip cross"),
        (Outcome::Unreachable, "tip cross"),
    ];
    for (outcome, tip) in tips {
        let sent = sample::report(1003.5, Place::Provider, Place::AppB, Kind::BackChannel, outcome);
        let file = svg_file(&sample::run(vec![sent]));
        let class = format!("class=\"arrow kind-back-channel outcome-{}\"", words::outcome(outcome));
        assert!(file.contains(&class) && file.contains(&format!("class=\"{tip}\"")), "{outcome:?}: {file}");
    }
}
