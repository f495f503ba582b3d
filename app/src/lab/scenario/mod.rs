//! What can be tried in the lab: ten scenarios, as data. What each one does is a list of steps; what should come of it
//! depends on how the demo stands ([`expect`]); whether it did, is judged by the account of the run ([`judge`]).

mod expect;
mod judge;
mod list;
mod sign_in;

pub use expect::{Claim, Conditions, Expectation, expect};
pub use judge::{Evidence, cut_short, judge, tried_words};
pub use list::SCENARIOS;
pub use sign_in::{SignIn, USER, sign_in};

use super::stage::Party;
use super::wire::Switches;

/// A scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// As in addresses and tests.
    pub id: &'static str,
    /// For readers.
    pub title: &'static str,
    /// What it is about, in a sentence or two.
    pub about: &'static str,
    /// How the sign-out begins.
    pub begins: Beginning,
    /// How many tabs of App B it takes.
    pub tabs: usize,
    /// What is done, in this order.
    pub steps: &'static [Step],
    /// How long it may take until everything has happened, in seconds; what is open then has not happened.
    pub patience: u32,
}

/// How a sign-out begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// A click in a window of this party, on the element with this `data-testid`.
    Press(Party, &'static str),
    /// The administrator's call, in which no browser takes part.
    Administrator,
}

/// A change of the switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// App A is there or not.
    AppA(bool),
    /// App B is there or not.
    AppB(bool),
    /// The back channel works or does not.
    BackChannel(bool),
    /// The front channel works or does not.
    FrontChannel(bool),
    /// Servers push to their tabs or do not.
    Push(bool),
}

impl Change {
    /// Makes it.
    pub const fn apply(self, switches: &mut Switches) {
        match self {
            Self::AppA(is_on) => switches.app_a = is_on,
            Self::AppB(is_on) => switches.app_b = is_on,
            Self::BackChannel(is_on) => switches.back_channel = is_on,
            Self::FrontChannel(is_on) => switches.front_channel = is_on,
            Self::Push(is_on) => switches.push = is_on,
        }
    }
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Changes the switches, unless they stand like that.
    Set(&'static [Change], &'static str),
    /// Opens the windows that are missing: App A, the scenario's tabs of App B, and the provider's if it begins there.
    Windows,
    /// Waits until alice is signed in in all of them, and signs her in where she is not.
    SignIn,
    /// Shows this page in the provider's window, and waits until it is there.
    Show(&'static str, &'static str),
    /// The user does something, and says so.
    User(&'static str),
    /// The user pastes a copy of App B's access token.
    TakeToken,
    /// That copy is tried from outside.
    TryToken(Try),
    /// The click, or the administrator's call: the clock starts.
    Begin,
    /// Waits until the provider has tried to tell App B and could not, and the browser is back from its page.
    AwaitUnreachable,
    /// Waits until who should hear by itself has heard; then the tabs that nobody told ask their servers.
    Settle,
    /// What is left of the session is tried: App B's token of before, and what App A's browser still has.
    TryCredentials,
    /// Puts the switches back as they were before the scenario.
    PutBack,
}

/// When a copy of a token is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    /// While the session lives.
    Before,
    /// After its end.
    After,
}

impl Scenario {
    /// The one with this id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        SCENARIOS.iter().find(|scenario| scenario.id == id)
    }

    /// How the switches stand at the click, if they stand like this before the scenario.
    #[must_use]
    pub fn switches_at_click(&self, now: &Switches) -> Switches {
        let mut switches = now.clone();
        for step in self.steps.iter().take_while(|step| **step != Step::Begin) {
            if let Step::Set(changes, _) = step {
                changes.iter().for_each(|change| change.apply(&mut switches));
            }
        }
        switches
    }

    /// The windows that it takes, as party and number.
    #[must_use]
    pub fn windows(&self) -> Vec<(Party, usize)> {
        let mut windows = vec![(Party::AppA, 1)];
        windows.extend((1..=self.tabs).map(|number| (Party::AppB, number)));
        if matches!(self.begins, Beginning::Press(Party::Provider, _)) {
            windows.push((Party::Provider, 1));
        }
        windows
    }
}

impl Step {
    /// What it does, in a sentence.
    #[must_use]
    pub fn sentence(self, scenario: &Scenario) -> String {
        match self {
            Self::Set(_, sentence) | Self::Show(_, sentence) | Self::User(sentence) => sentence.to_owned(),
            Self::Windows => {
                let tabs =
                    if scenario.tabs == 1 { "App B".to_owned() } else { format!("{} tabs of App B", scenario.tabs) };
                match scenario.begins {
                    Beginning::Press(Party::Provider, _) => format!("Open App A, {tabs} and the provider."),
                    _ => format!("Open App A and {tabs}."),
                }
            }
            Self::SignIn => "Sign alice in, and wait until every tab listens.".to_owned(),
            Self::TakeToken => {
                "In App B, open “Try it with a copy of your access token”, copy the command, and paste it here."
                    .to_owned()
            }
            Self::TryToken(Try::Before) => "Try the copy from outside while the session lives.".to_owned(),
            Self::TryToken(Try::After) => "Try the copy again.".to_owned(),
            Self::Begin => match scenario.begins {
                Beginning::Press(Party::Provider, "end-all") => {
                    "Press “Sign out everywhere” at the provider.".to_owned()
                }
                Beginning::Press(Party::Provider, _) => "Press “Sign out” at the provider.".to_owned(),
                Beginning::Press(party, _) => format!("Press “Sign out” in {}.", party.title()),
                Beginning::Administrator => "Call the provider’s revocation endpoint for alice.".to_owned(),
            },
            Self::AwaitUnreachable => "Wait until the provider has tried to tell App B.".to_owned(),
            Self::Settle => "Watch who learns of it, and when.".to_owned(),
            Self::TryCredentials => "Try what is left: a copy of App B’s token, and App A’s page.".to_owned(),
            Self::PutBack => "Put the switches back.".to_owned(),
        }
    }

    /// Whether it needs the user's hands.
    #[must_use]
    pub const fn is_users(self) -> bool {
        matches!(self, Self::User(_) | Self::TakeToken)
    }
}
