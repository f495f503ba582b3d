//! One running party: its router, and how it closes.

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::StartError;
use crate::connections::{Limits, accept};

/// What a party does when the process stops: ends its streams and background tasks, closes its database.
pub(crate) type Closing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a party is made of, for those who ask it how much it holds.
#[derive(Clone)]
pub(crate) enum Inside {
    Provider(provider::ProviderState),
    App(relying_party::RelyingParty),
}

/// A party that is ready to be served.
pub struct Party {
    name: &'static str,
    /// None: it serves, and holds nothing.
    inside: Option<Inside>,
    router: Router,
    closing: Closing,
}

impl Party {
    pub(crate) fn new(
        name: &'static str,
        inside: Inside,
        router: Router,
        closing: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self { name, inside: Some(inside), router, closing: Box::pin(closing) }
    }

    /// Something that is served beside the parties.
    pub(crate) fn beside(name: &'static str, router: Router) -> Self {
        Self { name, inside: None, router, closing: Box::pin(async {}) }
    }

    pub(crate) fn inside(&self) -> Option<(&'static str, Inside)> {
        Some((self.name, self.inside.clone()?))
    }

    /// Changes the router, for example to add a layer around the whole party.
    #[must_use]
    pub fn map_router(self, change: impl FnOnce(Router) -> Router) -> Self {
        Self { router: change(self.router), ..self }
    }
}

/// Serves a party on all its listeners until `stop` is cancelled, then lets it close.
///
/// # Errors
/// A listener that panicked.
pub async fn serve(party: Party, listeners: Vec<TcpListener>, stop: CancellationToken) -> Result<(), StartError> {
    let Party { name, router, closing, inside: _ } = party;
    let mut servers = JoinSet::new();
    for listener in listeners {
        servers.spawn(accept(listener, router.clone(), Limits::default(), stop.clone()));
    }
    // Open streams would hold the graceful shutdown up, so the party ends them first.
    stop.cancelled().await;
    closing.await;
    while let Some(ended) = servers.join_next().await {
        ended.map_err(|error| StartError::Serve { party: name, source: std::io::Error::other(error) })?;
    }
    Ok(())
}
