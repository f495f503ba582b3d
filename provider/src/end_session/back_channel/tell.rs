use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::attempt::{Attempt, attempt};
use crate::state::Provider;
use crate::store::outbox::Entry;

/// Makes the first attempt at each of these, which are leased for it, and waits a little. Apps that are missing from the
/// answer have not answered yet; their attempts go on.
pub(in crate::end_session) async fn tell(provider: &Arc<Provider>, entries: &[Entry]) -> HashMap<String, Attempt> {
    let deadline = Instant::now() + provider.back_channel.patience.of_user;
    let mut attempts = spawn(provider, entries);
    let mut known = HashMap::new();
    // The channel closes when all attempts are over.
    while let Ok(Some((client_id, attempt))) = tokio::time::timeout_at(deadline, attempts.recv()).await {
        known.insert(client_id, attempt);
    }
    known
}

/// BCL-07: in parallel. The attempts outlive the request that began them.
fn spawn(provider: &Arc<Provider>, entries: &[Entry]) -> mpsc::Receiver<(String, Attempt)> {
    let (sender, receiver) = mpsc::channel(entries.len().max(1));
    for entry in entries.iter().cloned() {
        let (owner, sender) = (Arc::clone(provider), sender.clone());
        let attempt = async move {
            let is_third_party = owner.registry.client(&entry.client_id).is_some_and(|client| client.is_third_party);
            let Some(turn) = owner.back_channel.turns.take(&entry.client_id, is_third_party).await else {
                // Too many at once. The worker has to know when the lease is over.
                owner.back_channel.wake();
                return;
            };
            let attempt = attempt(&owner, &entry).await;
            drop(turn);
            // Nobody may be waiting any more.
            let _ = sender.send((entry.client_id, attempt)).await;
        };
        provider.spawn(attempt);
    }
    receiver
}
