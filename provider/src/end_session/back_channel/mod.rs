//! Delivers logout tokens: [Back-Channel Logout 1.0 section 2.5](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest).
//!
//! What an app is owed is written into the outbox by the transaction that ends the session. The first attempt is made by
//! the request of the user who waits ([`tell`]), all others by the [`worker`]; both take a [turn](turns), [send], and
//! record what came of it ([`attempt`]). An entry that is being sent is leased: it becomes due again if the process dies,
//! so an app may hear of a sign-out twice, and never not at all.

mod attempt;
mod retry_after;
mod schedule;
mod send;
mod tell;
mod turns;
pub(crate) mod worker;

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};

pub(super) use attempt::Attempt;
pub(crate) use attempt::{GivenUp, give_up_all};
pub(super) use tell::tell;
use turns::Turns;

use super::decide::BackChannelTarget;
use crate::config::{Patience, Registry};
use crate::outbound::{Forbidden, Guard};

/// How long the first attempt may wait for a turn; after that it is left to the worker.
const TURN_PATIENCE: Duration = Duration::from_secs(2);
/// How long an app that has registered itself has to answer, if it has not less.
const THIRD_PARTY_PATIENCE: Duration = Duration::from_secs(3);
/// A connection on which nothing was said for longer is not used again: apps close theirs after a while (Node.js after five
/// seconds, this project's after ten), and a logout token that meets the end of its connection waits for the next attempt.
/// Many in a row, at the end of many sessions, share one.
const IDLE: Duration = Duration::from_secs(3);
/// What is left of a lease when the turn and the app have both taken all their time.
const LEASE_SPARE: Duration = Duration::from_secs(1);

/// The way out to the apps.
#[derive(Debug)]
pub(crate) struct BackChannel {
    client: Client,
    /// To apps that have registered themselves.
    guarded: Client,
    guard: Guard,
    turns: Turns,
    patience: Patience,
}

impl BackChannel {
    /// BCL-53: no redirects and no proxies, so that nobody is reached but who is configured; of those who are not, nobody
    /// whom not everybody could reach.
    pub(crate) fn new(registry: &Registry, certificates: &[Certificate]) -> Result<Self, reqwest::Error> {
        let builder = |patience: Duration| {
            let builder = Client::builder().redirect(Policy::none()).no_proxy().referer(false);
            let builder = certificates.iter().cloned().fold(builder, ClientBuilder::add_root_certificate);
            builder.connect_timeout(patience).timeout(patience).pool_idle_timeout(IDLE)
        };
        let patience = registry.patience;
        let guard = registry.guard();
        Ok(Self {
            client: builder(patience.with_app).build()?,
            guarded: builder(patience.with_app.min(THIRD_PARTY_PATIENCE)).dns_resolver(guard.resolver()).build()?,
            guard,
            turns: Turns::new(),
            patience,
        })
    }

    /// The way to this target.
    fn client_for(&self, target: &BackChannelTarget) -> Result<&Client, Forbidden> {
        if target.is_third_party {
            self.guard.check_url(&target.uri)?;
            return Ok(&self.guarded);
        }
        Ok(&self.client)
    }

    /// For how long an entry is kept for one attempt, in milliseconds: longer than the attempt can take, or it might be sent
    /// twice at the same time.
    pub(super) fn lease_ms(&self) -> i64 {
        let lease = TURN_PATIENCE + self.patience.with_app + LEASE_SPARE;
        i64::try_from(lease.as_millis()).unwrap_or(i64::MAX)
    }

    /// Tells the worker that the outbox has changed.
    pub(crate) fn wake(&self) {
        self.turns.wake();
    }
}
