//! Sends logout tokens: [Back-Channel Logout 1.0 section 2.5](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest).

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use super::commit::Ended;
use super::decide::BackChannelTarget;
use super::logout_token;
use super::outcome::Outcome;
use crate::error::InternalError;
use crate::state::Provider;
use crate::store::{logout, outbox};

/// How long an app has to answer.
const APP_PATIENCE: Duration = Duration::from_secs(2);
/// How long the user waits for all of them.
const USER_PATIENCE: Duration = Duration::from_millis(300);
/// How many are told at the same time, over all sign-outs.
const PARALLEL: usize = 64;
/// When a failed attempt would be repeated, in seconds.
const RETRY_AFTER: i64 = 1;

/// The way out to the apps.
#[derive(Debug)]
pub(crate) struct BackChannel {
    client: Client,
    turns: Semaphore,
}

impl BackChannel {
    /// BCL-53: no redirects and no proxies, so that nobody is reached but who is configured.
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(APP_PATIENCE)
            .timeout(APP_PATIENCE)
            .build()?;
        Ok(Self { client, turns: Semaphore::new(PARALLEL) })
    }
}

/// A logout token that is to be delivered, as the outbox has it.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) outbox_id: i64,
    pub(super) logout_id: i64,
    pub(super) client_id: String,
    pub(super) sid: String,
    pub(super) sub: String,
    /// When the session ended.
    pub(super) toe: i64,
    pub(super) target: BackChannelTarget,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The app has ended its session, or had none.
    Delivered,
    /// Nobody listens there.
    Refused,
    /// Anything else.
    Failed,
}

/// Tells the apps in parallel, and waits a little for them. Apps that are missing from the answer have not answered yet;
/// their attempts go on.
pub(super) async fn tell(provider: &Arc<Provider>, deliveries: &[Delivery]) -> HashMap<String, Attempt> {
    let deadline = Instant::now() + USER_PATIENCE;
    let mut attempts = spawn(provider, deliveries);
    let mut known = HashMap::new();
    // The channel closes when all attempts are over.
    while let Ok(Some((client_id, attempt))) = tokio::time::timeout_at(deadline, attempts.recv()).await {
        known.insert(client_id, attempt);
    }
    known
}

/// Tells the apps without waiting.
pub(crate) fn tell_in_background(provider: &Arc<Provider>, ended: Ended) {
    drop(spawn(provider, &ended.deliveries));
}

/// BCL-07: in parallel. The attempts outlive the request that began them.
fn spawn(provider: &Arc<Provider>, deliveries: &[Delivery]) -> mpsc::Receiver<(String, Attempt)> {
    let (sender, receiver) = mpsc::channel(deliveries.len().max(1));
    for delivery in deliveries.iter().cloned() {
        let (owner, sender) = (Arc::clone(provider), sender.clone());
        provider.tasks.spawn(async move {
            let attempt = attempt(&owner, &delivery).await;
            // Nobody may be waiting any more.
            let _ = sender.send((delivery.client_id, attempt)).await;
        });
    }
    receiver
}

async fn attempt(provider: &Provider, delivery: &Delivery) -> Attempt {
    let (attempt, error) = match send(provider, delivery).await {
        Ok(()) => (Attempt::Delivered, None),
        Err(error) => (if error.is_refusal() { Attempt::Refused } else { Attempt::Failed }, Some(error)),
    };
    // Recorded before anybody is shown the outcome.
    if let Err(unrecorded) = record(provider, delivery, error.as_ref()).await {
        // The entry stays due: the app will hear it once more, which does no harm.
        InternalError::from(unrecorded).report();
    }
    let outcome = if error.is_none() { Outcome::Ended } else { Outcome::Pending };
    tracing::info!(
        client.id = delivery.client_id,
        logout.channel = "back-channel",
        logout.outcome = outcome.as_str(),
        error = error.map(tracing::field::display),
        "logout token sent"
    );
    attempt
}

/// Why an attempt failed; the text is kept, and shown to operators.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("connection refused")]
    Refused,
    #[error("no answer in time")]
    Timeout,
    #[error("no connection")]
    Connection,
    #[error("answered {}", .0.as_u16())]
    Status(StatusCode),
    #[error("{0}")]
    Internal(#[from] InternalError),
}

impl SendError {
    fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused)
    }
}

/// BCL-08. BCL-12: 200 and 204 are success. The body of the answer is not read.
async fn send(provider: &Provider, delivery: &Delivery) -> Result<(), SendError> {
    let channel = &provider.back_channel;
    let _turn = channel.turns.acquire().await.map_err(|_| SendError::Connection)?;
    let token = logout_token::sign(&provider.keys, &provider.issuer, delivery, provider.clock.now())?;
    let request = channel.client.post(delivery.target.uri.clone()).form(&[("logout_token", token)]);
    let response = request.send().await.map_err(|error| SendError::from_reqwest(&error))?;
    match response.status() {
        StatusCode::OK | StatusCode::NO_CONTENT => Ok(()),
        status => Err(SendError::Status(status)),
    }
}

impl SendError {
    /// Without the URL that reqwest puts into its messages.
    fn from_reqwest(error: &reqwest::Error) -> Self {
        let mut cause = error.source();
        while let Some(error) = cause {
            if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
                return Self::Refused;
            }
            cause = error.source();
        }
        if error.is_timeout() { Self::Timeout } else { Self::Connection }
    }
}

async fn record(provider: &Provider, delivery: &Delivery, error: Option<&SendError>) -> Result<(), sqlx::Error> {
    let now = provider.clock.now();
    let mut tx = provider.store.begin().await?;
    match error {
        None => {
            outbox::set_delivered(&mut tx, delivery.outbox_id, now).await?;
            logout::set_outcome(&mut tx, delivery.logout_id, &delivery.client_id, Outcome::Ended).await?;
        }
        Some(error) => {
            outbox::set_failed(&mut tx, delivery.outbox_id, &error.to_string(), now + RETRY_AFTER).await?;
        }
    }
    tx.commit().await
}
