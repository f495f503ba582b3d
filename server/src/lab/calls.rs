//! What the lab's server itself asks of the parties, over HTTP as anybody else would: as the administrator, and as the
//! thief of a token.

use std::time::Duration;

use app::lab::wire::{Event, Kind, Outcome, Place, Report, Section};
use reqwest::{Client, RequestBuilder, redirect};

use super::Lab;
use super::clock::now;

/// How long a party may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// As much of an answer is read, in bytes.
const LARGEST_ANSWER: usize = 16 * 1024;

/// What a party answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// A client that goes where it is sent and nowhere else.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    let builder = Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(PATIENCE);
    // A party may be closing a connection that was used before, or be another one by now: each request has its own.
    builder.pool_max_idle_per_host(0).build()
}

/// Sends it, and reads the beginning of the answer. `None`: nobody answered.
pub(super) async fn ask(request: RequestBuilder) -> Option<Answer> {
    let mut response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = LARGEST_ANSWER - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == LARGEST_ANSWER {
            break;
        }
    }
    Some(Answer { status, body })
}

/// The lab's own part of a report.
pub(super) struct Told<'t> {
    pub(super) from: Place,
    pub(super) to: Place,
    pub(super) kind: Kind,
    pub(super) outcome: Outcome,
    pub(super) label: String,
    pub(super) carries: Vec<(&'t str, String)>,
    pub(super) section: (&'t str, &'t str),
}

impl Lab {
    pub(super) fn tell(&self, told: Told<'_>) {
        let Told { from, to, kind, outcome, label, carries, section: (name, url) } = told;
        let carries = carries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let section = Some(Section { name: name.to_owned(), url: url.to_owned() });
        self.0.events.add(&Event::Report(Report { at: now(), from, to, kind, outcome, label, carries, section }));
    }
}
