//! The provider as this app knows it: its metadata and keys, in memory, on disk and fetched when needed.

mod disk;
mod fetch;
mod metadata;
mod refresh;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use fetch::{FetchError, client, configuration_url, discover, document, read_body};
pub use metadata::{MetadataError, ProviderMetadata};
pub use refresh::Refresh;

use crate::{Clock, Jwks, Settings};
use fetch::Fetcher;

#[derive(Debug)]
pub(crate) struct Provider {
    issuer: String,
    data_dir: PathBuf,
    clock: Clock,
    fetcher: Fetcher,
    known: watch::Sender<Known>,
    /// Held while fetching and keeping, so that an older answer never overtakes a newer one.
    fetching: Mutex<refresh::Attempts>,
    /// How many fetches for unknown keys have begun.
    begun: AtomicU64,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Clone, Debug, Default)]
struct Known {
    metadata: Option<Arc<ProviderMetadata>>,
    jwks: Option<Arc<Jwks>>,
}

impl Provider {
    /// Starts from the copy on disk, if there is one; nothing is fetched yet.
    pub(crate) fn open(
        settings: &Settings,
        clock: Clock,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<Arc<Self>, FetchError> {
        let known = match disk::load(&settings.data_dir, &settings.issuer) {
            Some((metadata, jwks)) => Known { metadata: Some(Arc::new(metadata)), jwks: Some(Arc::new(jwks)) },
            None => Known::default(),
        };
        Ok(Arc::new(Self {
            issuer: settings.issuer.clone(),
            data_dir: settings.data_dir.clone(),
            clock,
            fetcher: Fetcher::new()?,
            known: watch::Sender::new(known),
            fetching: Mutex::default(),
            begun: AtomicU64::new(0),
            tasks,
            stop,
        }))
    }

    pub(crate) fn metadata(&self) -> Option<Arc<ProviderMetadata>> {
        self.known().metadata
    }

    pub(crate) fn jwks(&self) -> Option<Arc<Jwks>> {
        self.known().jwks
    }

    /// Waits until metadata and keys are known.
    pub(crate) async fn until_known(&self) {
        let mut known = self.known.subscribe();
        // The sender is `self`, so the channel cannot close while this waits.
        let _ = known.wait_for(|known| known.metadata.is_some() && known.jwks.is_some()).await;
    }

    fn known(&self) -> Known {
        self.known.borrow().clone()
    }

    async fn fetch_all(&self) -> Result<(), FetchError> {
        let metadata = Arc::new(self.fetcher.metadata(&self.issuer).await?);
        self.fetch_jwks(metadata).await
    }

    async fn fetch_jwks(&self, metadata: Arc<ProviderMetadata>) -> Result<(), FetchError> {
        let jwks = Arc::new(self.fetcher.jwks(&metadata).await?);
        let before = self.known();
        let changed = before.jwks.as_ref().map(|jwks| &jwks.raw) != Some(&jwks.raw)
            || before.metadata.as_ref().map(|metadata| &metadata.raw) != Some(&metadata.raw);
        if !changed {
            return Ok(());
        }
        let known = Known { metadata: Some(metadata.clone()), jwks: Some(jwks.clone()) };
        self.known.send_replace(known);
        if let Err(error) = self.save(metadata, jwks).await {
            tracing::warn!(%error, "the provider's keys could not be kept on disk: a restart will have to fetch them");
        }
        Ok(())
    }

    async fn save(&self, metadata: Arc<ProviderMetadata>, jwks: Arc<Jwks>) -> io::Result<()> {
        let data_dir = self.data_dir.clone();
        tokio::task::spawn_blocking(move || disk::save(&data_dir, &metadata.raw, &jwks.raw))
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}
