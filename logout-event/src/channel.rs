use serde::{Deserialize, Serialize};

/// How a party heard of a sign-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The user asked this app to sign out (OpenID Connect RP-Initiated Logout 1.0).
    RpInitiated,
    /// The provider's page loaded the app's logout URI in a frame (OpenID Connect Front-Channel Logout 1.0).
    FrontChannel,
    /// The provider posted a logout token (OpenID Connect Back-Channel Logout 1.0).
    BackChannel,
    /// The provider said so when asked: a refused renewal or a failed `prompt=none`.
    Provider,
    /// Nobody said anything, but the session's time was up.
    Expired,
}

impl Channel {
    /// The name on the wire and in `data-channel`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RpInitiated => "rp-initiated",
            Self::FrontChannel => "front-channel",
            Self::BackChannel => "back-channel",
            Self::Provider => "provider",
            Self::Expired => "expired",
        }
    }

    /// The channel with this wire name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::RpInitiated, Self::FrontChannel, Self::BackChannel, Self::Provider, Self::Expired]
            .into_iter()
            .find(|channel| channel.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn the_name_and_the_json_are_the_same_word() {
        for name in ["rp-initiated", "front-channel", "back-channel", "provider", "expired"] {
            let channel = Channel::from_name(name).expect("a known name");
            assert_eq!(channel.as_str(), name);
            assert_eq!(serde_json::to_string(&channel).unwrap(), format!("\"{name}\""));
        }
        assert_eq!(Channel::from_name("carrier-pigeon"), None);
    }
}
