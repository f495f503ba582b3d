use super::{Beginning, Scenario, Step};
use crate::lab::learned::channel_name;
use crate::lab::stage::{Party, reason_words};
use crate::lab::wire::{RenewSwitch, Switches};

/// On what it depends what should happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// Whether provider and apps are one site.
    pub same_site: bool,
    /// How the switches stand at the click.
    pub switches: Switches,
}

/// Something that should happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// In a sentence.
    pub sentence: String,
    /// For the judge.
    pub claim: Claim,
}

/// What is claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The provider ends the session.
    ProviderEnds,
    /// The app's server learns of it by one of these channels.
    Learns(Party, Vec<&'static str>),
    /// Nobody tells the app's server, so its session goes on for the time being.
    NotTold(Party),
    /// All open tabs of the app lock, each for one of these reasons.
    Locks(Party, Vec<&'static str>),
    /// Its tabs go on working.
    Works(Party),
    /// The provider finds that the app does not answer.
    Unreachable(Party),
    /// The app's frame is told what its browser gives it of cookies.
    FrameCookies(Party),
    /// A stolen copy of the token is refused before the sign-out for lack of a proof.
    StolenBefore,
    /// The copy is refused after the sign-out as one of an ended session.
    StolenAfter,
    /// What is left of the app's session is tried after the sign-out, and refused.
    Refuses(Party),
}

impl Claim {
    /// Whether it is about what does not happen, so that only the end of the run decides it.
    #[must_use]
    pub const fn is_negative(&self) -> bool {
        matches!(self, Self::NotTold(_) | Self::Works(_))
    }

    /// Whether something has to be tried for it, after all else.
    #[must_use]
    pub const fn is_tried_last(&self) -> bool {
        matches!(self, Self::StolenAfter | Self::Refuses(_))
    }
}

/// What should happen in a scenario as the demo stands.
#[must_use]
pub fn expect(scenario: &Scenario, conditions: &Conditions) -> Vec<Expectation> {
    let mut expected = vec![say("The provider ends the session, and only then tells anyone.", Claim::ProviderEnds)];
    // Of a frame that did not load, its page does not always know.
    if is_down(conditions, Party::AppB) && conditions.switches.back_channel {
        expected
            .push(say("App B cannot be reached; the provider says so, and goes on.", Claim::Unreachable(Party::AppB)));
    }
    for party in [Party::AppA, Party::AppB] {
        expected.extend(of_app(scenario, conditions, party));
    }
    if scenario.id == "cookies-blocked" {
        let sentence = if conditions.same_site {
            "Here provider and apps are one site, so nothing is third-party: the frame may have its cookies."
        } else {
            "App B’s frame gets no cookie, and its server ends the session nevertheless, by iss and sid."
        };
        expected.push(say(sentence, Claim::FrameCookies(Party::AppB)));
    }
    if scenario.steps.contains(&Step::TryCredentials) {
        for (party, sentence) in [
            (Party::AppA, "Asked again, with whatever its browser still holds, App A shows nobody’s page."),
            (Party::AppB, "A copy of App B’s access token, tried again, is refused as session_ended."),
        ] {
            if is_told(scenario, conditions, party).is_some() {
                expected.push(say(sentence, Claim::Refuses(party)));
            }
        }
    }
    if scenario.steps.contains(&Step::TakeToken) {
        let before = "While the session lives, the copy is refused: it is bound to a key that stays in the browser.";
        expected.push(say(before, Claim::StolenBefore));
        if is_told(scenario, conditions, Party::AppB).is_some() {
            expected.push(say("After the sign-out the copy is refused as session_ended.", Claim::StolenAfter));
        }
    }
    expected
}

fn say(sentence: &str, claim: Claim) -> Expectation {
    Expectation { sentence: sentence.to_owned(), claim }
}

const fn is_down(conditions: &Conditions, party: Party) -> bool {
    match party {
        Party::AppA => !conditions.switches.app_a,
        Party::AppB => !conditions.switches.app_b,
        Party::Provider => false,
    }
}

fn of_app(scenario: &Scenario, conditions: &Conditions, party: Party) -> Vec<Expectation> {
    let name = party.title();
    let server = if party == Party::AppB { "App B’s API" } else { "App A’s server" };
    let Some(channels) = is_told(scenario, conditions, party) else {
        let until = match (party, conditions.switches.renew) {
            (Party::AppB, RenewSwitch::Off) => "until the token expires",
            (Party::AppB, _) => "until it renews its token, which the provider refuses",
            _ => "until its own session expires",
        };
        return vec![
            say(&format!("Nobody tells {server}: both channels are off, or do not reach it."), Claim::NotTold(party)),
            say(&format!("{name} therefore goes on {until}: the hole that the channels close."), Claim::Works(party)),
        ];
    };
    let by = channels.iter().map(|channel| channel_name(channel)).collect::<Vec<_>>().join(", or ");
    let reasons = reasons(scenario, conditions, party);
    let locks = match (reasons.as_slice(), tabs(scenario, party)) {
        ([only], tabs) if *only == "check" => format!("{} open until {} server.", stays(name, tabs), asks(tabs)),
        (reasons, tabs) => {
            let how: Vec<&str> =
                reasons.iter().filter(|reason| **reason != "check").map(|reason| reason_words(reason)).collect();
            format!("{}: {}.", locks(name, tabs), how.join(", or "))
        }
    };
    vec![
        say(
            &format!("{server} learns of it by {by}, and by its own record refuses from then on."),
            Claim::Learns(party, channels),
        ),
        say(&locks, Claim::Locks(party, reasons)),
    ]
}

fn stays(name: &str, tabs: usize) -> String {
    if tabs == 1 {
        format!("Nothing tells {name}’s tab; it stays")
    } else {
        format!("Nothing tells {name}’s {tabs} tabs; they stay")
    }
}

const fn asks(tabs: usize) -> &'static str {
    if tabs == 1 { "it asks its" } else { "they ask their" }
}

