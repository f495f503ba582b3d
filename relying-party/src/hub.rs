//! Who waits for which session's end. Pushing is a hint: what a tab may do is decided by the ledger.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::Stream;
use logout_event::{LogoutEvent, SessionRef};
use tokio::sync::oneshot;

use crate::{Observation, Observers};

/// One session has no more streams than this: a browser opens at most six to an origin over HTTP/1.1.
const MAX_PER_SESSION: usize = 64;

/// The streams of all sessions of one relying party.
#[derive(Debug)]
pub(crate) struct Hub {
    max_streams: usize,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    closed: bool,
    next_id: u64,
    streams: HashMap<u64, Waiter>,
    by_sid: HashMap<String, Vec<u64>>,
    by_sub: HashMap<String, Vec<u64>>,
}

#[derive(Debug)]
struct Waiter {
    session: SessionRef,
    // A stream ends with its first event, so a queue of one is all it can need, and sending never waits.
    sender: oneshot::Sender<(u64, LogoutEvent)>,
}

/// The stream of one tab: at most one item, the ledger sequence number and the event that ended its session.
///
/// It ends after that item, and when the relying party shuts down.
#[derive(Debug)]
pub struct Subscription {
    receiver: Option<oneshot::Receiver<(u64, LogoutEvent)>>,
    place: Option<(Arc<Hub>, u64)>,
    observed: Option<Observed>,
}

/// Who is told when the stream is closed, and what of.
#[derive(Debug)]
struct Observed {
    observers: Observers,
    session: SessionRef,
    told: bool,
}

impl Hub {
    pub(crate) fn new(max_streams: usize) -> Arc<Self> {
        Arc::new(Self { max_streams, waiting: Mutex::default() })
    }

    /// Waits for the end of this session. `None`: too many streams, in all or of this session.
    pub(crate) fn subscribe(self: &Arc<Self>, session: &SessionRef) -> Option<Subscription> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting();
        if waiting.closed {
            return Some(Subscription { receiver: Some(receiver), place: None, observed: None });
        }
        let siblings = match &session.sid {
            Some(sid) => waiting.by_sid.get(sid),
            None => waiting.by_sub.get(&session.sub),
        };
        if waiting.streams.len() >= self.max_streams || siblings.is_some_and(|ids| ids.len() >= MAX_PER_SESSION) {
            return None;
        }
        let id = waiting.add(session.clone(), sender);
        Some(Subscription { receiver: Some(receiver), place: Some((self.clone(), id)), observed: None })
    }

    /// Tells the streams of exactly those sessions that the event ends. Returns how many.
    pub(crate) fn publish(&self, seq: u64, event: &LogoutEvent) -> usize {
        let mut waiting = self.waiting();
        let named = match (&event.sid, &event.sub) {
            (Some(sid), _) => waiting.by_sid.get(sid),
            (None, Some(sub)) => waiting.by_sub.get(sub),
            (None, None) => None,
        };
        let ended: Vec<u64> = named
            .into_iter()
            .flatten()
            .copied()
            .filter(|id| waiting.streams.get(id).is_some_and(|waiter| event.ends(&waiter.session)))
            .collect();
        ended
            .into_iter()
            .filter_map(|id| waiting.remove(id))
            .filter_map(|waiter| waiter.sender.send((seq, event.clone())).ok())
            .count()
    }

    /// Ends all streams, and each new one at once.
    pub(crate) fn close(&self) {
        *self.waiting() = Waiting { closed: true, ..Waiting::default() };
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting().streams.len()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, session: SessionRef, sender: oneshot::Sender<(u64, LogoutEvent)>) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        if let Some(sid) = &session.sid {
            self.by_sid.entry(sid.clone()).or_default().push(id);
        }
        self.by_sub.entry(session.sub.clone()).or_default().push(id);
        self.streams.insert(id, Waiter { session, sender });
        id
    }

    fn remove(&mut self, id: u64) -> Option<Waiter> {
        let waiter = self.streams.remove(&id)?;
        if let Some(sid) = &waiter.session.sid {
            forget(&mut self.by_sid, sid, id);
        }
        forget(&mut self.by_sub, &waiter.session.sub, id);
        Some(waiter)
    }
}

fn forget(index: &mut HashMap<String, Vec<u64>>, key: &str, id: u64) {
    if let Some(ids) = index.get_mut(key) {
        ids.retain(|other| *other != id);
        if ids.is_empty() {
            index.remove(key);
        }
    }
}

impl Subscription {
    /// The stream of a session that has ended already.
    pub(crate) fn ended(seq: u64, event: LogoutEvent) -> Self {
        let (sender, receiver) = oneshot::channel();
        // Cannot fail: the receiver is right here.
        let _ = sender.send((seq, event));
        Self { receiver: Some(receiver), place: None, observed: None }
    }

