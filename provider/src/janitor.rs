//! Removes, now and then, what can no longer play a part.

use std::sync::Arc;

use std::time::Duration;

use crate::state::Provider;
use crate::store::purge::purge;

const INTERVAL: Duration = Duration::from_secs(60);

/// Runs until the provider stops.
pub(crate) async fn run(provider: Arc<Provider>) {
    loop {
        tokio::select! {
            () = provider.stopping() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        if let Err(error) = sweep(&provider).await {
            tracing::warn!(%error, "could not remove what has expired; trying again later");
        }
    }
}

async fn sweep(provider: &Provider) -> Result<(), sqlx::Error> {
    let mut tx = provider.store.begin().await?;
    purge(&mut tx, provider.clock.now()).await?;
    provider.throttle.forget_settled(provider.clock.now());
    tx.commit().await
}
