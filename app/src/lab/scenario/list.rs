use super::{Beginning, Change, Scenario, Step, Try};
use crate::lab::stage::Party;

const BOTH_UP: Step = Step::Set(&[Change::AppA(true), Change::AppB(true)], "Have both apps running.");
const PLAIN: &[Step] = &[BOTH_UP, Step::Windows, Step::SignIn, Step::Begin, Step::Settle, Step::TryCredentials];

/// Everything that can be tried.
pub const SCENARIOS: [Scenario; 10] = [
    Scenario {
        id: "sign-out-at-a",
        title: "Sign out at A",
        about: "The question this project answers: App A signs out, and App B is open, with a valid access token.",
        begins: Beginning::Press(Party::AppA, "sign-out"),
        tabs: 1,
        steps: PLAIN,
        patience: 15,
    },
    Scenario {
        id: "sign-out-at-b",
        title: "Sign out at B",
        about: "The other way round: the single-page app signs out, and the app that renders on its server must follow.",
        begins: Beginning::Press(Party::AppB, "sign-out"),
        tabs: 2,
        steps: PLAIN,
        patience: 15,
    },
    Scenario {
        id: "sign-out-at-provider",
        title: "Sign out at the provider",
        about: "Neither app asked for it: the user ends the session where it lives.",
        begins: Beginning::Press(Party::Provider, "confirm-sign-out"),
        tabs: 1,
        steps: &[
            BOTH_UP,
            Step::Windows,
            Step::SignIn,
            Step::Show("/end_session", "Show the provider’s question whether to sign out."),
            Step::Begin,
            Step::Settle,
            Step::TryCredentials,
        ],
        patience: 15,
    },
    Scenario {
        id: "everywhere",
        title: "Sign out everywhere",
        about: "From the account page: every session of the user ends, in this browser and in all others.",
        begins: Beginning::Press(Party::Provider, "end-all"),
        tabs: 1,
        steps: &[
            BOTH_UP,
            Step::Windows,
            Step::SignIn,
            Step::Show("/account", "Show the account page."),
            Step::Begin,
            Step::Settle,
            Step::TryCredentials,
        ],
        patience: 15,
    },
    Scenario {
        id: "administrator",
        title: "By the administrator",
        about: "An administrator’s software asks for it. No browser takes part, so there is no page that could hold a frame.",
        begins: Beginning::Administrator,
        tabs: 1,
        steps: PLAIN,
        patience: 15,
    },
    Scenario {
        id: "app-b-down",
        title: "App B is down",
        about: "App B cannot be reached when the session ends. It is told as soon as it is back.",
        begins: Beginning::Press(Party::AppA, "sign-out"),
        tabs: 1,
        steps: &[
            BOTH_UP,
            Step::Windows,
            Step::SignIn,
            Step::Set(&[Change::AppB(false)], "Take App B down: its connections are refused."),
            Step::Begin,
            Step::AwaitUnreachable,
            Step::Set(&[Change::AppB(true)], "Start App B again."),
            Step::Settle,
            Step::TryCredentials,
        ],
        patience: 60,
    },
    Scenario {
        id: "cookies-blocked",
        title: "Cookies blocked",
        about: "The front channel alone, in a browser that gives frames of other sites no cookies.",
        begins: Beginning::Press(Party::AppA, "sign-out"),
        tabs: 1,
        steps: &[
            Step::User(
                "Have your browser block third-party cookies. Chromium: chrome://settings/cookies. Firefox: its standard \
                 protection does. Safari: it always does.",
            ),
            Step::Set(
                &[Change::AppA(true), Change::AppB(true), Change::BackChannel(false), Change::FrontChannel(true)],
                "Switch the back channel off, so that only frames are left.",
            ),
            Step::Windows,
            Step::SignIn,
            Step::Begin,
            Step::Settle,
            Step::TryCredentials,
            Step::PutBack,
        ],
        patience: 20,
    },
    Scenario {
        id: "laptop-asleep",
        title: "Laptop asleep",
        about: "App B’s tab hears nothing, as on a laptop that sleeps, while the session ends elsewhere.",
        begins: Beginning::Press(Party::AppA, "sign-out"),
        tabs: 1,
        steps: &[
            Step::Set(
                &[Change::AppA(true), Change::AppB(true), Change::Push(false)],
                "Switch push off: a laptop that sleeps hears none.",
            ),
            Step::Windows,
            Step::SignIn,
            Step::Begin,
            Step::User("App B’s tab has heard nothing. Wake it, as when the lid opens: click into its window."),
            Step::Settle,
            Step::TryCredentials,
            Step::PutBack,
        ],
        patience: 15,
    },
    Scenario {
        id: "token-stolen",
        title: "Token stolen",
        about: "Somebody has a copy of App B’s access token. What is it worth, before the sign-out and after?",
        begins: Beginning::Press(Party::AppA, "sign-out"),
        tabs: 1,
        steps: &[
            BOTH_UP,
            Step::Windows,
            Step::SignIn,
            Step::TakeToken,
            Step::TryToken(Try::Before),
            Step::Begin,
            Step::Settle,
            Step::TryToken(Try::After),
        ],
        patience: 15,
    },
    Scenario {
        id: "ten-tabs",
        title: "Ten tabs",
        about: "Ten tabs of App B share one stream; one sign-out locks them all.",
        begins: Beginning::Press(Party::AppA, "sign-out"),
        tabs: 10,
        steps: PLAIN,
        patience: 25,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::stage::MOST_WINDOWS;
    use crate::lab::wire::Switches;

    #[test]
    fn every_scenario_begins_once_and_settles_after() {
        for scenario in SCENARIOS {
            let begins = scenario.steps.iter().filter(|step| **step == Step::Begin).count();
            assert_eq!(begins, 1, "{}", scenario.id);
            let position = |wanted: Step| scenario.steps.iter().position(|step| *step == wanted);
            assert!(position(Step::Begin) < position(Step::Settle), "{}", scenario.id);
            let tried = position(Step::TryCredentials).or(position(Step::TryToken(Try::After)));
            assert!(tried > position(Step::Settle), "{}: what is left is tried", scenario.id);
            assert!(scenario.windows().len() <= MOST_WINDOWS);
            assert_eq!(Scenario::find(scenario.id), Some(&scenario), "ids are unique");
        }
    }

    #[test]
    fn a_scenario_that_changes_a_channel_puts_it_back() {
        for scenario in SCENARIOS {
            let now = Switches::default();
            let mut after = now.clone();
            for step in scenario.steps {
                match step {
                    Step::Set(changes, _) => changes.iter().for_each(|change| change.apply(&mut after)),
                    Step::PutBack => after = now.clone(),
                    _ => {}
                }
            }
            assert_eq!(after, now, "{}", scenario.id);
        }
    }

    #[test]
    fn app_b_is_down_at_the_click() {
        let scenario = Scenario::find("app-b-down").expect("it is in the list");
        assert!(!scenario.switches_at_click(&Switches::default()).app_b);
    }
}
