use alloc::string::String;
use serde::{Deserialize, Serialize};

use crate::{Channel, SessionRef};

/// A sign-out, as one party tells another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogoutEvent {
    /// The provider whose session ended.
    pub iss: String,
    /// The session that ended. With it, `sub` plays no part.
    pub sid: Option<String>,
    /// Without a `sid`: the user whose sessions ended.
    pub sub: Option<String>,
    /// How the party that made this value heard of it.
    pub channel: Channel,
    /// Without a `sid`: sessions authenticated later than this stay. Seconds since the Unix epoch by the issuer's
    /// clock: the logout token's `toe` (RFC 8417 section 2.2) if it has one, else its `iat`.
    pub not_before: u64,
}

impl LogoutEvent {
    /// Whether this event ends that session. This is the only place that decides it.
    ///
    /// - A `sid` names one session for good: no time is compared, and an unknown `sid` never widens to the user.
    /// - A `sub` alone ends the user's sessions whose `auth_time` is not later than `not_before`, so that a delayed or
    ///   repeated event leaves a later sign-in alone.
    /// - An event with neither ends nothing.
    #[must_use]
    pub fn ends(&self, session: &SessionRef) -> bool {
        if self.iss != session.iss {
            return false;
        }
        match (&self.sid, &self.sub) {
            (Some(sid), _) => session.sid.as_ref() == Some(sid),
            (None, Some(sub)) => session.sub == *sub && session.auth_time <= self.not_before,
            (None, None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(iss: &str, sid: Option<&str>, sub: Option<&str>, not_before: u64) -> LogoutEvent {
        LogoutEvent {
            iss: iss.into(),
            sid: sid.map(Into::into),
            sub: sub.map(Into::into),
            channel: Channel::BackChannel,
            not_before,
        }
    }

    fn session(iss: &str, sid: Option<&str>, sub: &str, auth_time: u64) -> SessionRef {
        SessionRef { iss: iss.into(), sid: sid.map(Into::into), sub: sub.into(), auth_time }
    }

    /// BCL-21, BCL-40, T-06, T-13
    #[test]
    fn one_rule_decides_what_an_event_ends() {
        let ours = session("op", Some("s1"), "alice", 100);
        let without_sid = session("op", None, "alice", 100);
        let table = [
            ("its sid", event("op", Some("s1"), None, 0), &ours, true),
            ("its sid, whatever the time", event("op", Some("s1"), Some("alice"), 0), &ours, true),
            ("its sid, whatever the sub", event("op", Some("s1"), Some("bob"), 999), &ours, true),
            ("another sid of the same user", event("op", Some("s2"), Some("alice"), 999), &ours, false),
            ("an unknown sid never widens", event("op", Some("s9"), Some("alice"), 999), &without_sid, false),
            ("another issuer's sid", event("evil", Some("s1"), Some("alice"), 999), &ours, false),
            ("the user, later", event("op", None, Some("alice"), 101), &ours, true),
            ("the user, in the same second", event("op", None, Some("alice"), 100), &ours, true),
            ("the user, before this sign-in", event("op", None, Some("alice"), 99), &ours, false),
            ("the user, session without sid", event("op", None, Some("alice"), 100), &without_sid, true),
            ("another user", event("op", None, Some("bob"), 999), &ours, false),
            ("another issuer's user", event("evil", None, Some("alice"), 999), &ours, false),
            ("nobody", event("op", None, None, 999), &ours, false),
        ];
        for (what, event, session, expected) in table {
            assert_eq!(event.ends(session), expected, "{what}");
        }
    }

    proptest! {
        /// A later sign-in of the same user is never ended by a sub-only event from before it.
        #[test]
        fn a_later_sign_in_survives(not_before in 0u64..1_000, later in 1u64..1_000, sid in proptest::option::of("[a-z]{1,4}")) {
            let again = session("op", sid.as_deref(), "alice", not_before + later);
            prop_assert!(!event("op", None, Some("alice"), not_before).ends(&again));
        }

        /// Time never brings a session back that was ended by its sid.
        #[test]
        fn a_sid_ends_for_good(not_before in any::<u64>(), auth_time in any::<u64>(), sub in "[a-z]{0,4}") {
            let session = session("op", Some("s"), &sub, auth_time);
            prop_assert!(event("op", Some("s"), None, not_before).ends(&session));
        }
    }
}
