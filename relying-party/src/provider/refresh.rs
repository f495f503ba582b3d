//! When keys are fetched: at the start until it works, now and then, and once for a `kid` that is not known.

use std::sync::Arc;
use std::time::Duration;

use super::{FetchError, Provider};

/// Seconds in which an unknown `kid` causes no second fetch, so that forged tokens cannot make us hammer the provider.
const COOL_DOWN: u64 = 30;

/// Keys that the provider has withdrawn are forgotten after this.
const REFRESH_EVERY: Duration = Duration::from_secs(60 * 60);

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(30);

/// What is known after asking for a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// The keys were fetched now, or for the same reason a moment ago: what is not among them is not the provider's.
    Fresh,
    /// The provider could not be asked, now or a moment ago: nothing is known about newer keys.
    Failed,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    at: u64,
    outcome: Refresh,
}

impl Provider {
    /// Fetches the keys once; within the cool-down the answer is that of the last time. Requests that ask at the same
    /// time wait for one fetch.
    pub(crate) async fn refresh(self: &Arc<Self>) -> Refresh {
        let provider = self.clone();
        // A task of its own: a client that hangs up must not use up the cool-down without a fetch.
        let refresh = self.tasks.spawn(async move { provider.refresh_once().await });
        refresh.await.unwrap_or(Refresh::Failed)
    }

    async fn refresh_once(&self) -> Refresh {
        let mut last = self.fetching.lock().await;
        let now = self.clock.now();
        // A clock that was set back is no reason to wait until it has caught up.
        if let Some(attempt) = *last
            && (attempt.at..attempt.at.saturating_add(COOL_DOWN)).contains(&now)
        {
            return attempt.outcome;
        }
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
        *last = Some(Attempt { at: now, outcome });
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
