use super::*;
use crate::lab::sample;
use crate::lab::wire::{Place, Section};

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
fn the_file_is_safe_whatever_a_label_says() {
    let file = svg_file(&run());
    assert!(!file.contains("<script"), "{file}");
    assert!(file.contains("&lt;script&gt;alert(&quot;1&quot;)"), "{file}");
    assert!(!file.contains('\u{7}'));
    assert!(file.starts_with("<?xml") && file.contains("xmlns=\"http://www.w3.org/2000/svg\""));
}

#[test]
fn the_file_brings_its_colours_and_nothing_else_of_the_stylesheet() {
    let file = svg_file(&run());
    assert!(file.contains(".kind-back-channel"), "{file}");
    assert!(!file.contains(".lab-grid"), "only the diagram's part");
}

#[test]
fn the_file_says_what_it_is_and_the_page_says_it_beside_the_picture() {
    let mut run = run();
    run.title = "Sign <out>".to_owned();
    run.reports.push(sample::inside(1007.0, Place::Provider, Kind::Ended, &[]));
    let file = svg_file(&run);
    let about = "<title>Curfew lab: Sign &lt;out&gt;</title><desc>A sequence diagram of 3 messages, with time downwards; each \
                 says what it is. Last credential refused after 7.0 ms, by the parties’ own records";
    let (head, _) = file.split_once("<style>").unwrap();
    assert!(head.contains(about), "{head}");
    assert!(picture(&run).children.iter().all(|shape| !matches!(shape.tag, "title" | "desc")));
}

#[test]
fn the_file_says_when_it_was_and_how_the_demo_stood_and_what_looks_like_what() {
    let mut run = run();
    run.started = 1_767_225_600_000.0;
    run.switches.push = false;
    run.reports.iter_mut().for_each(|report| report.at += run.started - 1000.0);
    let file = svg_file(&run);
    for said in [
        "class=\"file-title\" x=\"16\" y=\"28\">Curfew lab: Sign-out<",
        ">2026-01-01 00:00:00 UTC. The demo: across sites, without push.<",
        ">back channel</text></g>",
        ">sent, not answered yet</text></g>",
        ">refused</text></g>",
    ] {
        assert!(file.contains(said), "{said}: {file}");
    }
    assert!(!file.contains(">front channel<"), "only what is in it");
}

#[test]
fn the_file_is_light_and_its_colours_are_written_out() {
    let file = svg_file(&run());
    let style = written_out(style());
    assert!(file.contains(&style));
    for name in ["var(", "--", "@media"] {
        assert!(!style.contains(name), "{name}: {style}");
    }
    for rule in
        [".diagram .ground { fill: #ffffff; }", ".kind-back-channel .wire { stroke: #7a2ea0;", ".kind-push .channel {"]
    {
        assert!(style.contains(rule), "{rule}: {style}");
    }
    // Dashes and outcomes are in it, after what holds for all.
    let place = |rule: &str| style.find(rule).unwrap_or_else(|| panic!("{rule}: {style}"));
    assert!(place(".kind-back-channel .wire { stroke: #7a2ea0;") < place(".kind-back-channel .wire { stroke-width"));
    assert!(place(".kind-push .tip { fill") < place("\n.outcome-refused .tip"));
}

#[test]
fn every_tag_is_closed() {
    let file = svg_file(&run());
    let mut open = Vec::new();
    // Neither a value nor a text nor the style has one of these marks in it.
    for tag in file.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or_default();
        match (tag.strip_prefix('/'), tag.ends_with('/')) {
            (Some(closed), _) => assert_eq!(open.pop(), Some(closed), "{file}"),
            (None, true) => {}
            (None, false) if name == "?xml" => {}
            (None, false) => open.push(name),
        }
    }
    assert_eq!(open, [""; 0], "{file}");
    for tag in ["svg", "g", "text", "title", "style"] {
        assert!(file.contains(&format!("</{tag}>")), "{tag}");
    }
}

/// A run may be called anything.
#[test]
fn the_style_is_in_its_place_whatever_the_title_says() {
    let mut run = run();
    run.title = "STYLE <style>".to_owned();
    let file = svg_file(&run);
    assert!(file.contains("aria-label=\"Sequence diagram: STYLE &lt;style&gt;\""), "{file}");
    let (_, after) = file.split_once("<style>").unwrap();
    assert!(after.starts_with(&written_out(style())), "{after}");
    // It stands in the file as it is.
    assert!(!style().contains(['<', '&']), "{}", style());
}
