//! What the lab, its server, the parties and the windows say to each other, as JSON.
//!
//! Nothing here carries a secret: no token, cookie or code, and of a `sid` only a fingerprint that is worthless elsewhere.

mod window;

use serde::{Deserialize, Serialize};
pub use window::{FromWindow, ToWindow, Tried};

/// Milliseconds, with a fraction, by the clock of whoever tells: the demo's process (a [`Report`]), the browser's system (a
/// [`FromWindow`]) or, in a [`Run`], the lab's page. The first two are not to be compared, and need not agree.
pub type Milliseconds = f64;

/// Where a message starts or ends: a lane of the diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A window that the lab opened, by its name.
    Window(String),
    /// A browser, where the party that reports cannot know which window it was.
    Browser,
    /// App A's server.
    AppA,
    /// App B's API.
    AppB,
    /// The OpenID Provider.
    Provider,
    /// The lab's own server: the administrator, or the thief of a token.
    Lab,
}

/// By what a message travels, or what happened in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The user did something in a window.
    Click,
    /// The browser was sent from one party to another.
    Redirect,
    /// A sign-in was completed, or a session noted.
    SignIn,
    /// Tokens were issued, renewed, or refused at the token endpoint.
    Tokens,
    /// The provider ended a session; an app ended its own record.
    Ended,
    /// A frame of the provider's page at an app, or its answer.
    FrontChannel,
    /// A logout token, posted by the provider.
    BackChannel,
    /// A server told the open tabs of a session.
    Push,
    /// One tab told the others.
    Broadcast,
    /// A tab asked its server.
    Check,
    /// A tab locked.
    Locked,
    /// A request with a credential was answered.
    Request,
    /// The administrator's call.
    Revocation,
    /// A party was stopped, started or changed by a switch.
    Switched,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Sent or begun; the answer is not known yet.
    Begun,
    /// Done, or accepted.
    Done,
    /// Answered, and nothing more is known: a frame that loaded.
    Unconfirmed,
    /// Refused, as it should be or not: the label says why.
    Refused,
    /// Nobody answered.
    Unreachable,
}

/// Where a specification says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// The specification and its section, for example `Back-Channel Logout 1.0, section 2.5`.
    pub name: String,
    /// Its address.
    pub url: String,
}

/// One thing that happened, told by whoever saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// When.
    pub at: Milliseconds,
    /// Who acted.
    pub from: Place,
    /// On whom; the same as `from` for what happens inside.
    pub to: Place,
    /// By what.
    pub kind: Kind,
    /// How it went.
    pub outcome: Outcome,
    /// A few words, for the arrow.
    pub label: String,
    /// What the message said, as names and values for the reader: claims, never secrets.
    pub carries: Vec<(String, String)>,
    /// What it follows.
    pub section: Option<Section>,
}

/// How App B renews its tokens: the values of `renew` in its configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RenewSwitch {
    /// It decides by where the provider is.
    #[default]
    Auto,
    /// In a hidden frame.
    Iframe,
    /// By refresh tokens.
    RefreshToken,
    /// Not at all.
    Off,
}

/// What can be changed while the demo runs. A change restarts the parties that it concerns, which lose nothing by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// The provider's page loads frames of the apps.
    pub front_channel: bool,
    /// The provider posts logout tokens.
    pub back_channel: bool,
    /// The apps' servers push to their tabs.
    pub push: bool,
    /// The tabs of an app tell each other.
    pub broadcast: bool,
    /// How App B renews.
    pub renew: RenewSwitch,
    /// Lifetime of access tokens, in seconds: 10 to 3600.
    pub access_token_lifetime: u32,
    /// App A is there.
    pub app_a: bool,
    /// App B is there.
    pub app_b: bool,
    /// How long App B takes to answer at `/logout/*`, in milliseconds: 0 to 5000.
    pub slow_app_b: u32,
}

impl Switches {
    /// How long the provider of the demo waits for an answer to a logout token, and its page for a frame, in milliseconds: of
    /// an app that is slower nobody knows, and the page with the frame has gone before it looks.
    pub const PROVIDER_WAITS: u32 = 2_000;

    /// Whether pages that were loaded before this change are to be loaded again: they learn then whether there is push and
    /// broadcast, and how to renew.
    #[must_use]
    pub fn needs_other_pages(&self, now: &Self) -> bool {
        (self.push, self.broadcast, self.renew) != (now.push, now.broadcast, now.renew)
    }
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            front_channel: true,
            back_channel: true,
            push: true,
            broadcast: true,
            renew: RenewSwitch::Auto,
            access_token_lifetime: 300,
            app_a: true,
            app_b: true,
            slow_app_b: 0,
        }
    }
}

/// `GET /api/state`: the demo as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The provider's origin.
    pub provider: String,
    /// App A's origin.
    pub app_a: String,
    /// App B's origin.
    pub app_b: String,
    /// `cross-site` or `same-site`.
    pub topology: String,
    /// How the switches stand.
    pub switches: Switches,
}

/// An event of the lab's stream (`GET /api/events`), the `data` of a message event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type", content = "value")]
pub enum Event {
    /// A party reports.
    Report(Report),
    /// The demo has changed.
    State(State),
    /// A past run was kept or forgotten, here or in another tab: the list is another.
    Runs,
}

/// What should happen in a run, and whether it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What should happen, in a sentence.
    pub expected: String,
    /// What did happen, in a sentence; empty while it is open.
    pub found: String,
    /// Whether it is what should; none while it is open.
    pub met: Option<bool>,
}

/// A recorded run: what `PUT /api/runs/{id}` keeps and the JSON export holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// 16 lower-case letters and digits, made by the lab.
    pub id: String,
    /// What it shows: the name of the scenario, or what was pressed.
    pub title: String,
    /// The scenario's id, if it was one.
    pub scenario: Option<String>,
    /// The time of the click, in milliseconds since the Unix epoch.
    pub started: Milliseconds,
    /// Host names of the demo: `cross-site` or `same-site`.
    pub topology: String,
    /// How the switches stood at the click.
    pub switches: Switches,
    /// The windows: their names and titles, in the order of their lanes.
    pub windows: Vec<(String, String)>,
    /// What happened, in the order of time.
    pub reports: Vec<Report>,
    /// What should have happened, and did or did not.
    pub verdicts: Vec<Verdict>,
}

/// `GET /api/runs`: an array of these, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunHead {
    /// [`Run::id`].
    pub id: String,
    /// [`Run::title`].
    pub title: String,
    /// [`Run::started`].
    pub started: Milliseconds,
    /// Whether everything was as it should be; none where nothing was expected, or it is not decided.
    pub met: Option<bool>,
}

/// `POST /api/administrator`: end all sessions of this user, as an administrator would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Administrator {
    /// `alice` or `bob`.
    pub user: String,
}

/// `POST /api/stolen`: ask App B's API with this token, as a thief would. It is used once, and neither kept nor shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stolen {
    /// A copy of an access token.
    pub token: String,
}

/// What the API answered to the thief.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StolenAnswer {
    /// HTTP status.
    pub status: u16,
    /// `reason` of a refusal: `session_ended`, `expired`, `invalid` or `proof`.
    pub reason: Option<String>,
}