fn locks(name: &str, tabs: usize) -> String {
    if tabs == 1 { format!("{name}’s tab locks") } else { format!("All {tabs} tabs of {name} lock") }
}

const fn tabs(scenario: &Scenario, party: Party) -> usize {
    match party {
        Party::AppB => scenario.tabs,
        Party::AppA | Party::Provider => 1,
    }
}

fn begins_at(scenario: &Scenario, party: Party) -> bool {
    matches!(scenario.begins, Beginning::Press(begins, _) if begins == party)
}

/// The channels by which the app's server can learn of the end; none if nobody tells it.
fn is_told(scenario: &Scenario, conditions: &Conditions, party: Party) -> Option<Vec<&'static str>> {
    let Switches { front_channel, back_channel, .. } = conditions.switches;
    // A frame is tried once, in a page; a logout token until it is delivered.
    let has_page = scenario.begins != Beginning::Administrator;
    let is_slow = party == Party::AppB && conditions.switches.slow_app_b >= Switches::PROVIDER_WAITS;
    let channels: Vec<&str> = [
        (begins_at(scenario, party), "rp-initiated"),
        (back_channel && !is_slow, "back-channel"),
        (front_channel && has_page && !is_down(conditions, party) && !is_slow, "front-channel"),
    ]
    .into_iter()
    .filter_map(|(is_there, channel)| is_there.then_some(channel))
    .collect();
    (!channels.is_empty()).then_some(channels)
}

