//! When keys are fetched: at the start until it works, now and then, and once for a `kid` that is not known.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{FetchError, Provider};

/// Seconds in which unknown `kid`s cause no more than [`MAX_FETCHES`], so that forged tokens cannot make us hammer the
/// provider.
const COOL_DOWN: u64 = 30;

/// More than one, so that a forged token does not keep a new key from being found, nor a first new key a second.
const MAX_FETCHES: usize = 10;

/// Keys that the provider has withdrawn are forgotten after this.
const REFRESH_EVERY: Duration = Duration::from_secs(60 * 60);

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(30);

/// What is known after asking for a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// The keys were fetched after this was asked: what is not among them is not the provider's.
    Fresh,
    /// The provider could not be asked: nothing is known about newer keys.
    Failed,
    /// The provider was asked too often a moment ago, and is not asked now: nothing is known about newer keys.
    NotAsked,
}

/// The fetches for unknown keys.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// When those of the last seconds began, oldest first.
    recent: VecDeque<u64>,
    last: Option<Refresh>,
}

impl Attempts {
    /// Whether one more may begin now. A clock that was set back is no reason to wait until it has caught up.
    fn may_begin(&mut self, now: u64) -> bool {
        self.recent.retain(|at| (*at..at.saturating_add(COOL_DOWN)).contains(&now));
        self.recent.len() < MAX_FETCHES
    }
}

impl Provider {
    /// Fetches the keys once, if that has not been done too often. Requests that ask at the same time wait for one fetch.
    pub(crate) async fn refresh(self: &Arc<Self>) -> Refresh {
        let provider = self.clone();
        let begun = self.begun.load(Ordering::SeqCst);
        // A task of its own: a client that hangs up must not use up a fetch without its keys.
        let refresh = self.tasks.spawn(async move { provider.refresh_once(begun).await });
        refresh.await.unwrap_or(Refresh::Failed)
    }

    async fn refresh_once(&self, begun: u64) -> Refresh {
        let mut attempts = self.fetching.lock().await;
        // Only one that began after the token was here can be asked about its key.
        if self.begun.load(Ordering::SeqCst) > begun
            && let Some(outcome) = attempts.last
        {
            return outcome;
        }
        let now = self.clock.now();
        if !attempts.may_begin(now) {
            return Refresh::NotAsked;
        }
        attempts.recent.push_back(now);
        self.begun.fetch_add(1, Ordering::SeqCst);
        let fetched = match self.metadata() {
            Some(metadata) => self.until_stopped(self.fetch_jwks(metadata)).await,
            None => self.until_stopped(self.fetch_all()).await,
        };
        let outcome = match fetched {
            Ok(()) => Refresh::Fresh,
            Err(error) => {
                let error = error.with_causes();
                tracing::warn!(error, "a token names an unknown key, and the provider's keys could not be fetched");
                Refresh::Failed
            }
        };
        attempts.last = Some(outcome);
        outcome
    }

    /// Fetches metadata and keys until it works, and again every hour. Says once that it does not work.
    pub(crate) fn keep_fresh(self: &Arc<Self>) {
        let provider = self.clone();
        self.tasks.spawn(async move {
            let mut failing = false;
            let mut retry = FIRST_RETRY;
            loop {
                let wait = match provider.fetch_alone().await {
                    Ok(()) => {
                        if failing {
                            tracing::info!(provider.issuer = provider.issuer, "the provider answers");
                        }
                        (failing, retry) = (false, FIRST_RETRY);
                        REFRESH_EVERY
                    }
                    Err(FetchError::Stopped) => return,
                    Err(error) => {
                        if !failing {
                            let error = error.with_causes();
                            tracing::warn!(
                                provider.issuer = provider.issuer,
                                error,
                                "metadata and keys could not be fetched; trying again until they can"
                            );
                        }
                        failing = true;
                        let wait = retry;
                        retry = (retry * 2).min(LAST_RETRY);
                        wait
                    }
                };
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = provider.stop.cancelled() => return,
                }
            }
        });
    }

    async fn fetch_alone(&self) -> Result<(), FetchError> {
        let _alone = self.fetching.lock().await;
        self.until_stopped(self.fetch_all()).await
    }

    async fn until_stopped(&self, fetch: impl Future<Output = Result<(), FetchError>>) -> Result<(), FetchError> {
        tokio::select! {
            fetched = fetch => fetched,
            () = self.stop.cancelled() => Err(FetchError::Stopped),
        }
    }
}
