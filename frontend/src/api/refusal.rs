use logout_event::Channel;

use crate::json;

/// Why an access token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusalReason {
    /// Its session has ended.
    SessionEnded,
    /// Its time is up.
    Expired,
    /// The proof of possession that came with it: the clock is wrong, or the browser sent a request twice. Says nothing of the
    /// token.
    Proof,
    /// Anything else: it is not for this API, its signature is wrong.
    Invalid,
}

/// A 401 of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: RefusalReason,
    /// How the server heard of the session's end, if it says so.
    pub(crate) channel: Option<Channel>,
}

impl Refusal {
    /// Reads the body of a 401. One that cannot be read is a refusal all the same.
    pub(crate) fn parse(json: &str) -> Self {
        let read = json::parse(json, |object| {
            let reason = match object.text("reason") {
                Some("session_ended") => RefusalReason::SessionEnded,
                Some("expired") => RefusalReason::Expired,
                // With another key: the one of these tokens is gone from this browser, so they are of no more use.
                Some("proof") if object.text("key").is_none() => RefusalReason::Proof,
                _ => RefusalReason::Invalid,
            };
            Some(Self { reason, channel: object.text("channel").and_then(Channel::from_name) })
        });
        read.unwrap_or(Self { reason: RefusalReason::Invalid, channel: None })
    }
}

impl RefusalReason {
    /// What the user reads beside the status.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::SessionEnded => "session_ended: the session of this access token has ended",
            Self::Expired => "expired: the access token's time is up",
            Self::Proof => "proof: this browser's proof of its key is not accepted; check this device's clock",
            Self::Invalid => "invalid_token: the access token is not accepted",
        }
    }
}

/// What the API says of a request that is at fault.
pub(super) fn description(json: &str) -> Option<String> {
    json::parse(json, |object| object.text("error_description").map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_401_is_a_refusal() {
        use RefusalReason::{Expired, Invalid, Proof, SessionEnded};
        let table = [
            (r#"{"error":"invalid_token","reason":"session_ended"}"#, SessionEnded, None),
            (
                r#"{"error":"invalid_token","reason":"session_ended","channel":"back-channel"}"#,
                SessionEnded,
                Some(Channel::BackChannel),
            ),
            (r#"{"error":"invalid_token","reason":"session_ended","channel":"pigeon"}"#, SessionEnded, None),
            (r#"{"error":"invalid_token","reason":"expired"}"#, Expired, None),
            (r#"{"error":"invalid_token","reason":"proof"}"#, Proof, None),
            (r#"{"error":"invalid_token","reason":"proof","key":"other"}"#, Invalid, None),
            (r#"{"error":"invalid_token"}"#, Invalid, None),
            ("<html>", Invalid, None),
            ("", Invalid, None),
        ];
        for (json, reason, channel) in table {
            assert_eq!(Refusal::parse(json), Refusal { reason, channel }, "{json}");
        }
    }
}
