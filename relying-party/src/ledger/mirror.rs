use std::collections::HashMap;

use logout_event::{Channel, LogoutEvent, SessionRef};

/// The ledger of one issuer in memory, so that a request waits for neither disk nor network.
///
/// It holds nothing that is not on disk already. A query is answered by [`LogoutEvent::ends`], from the few entries that
/// name the session's `sid` or `sub`.
#[derive(Debug)]
pub(super) struct Mirror {
    iss: String,
    by_sid: HashMap<Box<str>, Entry>,
    by_sub: HashMap<Box<str>, Entry>,
    unverified: HashMap<Box<str>, Entry>,
    revoked: HashMap<Box<str>, u64>,
    bound: HashMap<Box<str>, Bound>,
}

/// The session of an access token that does not name it.
#[derive(Debug)]
struct Bound {
    session: SessionRef,
    expires_at: u64,
}

/// An event without the strings that are its key: there may be a million.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) seq: u64,
    pub(super) channel: Channel,
    pub(super) not_before: u64,
    pub(super) sub: Option<Box<str>>,
    pub(super) keep_until: u64,
}

impl Entry {
    pub(super) fn of(event: &LogoutEvent, seq: u64, keep_until: u64) -> Self {
        let sub = event.sid.as_ref().and(event.sub.as_deref()).map(Into::into);
        Self { seq, channel: event.channel, not_before: event.not_before, sub, keep_until }
    }
}

impl Mirror {
    pub(super) fn new(iss: &str) -> Self {
        Self {
            iss: iss.to_owned(),
            by_sid: HashMap::new(),
            by_sub: HashMap::new(),
            unverified: HashMap::new(),
            revoked: HashMap::new(),
            bound: HashMap::new(),
        }
    }

    /// What ended this session, if anything did.
    pub(super) fn ended(&self, session: &SessionRef, now: u64) -> Option<(u64, LogoutEvent)> {
        let sid = session.sid.as_deref();
        let verified = sid.and_then(|sid| Some((self.by_sid.get(sid)?, Some(sid))));
        let of_user = self.by_sub.get(session.sub.as_str()).map(|entry| (entry, None));
        let unverified = sid.and_then(|sid| Some((self.unverified.get(sid)?, Some(sid))));
        let unverified = unverified.filter(|(entry, _)| now < entry.keep_until);
        [verified, of_user, unverified].into_iter().flatten().find_map(|(entry, sid)| {
            let event = self.event(entry, sid, &session.sub);
            event.ends(session).then_some((entry.seq, event))
        })
    }

    fn event(&self, entry: &Entry, sid: Option<&str>, sub: &str) -> LogoutEvent {
        LogoutEvent {
            iss: self.iss.clone(),
            sid: sid.map(str::to_owned),
            sub: if sid.is_some() { entry.sub.as_deref().map(str::to_owned) } else { Some(sub.to_owned()) },
            channel: entry.channel,
            not_before: entry.not_before,
        }
    }

    /// The number of the verified entry that already says what this event says.
    pub(super) fn covers(&self, event: &LogoutEvent) -> Option<u64> {
        match (&event.sid, &event.sub) {
            (Some(sid), _) => self.by_sid.get(sid.as_str()).map(|entry| entry.seq),
            (None, Some(sub)) => {
                let entry = self.by_sub.get(sub.as_str())?;
                (event.not_before <= entry.not_before).then_some(entry.seq)
            }
            (None, None) => None,
        }
    }

    /// The number of the unverified entry for this `sid`, while it lives.
    pub(super) fn covers_unverified(&self, sid: &str, now: u64) -> Option<u64> {
        self.unverified.get(sid).filter(|entry| now < entry.keep_until).map(|entry| entry.seq)
    }

    /// Adds what has just been committed. Commits may be reported out of order: for a user, the later instant stays.
    pub(super) fn record(&mut self, event: &LogoutEvent, seq: u64, keep_until: u64) {
        let entry = Entry::of(event, seq, keep_until);
        match (&event.sid, &event.sub) {
            (Some(sid), _) => {
                self.unverified.remove(sid.as_str());
                self.by_sid.entry(sid.as_str().into()).or_insert(entry);
            }
            (None, Some(sub)) => {
                let kept = self.by_sub.entry(sub.as_str().into()).or_insert_with(|| entry.clone());
                if kept.not_before < entry.not_before {
                    *kept = entry;
                }
            }
            (None, None) => {}
        }
    }

    pub(super) fn record_unverified(&mut self, event: &LogoutEvent, seq: u64, keep_until: u64) {
        if let Some(sid) = &event.sid {
            self.unverified.insert(sid.as_str().into(), Entry::of(event, seq, keep_until));
        }
    }

