use alloc::collections::VecDeque;
use alloc::string::String;

use crate::LogoutEvent;

/// A bounded memory of the sign-outs already handled.
///
/// The same sign-out arrives by several channels (push, broadcast, a frame, the tab's own check) and is to be handled
/// once. Two events are the same sign-out when they name the same session, or the same user at the same instant; the
/// channel plays no part. The oldest entry makes room for the newest.
#[derive(Debug)]
pub struct Seen {
    capacity: usize,
    keys: VecDeque<Key>,
}

#[derive(Debug, PartialEq, Eq)]
enum Key {
    Session { iss: String, sid: String },
    User { iss: String, sub: String, not_before: u64 },
}

impl Key {
    fn of(event: &LogoutEvent) -> Option<Self> {
        match (&event.sid, &event.sub) {
            (Some(sid), _) => Some(Self::Session { iss: event.iss.clone(), sid: sid.clone() }),
            (None, Some(sub)) => {
                Some(Self::User { iss: event.iss.clone(), sub: sub.clone(), not_before: event.not_before })
            }
            (None, None) => None,
        }
    }
}

impl Seen {
    /// Remembers up to `capacity` sign-outs (at least one).
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self { capacity, keys: VecDeque::with_capacity(capacity) }
    }

    /// Whether this is the first time that this sign-out is seen. An event that names nobody is never new.
    pub fn first_sight(&mut self, event: &LogoutEvent) -> bool {
        let Some(key) = Key::of(event) else { return false };
        if self.keys.contains(&key) {
            return false;
        }
        if self.keys.len() == self.capacity {
            self.keys.pop_front();
        }
        self.keys.push_back(key);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Channel;

    fn by(channel: Channel, sid: &str) -> LogoutEvent {
        LogoutEvent { iss: "op".into(), sid: Some(sid.into()), sub: None, channel, not_before: 0 }
    }

    #[test]
    fn a_sign_out_that_arrives_by_several_channels_is_handled_once() {
        let mut seen = Seen::new(4);
        assert!(seen.first_sight(&by(Channel::BackChannel, "s1")));
        assert!(!seen.first_sight(&by(Channel::FrontChannel, "s1")));
        assert!(seen.first_sight(&by(Channel::FrontChannel, "s2")));
    }

    #[test]
    fn two_sign_outs_of_one_user_are_two() {
        let mut seen = Seen::new(4);
        let mut event = LogoutEvent {
            iss: "op".into(),
            sid: None,
            sub: Some("alice".into()),
            channel: Channel::BackChannel,
            not_before: 1,
        };
        assert!(seen.first_sight(&event));
        assert!(!seen.first_sight(&event));
        event.not_before = 2;
        assert!(seen.first_sight(&event));
        event.sub = None;
        assert!(!seen.first_sight(&event), "it names nobody");
    }

    #[test]
    fn the_memory_is_bounded_and_forgets_the_oldest() {
        let mut seen = Seen::new(2);
        for sid in ["s1", "s2", "s3"] {
            assert!(seen.first_sight(&by(Channel::BackChannel, sid)));
        }
        assert!(!seen.first_sight(&by(Channel::BackChannel, "s3")));
        assert!(seen.first_sight(&by(Channel::BackChannel, "s1")));
        assert!(Seen::new(0).first_sight(&by(Channel::BackChannel, "s1")), "a capacity of none is one");
    }
}
