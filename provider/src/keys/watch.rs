//! Notices new keys, and that the time of some has come.

use std::sync::Arc;
use std::time::Duration;

use super::KeyFileError;
use crate::error::InternalError;
use crate::state::Provider;

/// How soon a change of the file takes effect, and a key that is due begins to sign.
const INTERVAL: Duration = Duration::from_secs(10);

/// Why the keys are what they were.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    #[error(transparent)]
    File(#[from] KeyFileError),
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// Runs until the provider stops.
pub(crate) async fn run(provider: Arc<Provider>) {
    let mut is_failing = false;
    loop {
        tokio::select! {
            () = provider.stopping() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        let refreshed = refresh(&provider).await;
        // Said once, and not six times a minute.
        match &refreshed {
            Err(error) if !is_failing => {
                tracing::error!(%error, "the signing keys cannot be read again; those that were read last stay in use");
            }
            Ok(()) if is_failing => tracing::info!("the signing keys can be read again"),
            _ => {}
        }
        is_failing = refreshed.is_err();
    }
}

pub(crate) async fn refresh(provider: &Arc<Provider>) -> Result<(), RefreshError> {
    let provider = Arc::clone(provider);
    let refresh = move || provider.keys.refresh(provider.clock.now());
    Ok(tokio::task::spawn_blocking(refresh).await.map_err(InternalError::from)??)
}