    pub(super) fn verified_len(&self) -> usize {
        self.by_sid.len() + self.by_sub.len()
    }

    pub(super) fn unverified_len(&self) -> usize {
        self.unverified.len()
    }

    pub(super) fn revoke(&mut self, jti: &str, exp: u64) {
        self.revoked.insert(jti.into(), exp);
    }

    pub(super) fn is_revoked(&self, jti: &str) -> bool {
        self.revoked.contains_key(jti)
    }

    pub(super) fn revoked_len(&self) -> usize {
        self.revoked.len()
    }

    /// Adds what has just been committed: this access token belongs to that session.
    pub(super) fn bind(&mut self, token: &str, session: SessionRef, expires_at: u64) {
        self.bound.insert(token.into(), Bound { session, expires_at });
    }

    pub(super) fn bound(&self, token: &str) -> Option<&SessionRef> {
        self.bound.get(token).map(|bound| &bound.session)
    }

    pub(super) fn bound_len(&self) -> usize {
        self.bound.len()
    }

    /// Forgets what nothing can need any more.
    pub(super) fn prune(&mut self, now: u64, skew: u64) {
        self.by_sid.retain(|_, entry| now < entry.keep_until);
        self.by_sub.retain(|_, entry| now < entry.keep_until);
        self.unverified.retain(|_, entry| now < entry.keep_until);
        self.revoked.retain(|_, exp| now < exp.saturating_add(skew));
        self.bound.retain(|_, bound| now < bound.expires_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(sid: Option<&str>, sub: Option<&str>, not_before: u64) -> LogoutEvent {
        LogoutEvent {
            iss: "op".into(),
            sid: sid.map(Into::into),
            sub: sub.map(Into::into),
            channel: Channel::BackChannel,
            not_before,
        }
    }

    fn session(sid: Option<&str>, sub: &str, auth_time: u64) -> SessionRef {
        SessionRef { iss: "op".into(), sid: sid.map(Into::into), sub: sub.into(), auth_time }
    }

    /// T-06: a user's entry is an instant, and an earlier one never takes its place.
    #[test]
    fn the_later_instant_of_a_user_stays_whatever_the_order() {
        let mut mirror = Mirror::new("op");
        mirror.record(&event(None, Some("alice"), 200), 2, 999);
        mirror.record(&event(None, Some("alice"), 100), 1, 999);
        let (seq, ended) = mirror.ended(&session(None, "alice", 150), 0).expect("ended");
        assert_eq!((seq, ended), (2, event(None, Some("alice"), 200)));
        assert_eq!(mirror.covers(&event(None, Some("alice"), 150)), Some(2));
        assert_eq!(mirror.covers(&event(None, Some("alice"), 201)), None);
        assert_eq!(mirror.ended(&session(None, "alice", 201), 0), None);
    }

    /// T-13
    #[test]
    fn an_event_comes_back_as_it_was_recorded() {
        let mut mirror = Mirror::new("op");
        mirror.record(&event(Some("s1"), Some("alice"), 5), 1, 999);
        assert_eq!(mirror.ended(&session(Some("s1"), "alice", 9), 0), Some((1, event(Some("s1"), Some("alice"), 5))));
        assert_eq!(mirror.ended(&session(Some("s2"), "alice", 0), 0), None, "another session of the user");
        assert_eq!(mirror.ended(&session(None, "alice", 0), 0), None, "a sid never widens to the user");
    }

    #[test]
    fn an_unverified_entry_lives_for_its_time_and_gives_way_to_a_verified_one() {
        let mut mirror = Mirror::new("op");
        mirror.record_unverified(&event(Some("s1"), None, 0), 1, 100);
        assert!(mirror.ended(&session(Some("s1"), "alice", 0), 99).is_some());
        assert!(mirror.ended(&session(Some("s1"), "alice", 0), 100).is_none());
        mirror.record(&event(Some("s1"), None, 0), 2, 999);
        assert_eq!(mirror.unverified_len(), 0);
        assert!(mirror.ended(&session(Some("s1"), "alice", 0), 100).is_some());
    }

    #[test]
    fn pruning_takes_what_has_had_its_time() {
        let mut mirror = Mirror::new("op");
        mirror.record(&event(Some("s1"), None, 0), 1, 100);
        mirror.record(&event(None, Some("alice"), 0), 2, 200);
        mirror.revoke("t1", 100);
        mirror.prune(100, 60);
        assert_eq!((mirror.verified_len(), mirror.revoked_len()), (1, 1));
        mirror.prune(200, 60);
        assert_eq!((mirror.verified_len(), mirror.revoked_len()), (0, 0));
    }
}
