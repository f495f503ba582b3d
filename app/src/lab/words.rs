//! The lab's words: places, kinds and times as readers see them.

use super::compose::carried;
use super::wire::{Kind, Outcome, Place, Report, Run};

/// A place, where the titles of the run's windows are at hand.
#[must_use]
pub fn place(place: &Place, windows: &[(String, String)]) -> String {
    match place {
        Place::Window(name) => {
            windows.iter().find(|(known, _)| known == name).map_or_else(|| name.clone(), |(_, title)| title.clone())
        }
        Place::Browser => "A browser".to_owned(),
        Place::AppA => "App A, server".to_owned(),
        Place::AppB => "App B, API".to_owned(),
        Place::Provider => "Provider".to_owned(),
        Place::Lab => "Outside".to_owned(),
    }
}

/// A party, in a sentence.
#[must_use]
pub fn spoken(party: &Place, windows: &[(String, String)]) -> String {
    match party {
        Place::AppA => "App A’s server".to_owned(),
        Place::AppB => "App B’s API".to_owned(),
        Place::Provider => "the provider".to_owned(),
        other => place(other, windows),
    }
}

/// A channel, as in the legend.
#[must_use]
pub const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Click => "click",
        Kind::Redirect => "redirect",
        Kind::SignIn => "sign-in",
        Kind::Tokens => "tokens",
        Kind::Ended => "session ended",
        Kind::FrontChannel => "front channel",
        Kind::BackChannel => "back channel",
        Kind::Push => "push",
        Kind::Broadcast => "another tab",
        Kind::Check => "check",
        Kind::Locked => "tab locked",
        Kind::Request => "request",
        Kind::Revocation => "administrator",
        Kind::Switched => "switch",
    }
}

/// The value of `data-kind`, and the class of its colour and dashes.
#[must_use]
pub const fn kind_id(kind: Kind) -> &'static str {
    match kind {
        Kind::Click => "click",
        Kind::Redirect => "redirect",
        Kind::SignIn => "sign-in",
        Kind::Tokens => "tokens",
        Kind::Ended => "ended",
        Kind::FrontChannel => "front-channel",
        Kind::BackChannel => "back-channel",
        Kind::Push => "push",
        Kind::Broadcast => "broadcast",
        Kind::Check => "check",
        Kind::Locked => "locked",
        Kind::Request => "request",
        Kind::Revocation => "revocation",
        Kind::Switched => "switched",
    }
}

/// The value of `data-outcome`, which is also its word.
#[must_use]
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Begun => "begun",
        Outcome::Done => "done",
        Outcome::Unconfirmed => "unconfirmed",
        Outcome::Refused => "refused",
        Outcome::Unreachable => "unreachable",
    }
}

/// A duration in milliseconds, as precise as it is worth: `3.2 ms`, `184 ms`, `2.41 s`.
#[must_use]
pub fn duration(millis: f64) -> String {
    let size = millis.abs();
    if size < 9.95 {
        format!("{millis:.1} ms")
    } else if size < 999.5 {
        format!("{millis:.0} ms")
    } else if size < 60_000.0 {
        format!("{:.2} s", millis / 1000.0)
    } else {
        format!("{:.0} min {:.0} s", (millis / 60_000.0).floor(), (millis % 60_000.0) / 1000.0)
    }
}

/// A report as a sentence, for those who hear the diagram.
#[must_use]
pub fn sentence(report: &Report, run: &Run) -> String {
    let at = duration(report.at - run.started);
    let from = place(&report.from, &run.windows);
    let how = match report.outcome {
        Outcome::Begun | Outcome::Done => String::new(),
        other => format!(" ({})", outcome(other)),
    };
    if report.from == report.to {
        format!("{at}: {from}: {}{how}", report.label)
    } else {
        format!("{at}: {from} to {}, {}: {}{how}", place(&report.to, &run.windows), kind(report.kind), report.label)
    }
}

/// What a tooltip says: the sentence, what the message carried, and what it follows.
#[must_use]
pub fn tooltip(report: &Report, run: &Run) -> String {
    let mut text = sentence(report, run);
    for (name, value) in &report.carries {
        text.push_str(&format!("\n{name}: {value}"));
    }
    if let Some(section) = &report.section {
        text.push_str(&format!("\n{}", section.name));
    }
    text
}

/// What is found of cookies by a frame that reached an app: whether this browser lets frames of other sites have any, and
/// whether the app's own came. None for other reports.
#[must_use]
pub fn frame_cookies(report: &Report, is_same_site: bool) -> Option<String> {
    let came = carried(report, "came with cookies").filter(|_| report.kind == Kind::FrontChannel)? == "yes";
    let browser = match carried(report, "cookies of frames") {
        Some("none") => "this browser lets frames of other sites have no cookies",
        Some("inactive") => "this browser lets frames of other sites have no cookies unless they ask for them",
        Some(_) => "this browser lets frames of other sites have cookies",
        None if is_same_site => "the frame is of the same site, so its cookies are no third-party ones",
        None => "this browser does not tell whether it lets frames of other sites have cookies",
    };
    let own =
        if came { "the app’s own came with the frame" } else { "no cookie of the app’s own came with the frame" };
    Some(format!("{browser}; {own}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_as_precise_as_they_are_worth() {
        for (millis, words) in [
            (0.0, "0.0 ms"),
            (3.24, "3.2 ms"),
            (9.96, "10 ms"),
            (183.6, "184 ms"),
            (999.6, "1.00 s"),
            (2410.0, "2.41 s"),
            (61_000.0, "1 min 1 s"),
        ] {
            assert_eq!(duration(millis), words);
        }
    }

    #[test]
    fn what_a_browser_lets_frames_have_is_not_what_an_app_got() {
        use super::super::sample;
        let frame = |of_frames: Option<&str>, came: &str| {
            let mut frame = sample::report(1.0, Place::Browser, Place::AppB, Kind::FrontChannel, Outcome::Done);
            frame.carries.extend(of_frames.map(|access| ("cookies of frames".to_owned(), access.to_owned())));
            frame.carries.push(("came with cookies".to_owned(), came.to_owned()));
            frame
        };
        for (of_frames, came, is_same_site, begins, ends) in [
            (
                Some("none"),
                "no",
                false,
                "this browser lets frames of other sites have no cookies;",
                "no cookie of the app’s own",
            ),
            (
                Some("active"),
                "no",
                false,
                "this browser lets frames of other sites have cookies;",
                "no cookie of the app’s own",
            ),
            (
                Some("active"),
                "yes",
                false,
                "this browser lets frames of other sites have cookies;",
                "the app’s own came",
            ),
            (None, "no", false, "this browser does not tell", "no cookie of the app’s own"),
            (None, "yes", true, "the frame is of the same site", "the app’s own came"),
        ] {
            let found = frame_cookies(&frame(of_frames, came), is_same_site).expect("it is of a frame");
            assert!(found.starts_with(begins) && found.contains(ends), "{found}");
        }
        let other = sample::report(1.0, Place::Browser, Place::Provider, Kind::FrontChannel, Outcome::Done);
        assert_eq!(frame_cookies(&other, false), None, "the provider's page knows nothing of cookies");
    }
}
