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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFacts {
    /// Who is signed in.
    pub user: String,
    /// Since when (the `auth_time` of the session), by the user's locale and time zone.
    pub since: String,
    /// When the access token expires, likewise.
    pub expires: String,
    /// Who says so.
    pub issuer: String,
    /// How the access token is renewed, and why so.
    pub renewal: &'static str,
    /// Whether the access token is good only with a key that this browser keeps.
    pub is_bound: bool,
}

/// What is the matter with the renewal of the access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renewing {
    /// Nothing.
    #[default]
    Fine,
    /// The provider does not answer, or cannot serve; it is asked again.
    Reconnecting,
}

impl Renewing {
    /// What the session panel says, if anything.
    #[must_use]
    pub const fn sentence(self) -> Option<&'static str> {
        match self {
            Self::Fine => None,
            Self::Reconnecting => Some(
                "Reconnecting: the provider does not answer, so your access is not renewed yet. You are still signed in.",
            ),
        }
    }
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
    /// Another tab of this session holds the stream, says that it is open, and passes on what it hears.
    Tab,
    /// The stream broke or the server cannot judge now; it is tried again.
    Reconnecting,
}

impl Listening {
    const ALL: [Self; 5] = [Self::Off, Self::Connecting, Self::Open, Self::Tab, Self::Reconnecting];

    /// The value of `data-listening`, and the word by which the tab that holds the stream tells the others.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Connecting => "connecting",
            Self::Open => "open",
            Self::Tab => "tab",
            Self::Reconnecting => "reconnecting",
        }
    }

    /// What this word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|listening| listening.as_str() == word)
    }

    /// What the session panel says.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Off => "This tab hears of a sign-out at its next request: the server's push is switched off.",
            Self::Connecting => "This tab is opening its stream…",
            Self::Open => "This tab hears of a sign-out at once, by its open stream.",
            Self::Tab => {
                "This tab hears of a sign-out at once, from another tab of this app, which has the stream open."
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_listen_has_its_word_and_its_sentence() {
        for listening in Listening::ALL {
            assert_eq!(Listening::from_word(listening.as_str()), Some(listening));
            assert!(listening.sentence().starts_with("This tab"));
        }
        assert_eq!(Listening::from_word("who"), None, "that is the question");
    }
}
