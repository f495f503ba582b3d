use std::time::Duration;

use jsonwebtoken::DecodingKey;
use tokio::sync::Mutex;

use super::KeyError;
use crate::config::{ClientKeys, RegisteredUri, SigningAlg, parse_jwks};
use crate::outbound::Fetcher;

/// How long keys are good for without a look at where they came from, in seconds: so long a key works that was withdrawn.
const FRESH: i64 = 10 * 60;
/// After a look there is no other for so long, in seconds: whoever makes up names of keys must not be able to have the
/// client's server called for each.
const COOL_DOWN: i64 = 30;
/// How long a request may wait for the look of another one.
const PATIENCE: Duration = Duration::from_secs(4);

/// The keys of a client that keeps them at an address of its own (`jwks_uri`), so that it can change them by itself:
/// [OpenID Connect Core 1.0 section 10.1.1](https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys).
#[derive(Debug)]
pub(crate) struct PublishedKeys {
    uri: RegisteredUri,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Option<ClientKeys>,
    /// When they were read.
    read_at: i64,
    /// When and how the last look failed, if it did.
    failed: Option<KeyError>,
    looked_at: Option<i64>,
}

impl PublishedKeys {
    pub(crate) fn at(uri: RegisteredUri) -> Self {
        Self { uri, known: Mutex::default() }
    }

    /// The key that a signature names. Looks once more, if it is not among those that are known: it may be new.
    pub(super) async fn find(
        &self,
        fetcher: &Fetcher,
        now: i64,
        kid: Option<&str>,
        alg: SigningAlg,
    ) -> Result<DecodingKey, KeyError> {
        // One look at a time; whoever waited finds what it brought.
        let known = tokio::time::timeout(PATIENCE, self.known.lock()).await;
        let mut known = known.map_err(|_| KeyError::Fetch(crate::outbound::FetchError::Timeout))?;
        if let Some(key) = known.find(now, kid, alg) {
            return Ok(key);
        }
        if known.looked_at.is_some_and(|looked_at| (0..COOL_DOWN).contains(&(now - looked_at))) {
            return Err(known.failed.unwrap_or(KeyError::Unknown));
        }
        known.looked_at = Some(now);
        match self.read(fetcher).await {
            Ok(keys) => *known = Known { keys: Some(keys), read_at: now, failed: None, looked_at: Some(now) },
            Err(error) => {
                tracing::info!(%error, "keys of a client not read");
                known.failed = Some(error);
                return Err(error);
            }
        }
        known.find(now, kid, alg).ok_or(KeyError::Unknown)
    }

    async fn read(&self, fetcher: &Fetcher) -> Result<ClientKeys, KeyError> {
        let body = fetcher.keys(self.uri.url()).await?;
        let set = serde_json::from_slice(&body).map_err(|_| KeyError::Useless)?;
        parse_jwks(&set, None).map_err(|_| KeyError::Useless)
    }
}

impl Known {
    fn find(&self, now: i64, kid: Option<&str>, alg: SigningAlg) -> Option<DecodingKey> {
        let fresh = self.keys.as_ref().filter(|_| (0..FRESH).contains(&(now - self.read_at)));
        fresh.and_then(|keys| keys.find(kid, alg)).cloned()
    }
}
