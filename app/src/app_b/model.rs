/// A note of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The API's identifier.
    pub id: i64,
    /// What the user wrote.
    pub text: String,
    /// When, by the user's locale and time zone.
    pub created: String,
}

/// What is known of the user's notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notes {
    /// Nothing yet.
    Loading,
    /// All of them.
    Loaded(Vec<Note>),
    /// Nothing, because the API does not answer; it is asked again.
    Unavailable,
}

/// What the session panel says of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// Who is signed in.
    pub user: String,
    /// Since when (the `auth_time` of the session), by the user's locale and time zone.
    pub since: String,
    /// When the access token expires, likewise.
    pub expires: String,
    /// Who says so.
    pub issuer: String,
}

/// How this tab listens for a sign-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listening {
    /// The server offers no stream.
    Off,
    /// The stream is being opened for the first time.
    Connecting,
    /// The stream is open.
    Open,
    /// The stream broke or the server cannot judge now; it is tried again.
    Reconnecting,
}

impl Listening {
    /// What the session panel says.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Off => "This tab hears of a sign-out at its next request: the server's push is switched off.",
            Self::Connecting => "This tab is opening its stream…",
            Self::Open => "This tab hears of a sign-out at once, by its open stream.",
            Self::Reconnecting => "This tab is reconnecting…",
        }
    }
}

/// The answer to the request that the user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiResult {
    /// The HTTP status; none if there was no answer.
    pub status: Option<u16>,
    /// What it means.
    pub text: String,
}

/// How far the sign-out at the provider has come, after this app's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderSignOut {
    /// The user did not ask for it.
    NotAsked,
    /// The browser is about to go there.
    Leaving,
    /// The provider does not answer.
    Unreachable,
    /// The browser was there and came back by its Back button: nobody knows what the provider did.
    Interrupted,
    /// The provider has no `end_session_endpoint`.
    NotOffered,
    /// The provider has ended its session and sent the browser back.
    Done,
}

impl ProviderSignOut {
    /// Whether it is worth another try.
    #[must_use]
    pub const fn can_be_retried(self) -> bool {
        matches!(self, Self::Unreachable | Self::Interrupted)
    }

    /// What the signed-out page says, if anything.
    #[must_use]
    pub const fn sentence(self) -> Option<&'static str> {
        match self {
            Self::NotAsked => None,
            Self::Leaving => Some("Going to the provider to end your session there…"),
            Self::Unreachable => Some(
                "You are signed out of this app, but the provider does not answer. \
                 You may still be signed in there and in other apps.",
            ),
            Self::Interrupted => {
                Some("You are signed out of this app. You may still be signed in at the provider and in other apps.")
            }
            Self::NotOffered => Some(
                "You are signed out of this app. The provider offers no sign-out, \
                 so you may still be signed in there and in other apps.",
            ),
            Self::Done => Some("The provider has ended your session, too."),
        }
    }
}
