//! The lab's words: places, kinds and times as readers see them.

use time::OffsetDateTime;

use super::compose::carried;
use super::wire::{Kind, Outcome, Place, RenewSwitch, Report, Run, Switches};

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

/// An outcome, as in the legend.
#[must_use]
pub const fn outcome_explained(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Begun => "sent, not answered yet",
        Outcome::Done => "done",
        Outcome::Unconfirmed => "answered, and nothing more is known",
        Outcome::Refused => "refused",
        Outcome::Unreachable => "nobody answered",
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

/// A time as dates are written everywhere: `2026-01-31 09:05:00 UTC`, of milliseconds since the Unix epoch.
#[must_use]
pub fn date(at: f64) -> String {
    let seconds = (at / 1000.0).floor();
    let Ok(time) = OffsetDateTime::from_unix_timestamp(seconds as i64) else {
        return format!("{seconds} s after the Unix epoch");
    };
    let (date, (hour, minute, second)) = (time.date(), time.to_hms());
    format!("{date} {hour:02}:{minute:02}:{second:02} UTC")
}

/// How the demo stood at the click, where it was not as it is by default.
#[must_use]
pub fn setting(run: &Run) -> String {
    let (switches, usual) = (&run.switches, Switches::default());
    let topology = if run.topology == "same-site" { "one site" } else { "across sites" };
    let off = [
        (switches.front_channel, "front channel"),
        (switches.back_channel, "back channel"),
        (switches.push, "push"),
        (switches.broadcast, "tab broadcast"),
        (switches.app_a, "App A"),
        (switches.app_b, "App B"),
    ];
    let off: Vec<&str> = off.into_iter().filter_map(|(is_on, name)| (!is_on).then_some(name)).collect();
    let renews = match switches.renew {
        RenewSwitch::Auto => None,
        RenewSwitch::Iframe => Some("App B renews in a hidden frame"),
        RenewSwitch::RefreshToken => Some("App B renews by a refresh token"),
        RenewSwitch::Off => Some("App B does not renew"),
    };
    let (lives, slow) = (switches.access_token_lifetime, switches.slow_app_b);
    let parts = [
        Some(topology.to_owned()),
        (!off.is_empty()).then(|| format!("without {}", off.join(", "))),
        renews.map(str::to_owned),
        (lives != usual.access_token_lifetime).then(|| format!("access tokens live {}", lifetime(lives))),
        (slow != usual.slow_app_b).then(|| format!("App B answers the provider {}", delay(slow))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// After how many milliseconds an answer comes.
#[must_use]
pub fn delay(milliseconds: u32) -> String {
    match milliseconds {
        0 => "at once".to_owned(),
        _ => format!("after {} s", f64::from(milliseconds) / 1000.0),
    }
}

/// How long a token lives.
#[must_use]
pub fn lifetime(seconds: u32) -> String {
    match seconds {
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

/// What a message carried, as readers see it: of a session the lab knows the fingerprint, and a time of tokens is a time.
#[must_use]
pub fn carried_words((name, value): &(String, String)) -> (String, String) {
    match (name.as_str(), value.parse::<f64>()) {
        ("session", _) => ("session’s fingerprint".to_owned(), value.clone()),
        ("toe" | "iat" | "exp" | "auth_time", Ok(at)) => (name.clone(), format!("{value} ({})", date(at * 1000.0))),
        _ => (name.clone(), value.clone()),
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
    for (name, value) in report.carries.iter().map(carried_words) {
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
    use crate::lab::sample;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, words) in [
            (0.0, "1970-01-01 00:00:00 UTC"),
            (951_782_399.0, "2000-02-28 23:59:59 UTC"),
            (951_782_400.0, "2000-02-29 00:00:00 UTC"),
            (951_868_800.0, "2000-03-01 00:00:00 UTC"),
            (1_767_225_599.0, "2025-12-31 23:59:59 UTC"),
            (1_767_225_600.0, "2026-01-01 00:00:00 UTC"),
            (4_107_542_400.0, "2100-03-01 00:00:00 UTC"),
            (-1.0, "1969-12-31 23:59:59 UTC"),
            (1e15, "1000000000000000 s after the Unix epoch"),
        ] {
            assert_eq!(date(seconds * 1000.0), words);
        }
    }

    #[test]
    fn a_setting_names_all_that_is_not_as_usual() {
        let mut run = sample::run(Vec::new());
        assert_eq!(setting(&run), "across sites");
        run.topology = "same-site".to_owned();
        run.switches = Switches {
            push: false,
            app_b: false,
            renew: RenewSwitch::Off,
            access_token_lifetime: 10,
            slow_app_b: 500,
            ..Switches::default()
        };
        let all = "one site, without push, App B, App B does not renew, access tokens live 10 s, App B answers the provider \
                   after 0.5 s";
        assert_eq!(setting(&run), all);
    }

    #[test]
    fn a_fingerprint_is_called_one_and_a_time_is_to_be_read() {
        let carried = |name: &str, value: &str| carried_words(&(name.to_owned(), value.to_owned()));
        assert_eq!(carried("session", "59166ee").0, "session’s fingerprint");
        assert_eq!(carried("toe", "951782400").1, "951782400 (2000-02-29 00:00:00 UTC)");
        assert_eq!(carried("toe", "soon").1, "soon");
        assert_eq!(carried("status", "400"), ("status".to_owned(), "400".to_owned()));
    }

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
