//! Delivers what the first attempt did not: after a failure, after a crash, and where nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use super::attempt::{attempt, expire};
use super::turns::{PARALLEL_PER_APP, Turn};
use crate::error::InternalError;
use crate::state::Provider;
use crate::store::outbox::{self, Entry};

/// The longest sleep: timers stand still while a machine sleeps, and its clock may be set.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// How long a store that failed is left alone.
const STORE_PATIENCE: Duration = Duration::from_secs(5);

/// How often the worker looks whether another process has written: a command of an operator may have ended a session.
const OTHERS_INTERVAL: Duration = Duration::from_secs(1);

/// Runs until the provider stops. It sleeps until something is due, or the outbox has changed.
pub(crate) async fn run(provider: Arc<Provider>) {
    let turns = &provider.back_channel.turns;
    let mut others = provider.store.version_of_others().await.ok();
    loop {
        match deliver_due(&provider).await {
            Ok(next) => {
                let pause = next.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
                tokio::select! {
                    () = provider.stopping() => return,
                    () = turns.changed() => {}
                    () = changed_by_others(&provider, &mut others) => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read; trying again in a moment");
                tokio::select! {
                    () = provider.stopping() => return,
                    () = tokio::time::sleep(STORE_PATIENCE) => {}
                }
            }
        }
    }
}

/// Resolves when another process has written since the last look.
async fn changed_by_others(provider: &Provider, seen: &mut Option<i64>) {
    loop {
        tokio::time::sleep(OTHERS_INTERVAL).await;
        // A store that does not answer is the next delivery's to report.
        let Ok(version) = provider.store.version_of_others().await else { return };
        if seen.replace(version) != Some(version) {
            return;
        }
    }
}

/// Begins an attempt at everything that is due and has a turn, and says how long it is until something else is due. What
/// has no turn waits for one, whose end wakes the worker.
async fn deliver_due(provider: &Arc<Provider>) -> Result<Option<Duration>, sqlx::Error> {
    let now_ms = provider.clock.now_ms();
    let clients = outbox::due_clients(&mut *provider.store.read().await?, now_ms).await?;
    if !clients.is_empty() {
        for (entry, turn) in claim(provider, &clients, now_ms).await? {
            let owner = Arc::clone(provider);
            provider.tasks.spawn(async move {
                deliver(&owner, &entry).await;
                drop(turn);
            });
        }
    }
    let next_ms = outbox::next_due(&mut *provider.store.read().await?, now_ms).await?;
    Ok(next_ms.map(|next_ms| Duration::from_millis(u64::try_from(next_ms - now_ms).unwrap_or(0))))
}

/// Leases what is about to be sent. BCL-07: each app gets its share, however much is due to another.
async fn claim(provider: &Provider, clients: &[String], now_ms: i64) -> Result<Vec<(Entry, Turn)>, sqlx::Error> {
    let mut claimed = Vec::new();
    let mut tx = provider.store.begin().await?;
    for client_id in clients {
        let is_third_party = provider.registry.client(client_id).is_some_and(|client| client.is_third_party);
        for entry in outbox::due(&mut tx, client_id, now_ms, PARALLEL_PER_APP as i64).await? {
            let Some(turn) = provider.back_channel.turns.try_take(client_id, is_third_party) else { break };
            outbox::lease(&mut tx, entry.id, now_ms + provider.back_channel.lease_ms()).await?;
            claimed.push((entry, turn));
        }
    }
    tx.commit().await?;
    Ok(claimed)
}

async fn deliver(provider: &Provider, entry: &Entry) {
    if provider.clock.now() < entry.expires_at {
        attempt(provider, entry).await;
    } else {
        expire(provider, entry).await;
    }
}

/// Begins what is due.
pub(crate) async fn begin_due(provider: &Arc<Provider>) -> Result<(), InternalError> {
    deliver_due(provider).await?;
    Ok(())
}

/// Delivers what is due, and waits until no attempt is under way.
pub(crate) async fn deliver_due_and_wait(provider: &Arc<Provider>) -> Result<(), InternalError> {
    deliver_due(provider).await?;
    provider.back_channel.turns.idle().await;
    Ok(())
}
