//! What the lab and the windows that it opened say to each other.

use serde::{Deserialize, Serialize};

use super::Milliseconds;

/// What a window tells the lab that opened it, by `postMessage`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "curfew-lab")]
pub enum FromWindow {
    /// A page has loaded, or what it shows has changed.
    State {
        /// When.
        at: Milliseconds,
        /// The page's origin.
        origin: String,
        /// Its path, without a query.
        path: String,
        /// `data-session` of its body: `checking`, `signed-in`, `signed-out`; none on the provider's pages.
        session: Option<String>,
        /// `data-user`.
        user: Option<String>,
        /// `data-reason`: how this tab heard of the end.
        reason: Option<String>,
        /// `data-channel`: how its server heard.
        channel: Option<String>,
        /// `data-listening`: whether it hears of a sign-out by push.
        listening: Option<String>,
    },
    /// The user, or the lab on the user's behalf, pressed something.
    Click {
        /// When, at the start of the event.
        at: Milliseconds,
        /// `data-testid` of what was pressed.
        testid: String,
    },
    /// App B's page shows the answer of its API.
    Answer {
        /// When.
        at: Milliseconds,
        /// HTTP status.
        status: u16,
    },
    /// The page keeps what it was asked to keep.
    Kept {
        /// When.
        at: Milliseconds,
    },
    /// The page has tried what the lab asked it to try.
    Tried {
        /// When the answer came.
        at: Milliseconds,
        /// What came of it.
        #[serde(flatten)]
        answer: Tried,
    },
    /// The page goes: it is closed, or leads to another.
    Gone {
        /// When.
        at: Milliseconds,
        /// The page's origin.
        origin: String,
    },
    /// The page is there, which it says now and then: a lab that was loaded again finds its windows by it.
    Here {
        /// When.
        at: Milliseconds,
        /// The page's origin.
        origin: String,
    },
}

impl FromWindow {
    /// When.
    #[must_use]
    pub const fn at(&self) -> Milliseconds {
        let (Self::State { at, .. }
        | Self::Click { at, .. }
        | Self::Answer { at, .. }
        | Self::Kept { at }
        | Self::Tried { at, .. }
        | Self::Gone { at, .. }
        | Self::Here { at, .. }) = self;
        *at
    }

    /// The same, by another clock.
    #[must_use]
    pub fn moved_to(mut self, when: Milliseconds) -> Self {
        let (Self::State { at, .. }
        | Self::Click { at, .. }
        | Self::Answer { at, .. }
        | Self::Kept { at }
        | Self::Tried { at, .. }
        | Self::Gone { at, .. }
        | Self::Here { at, .. }) = &mut self;
        *at = when;
        self
    }
}

/// What a credential of before was good for, when a window tried it after the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// HTTP status; none if there was no answer.
    pub status: Option<u16>,
    /// `reason` of a refusal by App B's API.
    pub reason: Option<String>,
    /// `data-session` of the page that App A answered with: `signed-in` or `signed-out`.
    pub session: Option<String>,
}

/// What the lab asks of a window that it opened, by `postMessage`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "curfew-lab")]
pub enum ToWindow {
    /// Tell how things stand.
    Tell,
    /// Press the element with this `data-testid`: `sign-in`, `sign-out`, `call-api`, `confirm-sign-out`, `stay-signed-in` or
    /// `end-all`; nothing else is pressed.
    Press {
        /// Which.
        testid: String,
    },
    /// Fill in and send the provider's form as this user of the demo, where the page is that form.
    SignIn {
        /// `alice` or `bob`.
        user: String,
    },
    /// Go to this path of the same origin.
    Go {
        /// For example `/account`.
        path: String,
    },
    /// App B's page: keep a copy of the access token, and tell nobody.
    Keep,
    /// App B's page: ask the API with that copy, as a thief would, and forget it.
    TryCopy,
    /// App A's page: ask for the page again, with whatever cookies this browser still has.
    TryCookies,
}
