//! `GET /api/events`: what happens, as it happens.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use app::lab::wire::Event;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use tokio::sync::broadcast;

use super::Lab;
use crate::csrf::random_text;

/// How many events a reader that comes back can catch up with.
const REMEMBERED: usize = 1_000;

/// How many events a reader may lag behind before it is cut off; it comes back and asks for what it missed.
const LAG: usize = 256;

/// How many may listen at a time.
const LISTENERS: usize = 64;

/// Proxies and browsers give up a connection on which nothing comes.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The last events, and whoever listens for the next.
pub(super) struct EventLog {
    /// Tells the events of this process from those of the one before, whose numbers began alike.
    life: String,
    inner: Mutex<Remembered>,
    listeners: broadcast::Sender<Numbered>,
}

#[derive(Default)]
struct Remembered {
    last: u64,
    ring: VecDeque<Numbered>,
}

#[derive(Clone)]
struct Numbered {
    number: u64,
    data: std::sync::Arc<str>,
}

impl EventLog {
    pub(super) fn new() -> Self {
        let (listeners, _) = broadcast::channel(LAG);
        Self { life: random_text::<6>(), inner: Mutex::default(), listeners }
    }

    /// Remembers an event, and tells whoever listens.
    pub(super) fn add(&self, event: &Event) {
        // Serialising strings and numbers cannot fail; nothing is lost but what cannot be said.
        let Ok(data) = serde_json::to_string(event) else { return };
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.last += 1;
        let numbered = Numbered { number: inner.last, data: data.into() };
        if inner.ring.len() == REMEMBERED {
            inner.ring.pop_front();
        }
        inner.ring.push_back(numbered.clone());
        // Nobody need be listening.
        let _ = self.listeners.send(numbered);
    }

    /// What came after the event of this id (all, if it is of an earlier process), and what comes from now on. Who has
    /// seen no event wants no old ones. `None`: too many listen.
    fn listen(&self, last_event_id: Option<&str>) -> Option<(Vec<Numbered>, broadcast::Receiver<Numbered>)> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if self.listeners.receiver_count() >= LISTENERS {
            return None;
        }
        let seen = match last_event_id {
            None => inner.last,
            Some(id) => match id.split_once('.') {
                Some((number, life)) if life == self.life => number.parse().unwrap_or(0),
                _ => 0,
            },
        };
        let missed = inner.ring.iter().filter(|event| event.number > seen).cloned().collect();
        Some((missed, self.listeners.subscribe()))
    }

    fn message(&self, event: &Numbered) -> sse::Event {
        sse::Event::default().id(format!("{}.{}", event.number, self.life)).data(&*event.data)
    }
}

/// First how things stand, then what happens. The stream ends when the process does, or when its reader is too slow.
pub(super) async fn get(State(lab): State<Lab>, headers: HeaderMap) -> Response {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let Some((missed, listener)) = lab.0.events.listen(last) else {
        return super::problem::Problem::TooManyListeners.into_response();
    };
    let state = serde_json::to_string(&Event::State(lab.state())).unwrap_or_default();
    let state = stream::once(async move { sse::Event::default().data(state) });
    let next = |mut listener: broadcast::Receiver<Numbered>| async {
        // An error is a reader that is too slow, or the end of the lab.
        listener.recv().await.ok().map(|event| (event, listener))
    };
    let events = stream::iter(missed).chain(stream::unfold(listener, next));
    let stop = lab.0.stop.clone();
    let messages = state.chain(events.map(move |event| lab.0.events.message(&event)));
    let messages = messages.take_until(stop.cancelled_owned()).map(Ok::<_, Infallible>);
    Sse::new(messages).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

#[cfg(test)]
mod tests {
    use app::lab::wire::{Kind, Outcome, Place, Report};

    use super::*;
    use crate::lab::clock::now;

    fn event(label: &str) -> Event {
        Event::Report(Report {
            at: now(),
            from: Place::Provider,
            to: Place::AppB,
            kind: Kind::BackChannel,
            outcome: Outcome::Done,
            label: label.to_owned(),
            carries: Vec::new(),
            section: None,
        })
    }

    fn numbers(events: &[Numbered]) -> Vec<u64> {
        events.iter().map(|event| event.number).collect()
    }

    #[test]
    fn who_comes_back_gets_what_was_missed_and_who_comes_first_gets_what_comes() {
        let log = EventLog::new();
        for label in ["one", "two", "three"] {
            log.add(&event(label));
        }
        assert!(log.listen(None).unwrap().0.is_empty());
        assert_eq!(numbers(&log.listen(Some(&format!("2.{}", log.life))).unwrap().0), [3]);
        for of_another_life in ["2.other", "2", "", "x.y.z"] {
            assert_eq!(numbers(&log.listen(Some(of_another_life)).unwrap().0), [1, 2, 3], "{of_another_life}");
        }
    }

    #[test]
    fn it_remembers_so_many_and_no_more() {
        let log = EventLog::new();
        for _ in 0..REMEMBERED + 10 {
            log.add(&event("many"));
        }
        let missed = log.listen(Some("0.before")).unwrap().0;
        assert_eq!((missed.len(), missed[0].number), (REMEMBERED, 11));
    }

    #[tokio::test]
    async fn a_reader_that_is_too_slow_is_cut_off() {
        let log = EventLog::new();
        let (_, mut listener) = log.listen(None).unwrap();
        for _ in 0..=LAG {
            log.add(&event("many"));
        }
        assert!(listener.recv().await.is_err());
    }

    #[test]
    fn so_many_may_listen_and_no_more() {
        let log = EventLog::new();
        let listening: Vec<_> = (0..LISTENERS).map(|_| log.listen(None).unwrap()).collect();
        assert!(log.listen(None).is_none());
        drop(listening);
        assert!(log.listen(None).is_some());
    }
}
