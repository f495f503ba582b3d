//! Names on the wire, the same on servers and in the browser.
//!
//! On the streams the payload is a [`LogoutEvent`](crate::LogoutEvent) as JSON; between the pages of one origin it is a
//! [`TabMessage`] as JSON, as a string.

use serde::{Deserialize, Serialize};

use crate::LogoutEvent;

/// `event:` name of a sign-out on the streams `/events` and `/api/events`; its `id:` is a ledger sequence number.
pub const SSE_EVENT: &str = "sign-out";

/// Name of the `BroadcastChannel` on which the tabs of one origin tell each other.
pub const BROADCAST_CHANNEL: &str = "curfew-sign-out";

/// Key of the `localStorage` entry that is the second way between tabs; each sign-out overwrites it.
pub const STORAGE_KEY: &str = "curfew-sign-out";

/// How the names begin of the Web Lock and of the `BroadcastChannel` that the tabs of one session share, of which one
/// holds the stream: `curfew-stream-CLIENT_ID-TAG`, where the tag is a hash that tells one session from another.
pub const STREAM_NAME: &str = "curfew-stream";

/// `type` of the message by which an app's front-channel frame tells the provider's page that its session has ended.
///
/// The message is an object `{ "type": FRAME_MESSAGE, "outcome": "ended" }`, posted to the issuer's origin only.
pub const FRAME_MESSAGE: &str = "curfew:front-channel-logout";

/// What the pages of one origin tell each other, on [`BROADCAST_CHANNEL`] and under [`STORAGE_KEY`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TabMessage {
    /// Which kind of page says so; it is all that tells a tab whether a frame or another tab reached it.
    pub from: Teller,
    /// The sign-out.
    pub event: LogoutEvent,
}

/// The kind of page that sends a [`TabMessage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Teller {
    /// The app's front-channel page, in a frame of the provider's page.
    Frame,
    /// Another tab of the app.
    Tab,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Channel;

    #[test]
    fn the_frame_script_can_write_this_by_hand() {
        let json =
            r#"{"from":"frame","event":{"iss":"op","sid":"s1","sub":null,"channel":"front-channel","not_before":0}}"#;
        let message = TabMessage {
            from: Teller::Frame,
            event: LogoutEvent {
                iss: "op".into(),
                sid: Some("s1".into()),
                sub: None,
                channel: Channel::FrontChannel,
                not_before: 0,
            },
        };
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        assert_eq!(serde_json::from_str::<TabMessage>(json).unwrap(), message);
    }
}