    /// Tells these observers that it is open, and later that it is closed.
    pub(crate) fn observed(mut self, observers: &Observers, session: &SessionRef, ended: bool) -> Self {
        if !observers.is_empty() {
            observers.tell(|| Observation::StreamOpened { session: session.into(), ended });
            self.observed = Some(Observed { observers: observers.clone(), session: session.clone(), told: false });
        }
        self
    }
}

impl Stream for Subscription {
    type Item = (u64, LogoutEvent);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(receiver) = &mut self.receiver else { return Poll::Ready(None) };
        let received = Pin::new(receiver).poll(context);
        if received.is_ready() {
            self.receiver = None;
        }
        if let (Poll::Ready(Ok(_)), Some(observed)) = (&received, &mut self.observed) {
            observed.told = true;
        }
        received.map(Result::ok)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some((hub, id)) = self.place.take() {
            hub.waiting().remove(id);
        }
        if let Some(Observed { observers, session, told }) = &self.observed {
            observers.tell(|| Observation::StreamClosed { session: session.into(), told: *told });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt as _, StreamExt as _};
    use logout_event::Channel;

    fn session(sid: Option<&str>, sub: &str, auth_time: u64) -> SessionRef {
        SessionRef { iss: "op".into(), sid: sid.map(Into::into), sub: sub.into(), auth_time }
    }

    fn event(sid: Option<&str>, sub: Option<&str>, not_before: u64) -> LogoutEvent {
        LogoutEvent {
            iss: "op".into(),
            sid: sid.map(Into::into),
            sub: sub.map(Into::into),
            channel: Channel::BackChannel,
            not_before,
        }
    }

    /// What the stream has to say by now: `None` is "wait".
    fn heard(subscription: &mut Subscription) -> Option<Option<u64>> {
        subscription.next().now_or_never().map(|item| item.map(|(seq, _)| seq))
    }

    /// T-09: other sessions of the same user hear nothing.
    #[test]
    fn only_the_session_that_ended_is_told() {
        let hub = Hub::new(100);
        let mut first = hub.subscribe(&session(Some("s1"), "alice", 10)).unwrap();
        let mut twin = hub.subscribe(&session(Some("s1"), "alice", 10)).unwrap();
        let mut other = hub.subscribe(&session(Some("s2"), "alice", 20)).unwrap();
        let mut bob = hub.subscribe(&session(Some("s3"), "bob", 10)).unwrap();

        assert_eq!(hub.publish(7, &event(Some("s1"), Some("alice"), 99)), 2);
        assert_eq!([&mut first, &mut twin].map(heard), [Some(Some(7)); 2]);
        assert_eq!([&mut first, &mut twin].map(heard), [Some(None); 2], "the stream ends after its event");
        assert_eq!([&mut other, &mut bob].map(heard), [None; 2]);

        assert_eq!(hub.publish(8, &event(None, Some("alice"), 19)), 0, "s2 is of a later sign-in");
        assert_eq!(hub.publish(9, &event(None, Some("alice"), 20)), 1);
        assert_eq!(heard(&mut other), Some(Some(9)));
        assert_eq!(heard(&mut bob), None);
    }

    #[test]
    fn a_tab_that_leaves_leaves_nothing_behind() {
        let hub = Hub::new(100);
        drop(hub.subscribe(&session(Some("s1"), "alice", 0)).unwrap());
        drop(hub.subscribe(&session(None, "alice", 0)).unwrap());
        let waiting = hub.waiting();
        assert_eq!((waiting.streams.len(), waiting.by_sid.len(), waiting.by_sub.len()), (0, 0, 0));
    }

    #[test]
    fn streams_are_bounded_in_all_and_for_each_session() {
        let hub = Hub::new(2);
        let kept = [hub.subscribe(&session(Some("s1"), "alice", 0)), hub.subscribe(&session(Some("s2"), "alice", 0))];
        assert!(kept.iter().all(Option::is_some));
        assert!(hub.subscribe(&session(Some("s3"), "bob", 0)).is_none());

        let hub = Hub::new(1_000);
        let kept: Vec<_> =
            (0..MAX_PER_SESSION).map(|_| hub.subscribe(&session(Some("s1"), "alice", 0)).unwrap()).collect();
        assert!(hub.subscribe(&session(Some("s1"), "alice", 0)).is_none());
        assert!(hub.subscribe(&session(Some("s2"), "alice", 0)).is_some());
        drop(kept);
        assert!(hub.subscribe(&session(Some("s1"), "alice", 0)).is_some());
    }

    /// T-27
    #[test]
    fn closing_ends_all_streams_and_every_later_one() {
        let hub = Hub::new(100);
        let mut open = hub.subscribe(&session(Some("s1"), "alice", 0)).unwrap();
        hub.close();
        assert_eq!(heard(&mut open), Some(None));
        assert_eq!(heard(&mut hub.subscribe(&session(Some("s1"), "alice", 0)).unwrap()), Some(None));
    }
}
