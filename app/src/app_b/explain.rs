use logout_event::Channel;

/// How this tab heard that it is signed out: the value of `data-reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// By the stream from its server.
    Push,
    /// From another tab of this app.
    Tab,
    /// From this app's frame in the provider's page; only where both are same-site.
    FrontChannel,
    /// It asked its server.
    Check,
    /// The access token's time was up.
    Expired,
    /// The user asked this tab to sign out.
    User,
}

impl Reason {
    /// The value of `data-reason`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Tab => "tab",
            Self::FrontChannel => "front-channel",
            Self::Check => "check",
            Self::Expired => "expired",
            Self::User => "user",
        }
    }
}

/// Why nobody is signed in, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What is the case.
    pub headline: &'static str,
    /// What happened, how this tab learned of it.
    pub happened: &'static str,
    /// How the app's server learned of it, where known.
    pub channel: Option<&'static str>,
}

/// Puts into words how a tab came to be signed out; without a reason it never was signed in.
#[must_use]
pub const fn explain(reason: Option<Reason>, channel: Option<Channel>) -> Explanation {
    let (headline, happened) = match reason {
        None => ("You are not signed in", "Sign in to see your notes."),
        Some(Reason::User) => ("You have signed out", "This browser has forgotten your tokens."),
        Some(Reason::Push) => ("You have been signed out", "Your session has ended. The server told this tab at once."),
        Some(Reason::Tab) => ("You have been signed out", "Another tab of this app told this one."),
        Some(Reason::FrontChannel) => {
            ("You have been signed out", "The provider's sign-out page told this tab, through a frame of this app.")
        }
        Some(Reason::Check) if matches!(channel, Some(Channel::Provider)) => {
            ("You have been signed out", "This tab asked for new tokens, and there are none: your session has ended.")
        }
        Some(Reason::Check) => {
            ("You have been signed out", "This tab asked its server, which no longer accepts your access token.")
        }
        Some(Reason::Expired) => (
            "Your access has expired",
            "Nobody has signed you out: the access token's time was up. Sign in to go on, often without a password.",
        ),
    };
    let channel = match (reason, channel) {
        (None | Some(Reason::User | Reason::Expired | Reason::FrontChannel), _) | (_, None) => None,
        (_, Some(Channel::BackChannel)) => Some("The provider told the server directly (back-channel)."),
        (_, Some(Channel::FrontChannel)) => {
            Some("The provider's page told the server through a frame (front-channel).")
        }
        (_, Some(Channel::RpInitiated)) => Some("You signed out in this app."),
        (_, Some(Channel::Provider)) => Some("The provider said so when it was asked."),
        (_, Some(Channel::Expired)) => Some("The session's time was up."),
    };
    Explanation { headline, happened, channel }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_be_signed_out_has_its_words() {
        use Reason::{Check, Expired, FrontChannel, Push, Tab, User};
        let table = [
            (None, None, "not signed in", "Sign in", None),
            (None, Some(Channel::BackChannel), "not signed in", "Sign in", None),
            (Some(User), Some(Channel::RpInitiated), "have signed out", "forgotten your tokens", None),
            (Some(Push), Some(Channel::BackChannel), "been signed out", "server told this tab", Some("directly")),
            (Some(Push), Some(Channel::FrontChannel), "been signed out", "server told this tab", Some("frame")),
            (Some(Push), None, "been signed out", "server told this tab", None),
            (Some(Tab), Some(Channel::RpInitiated), "been signed out", "Another tab", Some("in this app")),
            (Some(Tab), Some(Channel::Provider), "been signed out", "Another tab", Some("when it was asked")),
            (Some(FrontChannel), Some(Channel::FrontChannel), "been signed out", "through a frame", None),
            (Some(Check), None, "been signed out", "asked its server", None),
            (Some(Check), Some(Channel::Provider), "been signed out", "new tokens", Some("when it was asked")),
            (Some(Check), Some(Channel::Expired), "been signed out", "asked its server", Some("time was up")),
            (Some(Expired), None, "expired", "Nobody has signed you out", None),
        ];
        for (reason, channel, headline, happened, by) in table {
            let said = explain(reason, channel);
            assert!(said.headline.contains(headline), "{reason:?} {channel:?}: {said:?}");
            assert!(said.happened.contains(happened), "{reason:?} {channel:?}: {said:?}");
            match by {
                None => assert_eq!(said.channel, None, "{reason:?} {channel:?}"),
                Some(by) => {
                    assert!(said.channel.is_some_and(|text| text.contains(by)), "{reason:?} {channel:?}: {said:?}");
                }
            }
        }
    }

    #[test]
    fn the_names_are_those_of_the_attribute() {
        let names = [Reason::Push, Reason::Tab, Reason::FrontChannel, Reason::Check, Reason::Expired, Reason::User]
            .map(Reason::as_str);
        assert_eq!(names, ["push", "tab", "front-channel", "check", "expired", "user"]);
    }
}
