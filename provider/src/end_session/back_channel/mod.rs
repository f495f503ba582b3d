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

use reqwest::Client;
use reqwest::redirect::Policy;

pub(super) use attempt::Attempt;
pub(super) use tell::tell;
use turns::Turns;

use crate::config::{Patience, Registry};

/// How long the first attempt may wait for a turn; after that it is left to the worker.
const TURN_PATIENCE: Duration = Duration::from_secs(2);
/// What is left of a lease when the turn and the app have both taken all their time.
const LEASE_SPARE: Duration = Duration::from_secs(1);

/// The way out to the apps.
#[derive(Debug)]
pub(crate) struct BackChannel {
    client: Client,
    turns: Turns,
    patience: Patience,
}

impl BackChannel {
    /// BCL-53: no redirects and no proxies, so that nobody is reached but who is configured.
    pub(crate) fn new(registry: &Registry) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(registry.patience.with_app)
            .timeout(registry.patience.with_app)
            .build()?;
        Ok(Self { client, turns: Turns::new(registry), patience: registry.patience })
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
