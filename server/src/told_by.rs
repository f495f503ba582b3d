//! Says once, as soon as an app knows its provider, by what it will be told of sign-outs.

use relying_party::RelyingParty;
use tokio::task::JoinHandle;

use crate::config::{LogoutChannel, told_by};

/// Waits for the provider in a task of its own, which whoever starts it stops when the app stops.
pub(crate) fn announce(app: &'static str, relying_party: RelyingParty, served: Vec<LogoutChannel>) -> JoinHandle<()> {
    tokio::spawn(async move {
        relying_party.until_ready().await;
        if let Some(metadata) = relying_party.metadata() {
            tracing::info!(party = app, "{}", told_by("this app", &served, &metadata.raw));
        }
    })
}
