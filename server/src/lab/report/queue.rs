//! From a party to the lab: a bounded queue, and a task that posts what is in it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::app::lab::wire::Report;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::lab::reports::MOST_AT_ONCE;

/// How many reports wait at most; the oldest go.
const WAITING: usize = 1_024;

/// For how long reports are gathered after the first.
const LINGER: Duration = Duration::from_millis(3);

/// How long the lab may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reports of one party that are still to be sent.
#[derive(Default)]
pub(in crate::lab) struct Queue {
    inner: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Default)]
struct Waiting {
    reports: VecDeque<Report>,
    dropped: u64,
}

impl Queue {
    /// Never waits: it is called on the path of a party's request.
    pub(super) fn push(&self, report: Report) {
        let mut waiting = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.reports.len() == WAITING {
            waiting.reports.pop_front();
            waiting.dropped += 1;
        }
        waiting.reports.push_back(report);
        drop(waiting);
        self.wake.notify_one();
    }

    /// Some of them, and how many were dropped since the last time.
    fn take(&self) -> (Vec<Report>, u64) {
        let mut waiting = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let some = waiting.reports.len().min(MOST_AT_ONCE);
        (waiting.reports.drain(..some).collect(), std::mem::take(&mut waiting.dropped))
    }
}

/// Posts what comes into the queue until `stop`. What the lab does not take is gone: nothing waits for it.
pub(in crate::lab) async fn deliver(
    queue: Arc<Queue>,
    party: &'static str,
    url: String,
    secret: Arc<str>,
    http: Client,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = queue.wake.notified() => {}
        }
        tokio::time::sleep(LINGER).await;
        loop {
            let (reports, dropped) = queue.take();
            if dropped > 0 {
                tracing::warn!(party, dropped, "reports to the lab were dropped: too many at once");
            }
            if reports.is_empty() {
                break;
            }
            let Ok(body) = serde_json::to_vec(&reports) else { continue };
            let request = http.post(&url).bearer_auth(&secret).header(CONTENT_TYPE, "application/json").body(body);
            match send(request).await {
                Ok(()) => {}
                // It is there and does not take what is for it: somebody has made a mistake.
                Err(error) if error.is_status() => {
                    let lost = reports.len();
                    tracing::warn!(party, lost, error = %error.without_url(), "the lab refused reports");
                }
                Err(error) => tracing::debug!(party, error = %error.without_url(), "the lab was not told"),
            }
        }
    }
}

async fn send(request: RequestBuilder) -> Result<(), reqwest::Error> {
    request.timeout(PATIENCE).send().await?.error_for_status().map(drop)
}

#[cfg(test)]
mod tests {
    use ::app::lab::wire::{Kind, Outcome, Place};
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::post;

    use super::*;
    use crate::lab::calls;
    use crate::lab::report::sketch;

    #[tokio::test]
    async fn a_refusal_is_no_success() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let answers = [
            StatusCode::NO_CONTENT,
            StatusCode::UNAUTHORIZED,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ];
        let router = answers.into_iter().fold(Router::new(), |router, status| {
            router.route(&format!("/{}", status.as_u16()), post(move || async move { status }))
        });
        let serves = tokio::spawn(async move { axum::serve(listener, router).await });
        let http = calls::client().unwrap();
        for status in answers {
            let sent = send(http.post(format!("{origin}/{}", status.as_u16()))).await;
            let refused = sent.err().and_then(|error| error.status());
            assert_eq!(refused, Some(status).filter(|status| !status.is_success()));
        }
        serves.abort();
    }

    #[test]
    fn the_oldest_go_and_are_counted() {
        let queue = Queue::default();
        for number in 0..WAITING + 3 {
            queue.push(sketch(Place::AppA, Place::AppA, Kind::Ended, Outcome::Done, "").at(number as f64));
        }
        let (first, dropped) = queue.take();
        assert_eq!((first.len(), first[0].at, dropped), (MOST_AT_ONCE, 3.0, 3));
        assert_eq!(queue.take().1, 0);
    }
}