/// How the tabs can hear. A tab may always ask by itself, for example because the user turns to it.
fn reasons(scenario: &Scenario, conditions: &Conditions, party: Party) -> Vec<&'static str> {
    let Switches { front_channel, push, broadcast, .. } = conditions.switches;
    let acts = begins_at(scenario, party);
    let several = tabs(scenario, party) > 1;
    let by_frame = conditions.same_site && front_channel && broadcast && scenario.begins != Beginning::Administrator;
    // A frame is loaded only where the back channel has not done it.
    let by_frame = by_frame && !conditions.switches.back_channel;
    let hears = push || acts || by_frame;
    [
        (acts, "user"),
        (push, "push"),
        (broadcast && several && hears, "tab"),
        (by_frame, "front-channel"),
        (true, "check"),
    ]
    .into_iter()
    .filter_map(|(is_there, reason)| is_there.then_some(reason))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(id: &str, same_site: bool, change: impl Fn(&mut Switches)) -> Vec<Claim> {
        let scenario = Scenario::find(id).expect("it is in the list");
        let mut switches = Switches::default();
        change(&mut switches);
        let switches = scenario.switches_at_click(&switches);
        expect(scenario, &Conditions { same_site, switches }).into_iter().map(|expected| expected.claim).collect()
    }

    #[test]
    fn with_everything_on_both_apps_learn_and_lock() {
        assert_eq!(
            expected("sign-out-at-a", false, |_| {}),
            [
                Claim::ProviderEnds,
                Claim::Learns(Party::AppA, vec!["rp-initiated", "back-channel", "front-channel"]),
                Claim::Locks(Party::AppA, vec!["user", "push", "check"]),
                Claim::Learns(Party::AppB, vec!["back-channel", "front-channel"]),
                Claim::Locks(Party::AppB, vec!["push", "check"]),
                Claim::Refuses(Party::AppA),
                Claim::Refuses(Party::AppB),
            ]
        );
    }

    #[test]
    fn with_both_channels_off_the_other_app_goes_on() {
        let claims = expected("sign-out-at-a", false, |switches| {
            switches.back_channel = false;
            switches.front_channel = false;
        });
        assert!(claims.contains(&Claim::NotTold(Party::AppB)) && claims.contains(&Claim::Works(Party::AppB)));
        assert!(!claims.contains(&Claim::Refuses(Party::AppB)), "whom nobody tells, refuses nothing");
        assert!(claims.contains(&Claim::Refuses(Party::AppA)));
        assert!(claims.contains(&Claim::Learns(Party::AppA, vec!["rp-initiated"])), "the one that asked knows");
    }

    #[test]
    fn an_app_that_is_slower_than_anybody_waits_is_not_told() {
        let slow = |milliseconds| expected("sign-out-at-a", false, |switches| switches.slow_app_b = milliseconds);
        assert!(slow(1_000).contains(&Claim::Learns(Party::AppB, vec!["back-channel", "front-channel"])));
        let never = slow(Switches::PROVIDER_WAITS);
        assert!(
            never.contains(&Claim::NotTold(Party::AppB)) && never.contains(&Claim::Works(Party::AppB)),
            "{never:?}"
        );
        let at_b = expected("sign-out-at-b", false, |switches| switches.slow_app_b = 5_000);
        assert!(
            at_b.contains(&Claim::Learns(Party::AppB, vec!["rp-initiated"])),
            "its own sign-out is no request to it"
        );
    }

    #[test]
    fn without_push_a_tab_asks() {
        let claims = expected("sign-out-at-a", false, |switches| switches.push = false);
        assert!(claims.contains(&Claim::Locks(Party::AppB, vec!["check"])), "{claims:?}");
        let same_site = expected("sign-out-at-a", true, |switches| {
            switches.push = false;
            switches.back_channel = false;
        });
        assert!(same_site.contains(&Claim::Locks(Party::AppB, vec!["front-channel", "check"])), "{same_site:?}");
    }

    #[test]
    fn the_administrator_has_no_page_for_frames() {
        let claims = expected("administrator", false, |switches| switches.back_channel = false);
        assert!(claims.contains(&Claim::NotTold(Party::AppA)) && claims.contains(&Claim::NotTold(Party::AppB)));
    }

    #[test]
    fn an_app_that_is_down_is_told_later_and_only_by_the_back_channel() {
        let claims = expected("app-b-down", false, |_| {});
        assert!(claims.contains(&Claim::Unreachable(Party::AppB)));
        assert!(claims.contains(&Claim::Learns(Party::AppB, vec!["back-channel"])), "{claims:?}");
        let never = expected("app-b-down", false, |switches| switches.back_channel = false);
        assert!(never.contains(&Claim::NotTold(Party::AppB)), "nothing is tried again");
        assert!(!never.contains(&Claim::Unreachable(Party::AppB)), "nobody finds that a frame did not load");
    }

    #[test]
    fn a_copy_of_the_token_is_worth_nothing_however_app_b_renews() {
        for same_site in [false, true] {
            for renew in [RenewSwitch::Auto, RenewSwitch::Off] {
                let claims = expected("token-stolen", same_site, |switches| switches.renew = renew);
                assert!(claims.contains(&Claim::StolenBefore));
            }
        }
    }

    #[test]
    fn every_expectation_is_a_sentence() {
        for scenario in super::super::SCENARIOS {
            for same_site in [false, true] {
                for bits in 0..16_u32 {
                    let switches = Switches {
                        front_channel: bits & 1 > 0,
                        back_channel: bits & 2 > 0,
                        push: bits & 4 > 0,
                        broadcast: bits & 8 > 0,
                        ..Switches::default()
                    };
                    let switches = scenario.switches_at_click(&switches);
                    for expected in expect(&scenario, &Conditions { same_site, switches }) {
                        assert!(expected.sentence.ends_with('.') && !expected.sentence.contains("  "), "{expected:?}");
                        assert!(
                            !expected.sentence.contains("()") && !expected.sentence.contains(": ."),
                            "{expected:?}"
                        );
                    }
                }
            }
        }
    }
}
