use serde::Deserialize;
use serde_json::Value;

/// A way in which the provider tells an app's server of a sign-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogoutChannel {
    /// It posts a logout token to `/logout/back-channel`.
    BackChannel,
    /// Its sign-out page loads `/logout/front-channel` in a frame.
    FrontChannel,
}

impl LogoutChannel {
    /// Both: what an app serves unless it is told otherwise.
    pub(crate) const ALL: [Self; 2] = [Self::BackChannel, Self::FrontChannel];

    /// Its name in the configuration.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::BackChannel => "back-channel",
            Self::FrontChannel => "front-channel",
        }
    }

    /// Whether a provider says of itself, in its metadata, that it uses it in a way that the apps understand: frames are of
    /// use with `iss` and `sid` only. What is not said means no (Back-Channel Logout 1.0 section 2.1, Front-Channel Logout 1.0
    /// section 3).
    pub(crate) fn is_announced(self, metadata: &Value) -> bool {
        let says = |name: &str| metadata.get(name).and_then(Value::as_bool);
        match self {
            Self::BackChannel => says("backchannel_logout_supported") == Some(true),
            Self::FrontChannel => {
                says("frontchannel_logout_supported") == Some(true)
                    && says("frontchannel_logout_session_supported") != Some(false)
            }
        }
    }
}

pub(super) fn default_logout_channels() -> Vec<LogoutChannel> {
    LogoutChannel::ALL.to_vec()
}

/// What an app will be told by, in one sentence for a person.
pub(crate) fn told_by(app: &str, served: &[LogoutChannel], metadata: &Value) -> String {
    let used: Vec<&str> = LogoutChannel::ALL
        .into_iter()
        .filter(|channel| served.contains(channel) && channel.is_announced(metadata))
        .map(LogoutChannel::as_str)
        .collect();
    if used.is_empty() {
        return format!(
            "{app} is told of a sign-out elsewhere by nothing that the provider announces and `logout_channels` lists: its \
             sessions there end by a refused renewal or by expiry"
        );
    }
    format!("{app} is told of a sign-out elsewhere by {}", used.join(" and "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::LogoutChannel::{BackChannel, FrontChannel};
    use super::*;

    #[test]
    fn an_app_is_told_by_what_it_serves_and_the_provider_announces() {
        let both = json!({ "backchannel_logout_supported": true, "frontchannel_logout_supported": true });
        let front = json!({ "frontchannel_logout_supported": true, "frontchannel_logout_session_supported": true });
        let blind = json!({ "frontchannel_logout_supported": true, "frontchannel_logout_session_supported": false });
        let table: [(&[LogoutChannel], &Value, &str); 6] = [
            (&LogoutChannel::ALL, &both, "by back-channel and front-channel"),
            (&[FrontChannel], &both, "by front-channel"),
            (&LogoutChannel::ALL, &front, "by front-channel"),
            (&[BackChannel], &front, "expiry"),
            (&LogoutChannel::ALL, &blind, "expiry"),
            (&[], &both, "expiry"),
        ];
        for (served, metadata, expected) in table {
            let said = told_by("App A", served, metadata);
            assert!(said.ends_with(expected), "{served:?} {metadata}: {said}");
        }
    }
}
