use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonwebtoken::DecodingKey;

use super::KeyError;
use crate::config::{ClientKeys, RegisteredUri, SigningAlg, parse_usable_jwks};
use crate::outbound::{FetchError, Fetcher};
use crate::state::Provider;

/// How long keys are good for without a look at where they came from, in seconds: so long a key works that was withdrawn.
const FRESH: i64 = 10 * 60;
/// After a look there is no other for so long, in seconds: whoever makes up names of keys must not be able to have the
/// client's server called for each.
const COOL_DOWN: i64 = 30;
/// How long a request may wait for the look of another one: a little longer than that can take.
const PATIENCE: Duration = Duration::from_secs(7);

/// The keys of a client that keeps them at an address of its own (`jwks_uri`), so that it can change them by itself:
/// [OpenID Connect Core 1.0 section 10.1.1](https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys).
#[derive(Debug)]
pub(crate) struct PublishedKeys {
    uri: RegisteredUri,
    /// Whether the client registered itself.
    is_third_party: bool,
    /// Never held while anything is waited for.
    known: Mutex<Known>,
    /// Held by the one look that there is at a time. Requests whose key is known do not wait for it.
    looking: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Option<ClientKeys>,
    /// When they were read.
    read_at: i64,
    /// How the last look failed, if it did.
    failed: Option<KeyError>,
    looked_at: Option<i64>,
}

impl PublishedKeys {
    /// Of a client that registered itself, which may be anybody's.
    pub(crate) fn of_registered(uri: RegisteredUri) -> Self {
        Self::new(uri, true)
    }

    /// Of a client whose entry was written by whoever runs the provider.
    pub(crate) fn of_configured(uri: RegisteredUri) -> Self {
        Self::new(uri, false)
    }

    fn new(uri: RegisteredUri, is_third_party: bool) -> Self {
        Self { uri, is_third_party, known: Mutex::default(), looking: Arc::default() }
    }

    /// The key that a signature names. Looks once more, if it is not among those that are known: it may be new.
    pub(super) async fn find(
        self: &Arc<Self>,
        provider: &Provider,
        kid: Option<&str>,
        alg: SigningAlg,
    ) -> Result<DecodingKey, KeyError> {
        let now = provider.clock.now();
        if let Some(answer) = self.known().answer(now, kid, alg) {
            return answer;
        }
        // One look at a time; whoever waited finds what it brought.
        let looking = tokio::time::timeout(PATIENCE, Arc::clone(&self.looking).lock_owned()).await;
        let looking = looking.map_err(|_| FetchError::Busy)?;
        if let Some(answer) = self.known().answer(now, kid, alg) {
            return answer;
        }
        let (keys, fetcher) = (Arc::clone(self), Arc::clone(&provider.fetcher));
        let look = provider.spawn_until_stop(async move {
            keys.look(&fetcher, now).await;
            drop(looking);
        });
        // Cut off only when the provider stops.
        _ = look.await;
        self.known().answer(now, kid, alg).unwrap_or(Err(KeyError::Unknown))
    }

    /// Not a part of the request that began it: who sends one and goes away must not be able to leave the client without keys.
    async fn look(&self, fetcher: &Fetcher, now: i64) {
        let read = self.read(fetcher).await;
        let mut known = self.known();
        known.looked_at = Some(now);
        match read {
            Ok(keys) => (known.keys, known.read_at, known.failed) = (Some(keys), now, None),
            Err(error) => {
                tracing::info!(%error, "keys of a client not read");
                known.failed = Some(error);
            }
        }
    }

    async fn read(&self, fetcher: &Fetcher) -> Result<ClientKeys, KeyError> {
        let body = fetcher.keys(self.uri.url(), self.is_third_party).await?;
        let set = serde_json::from_slice(&body).map_err(|_| KeyError::Useless)?;
        parse_usable_jwks(&set).map_err(|_| KeyError::Useless)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// What can be said without a look.
    fn answer(&self, now: i64, kid: Option<&str>, alg: SigningAlg) -> Option<Result<DecodingKey, KeyError>> {
        let is_recent = |time: i64, period: i64| (0..period).contains(&(now - time));
        let fresh = self.keys.as_ref().filter(|_| is_recent(self.read_at, FRESH));
        if let Some(key) = fresh.and_then(|keys| keys.find(kid, alg)) {
            return Some(Ok(key.clone()));
        }
        let has_just_looked = self.looked_at.is_some_and(|looked_at| is_recent(looked_at, COOL_DOWN));
        has_just_looked.then(|| Err(self.failed.unwrap_or(KeyError::Unknown)))
    }
}
