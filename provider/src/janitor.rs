//! Does, now and then, what nobody asks for: ends the sessions that have expired, and removes what can no longer play a
//! part.

use std::sync::Arc;
use std::time::Duration;

use crate::audit::Cause;
use crate::end_session::{Ended, NewLogout, end, tell_observers};
use crate::error::InternalError;
use crate::registration;
use crate::state::Provider;
use crate::store::purge::purge;
use crate::store::{audit, session};

const INTERVAL: Duration = Duration::from_secs(60);
/// How many sessions are ended in one transaction, so that requests get their turn in between.
const BATCH: usize = 50;

/// Runs until the provider stops, beginning with what has happened while it was off.
pub(crate) async fn run(provider: Arc<Provider>) {
    loop {
        let swept = tokio::select! {
            () = provider.stopping() => return,
            swept = sweep(&provider) => swept,
        };
        if let Err(error) = swept {
            tracing::warn!(%error, "could not end or remove what has expired; trying again later");
        }
        tokio::select! {
            () = provider.stopping() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

pub(crate) async fn sweep(provider: &Provider) -> Result<(), InternalError> {
    let now = provider.clock.now();
    provider.throttle.forget_settled(now);
    provider.registrations.forget_settled(now);
    registration::expire_unused(provider, now).await?;
    while end_expired_sessions(provider, now).await? == BATCH {}
    let mut tx = provider.store.begin().await?;
    purge(&mut tx, now).await?;
    let too_many = audit::purge(&mut tx, now - provider.registry.lifetimes.audit).await?;
    tx.commit().await?;
    if too_many > 0 {
        tracing::warn!(
            audit.entries = too_many,
            "the audit log was full: its oldest entries are gone before their time"
        );
    }
    Ok(())
}

/// The apps of a session that has expired may still be signed in: they are told like those of any other.
async fn end_expired_sessions(provider: &Provider, now: i64) -> Result<usize, InternalError> {
    let mut tx = provider.store.begin().await?;
    let expired = session::expired(&mut tx, now, BATCH as i64).await?;
    let mut ended = Vec::new();
    for session in &expired {
        let logout = NewLogout::without_page(provider, Cause::Expiry);
        ended.extend(end(&mut tx, provider, session, logout, now).await?.map(Ended::into_sessions));
    }
    tx.commit().await?;
    ended.iter().for_each(|sessions| tell_observers(provider, sessions));
    if !expired.is_empty() {
        provider.back_channel.wake();
    }
    Ok(expired.len())
}
