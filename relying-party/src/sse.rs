//! A session's end as a stream of server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use logout_event::{LogoutEvent, SessionRef, wire};
use thiserror::Error;

use crate::response::{no_store, temporarily_unavailable};
use crate::{LedgerError, RelyingParty, Subscription};

/// Proxies and clients give up a connection on which nothing comes.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Why a stream cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// As many streams are open as `max_streams` allows, or very many for this one session.
    #[error("too many open streams")]
    TooMany,
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl IntoResponse for SubscribeError {
    fn into_response(self) -> Response {
        match self {
            Self::TooMany => {
                tracing::warn!(error = %self, "answering 503");
                temporarily_unavailable("too many open streams: try again later")
            }
            Self::Ledger(error) => error.into_response(),
        }
    }
}

/// The response that tells one tab of its session's end: a comment at once, so that the tab knows that the stream is
/// open; at most one event, `sign-out`, with the ledger's number as `id` and a [`LogoutEvent`] as `data`; then the end.
///
/// `Last-Event-ID` need not be read: whether the session has ended is looked up each time a stream is opened. With
/// `push` off it is 204, which tells an `EventSource` not to come back. `session` must be the one that the request
/// itself was authenticated for.
#[must_use]
pub fn sign_outs(party: &RelyingParty, session: &SessionRef) -> Response {
    if !party.settings().push {
        return no_store(StatusCode::NO_CONTENT.into_response());
    }
    match party.subscribe(session) {
        Ok(subscription) => event_stream(subscription),
        Err(error) => error.into_response(),
    }
}

/// A subscription as `text/event-stream`.
#[must_use]
pub fn event_stream(subscription: Subscription) -> Response {
    let opened = stream::once(async { Ok::<_, Infallible>(Event::default().comment("open")) });
    let events = subscription.map(|(seq, event)| Ok(sign_out(seq, &event)));
    let stream = Sse::new(opened.chain(events)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    no_store(stream.into_response())
}

fn sign_out(seq: u64, event: &LogoutEvent) -> Event {
    // Serialising strings and numbers cannot fail; an event without data would make the tab ask, which is right too.
    let data = serde_json::to_string(event).unwrap_or_default();
    Event::default().event(wire::SSE_EVENT).id(seq.to_string()).data(data)
}
