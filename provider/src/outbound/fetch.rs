use std::error::Error;
use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;

use super::places::{AT_ONCE, NoPlace, Places};
use super::{Forbidden, Guard};

/// The most that is read of one answer, in bytes: a JWK Set of twenty keys is much smaller.
const LONGEST: usize = 64 * 1024;
/// How long a call may take, the connection and the whole answer; and as long it may wait for a place before.
const PATIENCE: Duration = Duration::from_secs(3);

const KEYS: &str = "application/json, application/jwk-set+json";
const REQUEST: &str = "application/oauth-authz-req+jwt, application/jwt, application/jose";

/// Reads what clients that have registered themselves keep at addresses of their own: their keys, and requests that they
/// hand over by reference. BCL-53 holds here too: nobody is called whom not everybody could call, no redirects, no proxies.
///
/// Keys and requests have places of their own: anybody can make requests, and must not keep apps from proving who they are.
#[derive(Debug)]
pub(crate) struct Fetcher {
    client: Client,
    guard: Guard,
    for_keys: Semaphore,
    for_requests: Places,
}

/// Why there is nothing. The text is for the client: it holds no address, and does not tell a name that leads to a forbidden
/// one from a name that nobody has, which would map a network for strangers. The log has the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("cannot be reached, or is at an address that is not called")]
    Forbidden(#[from] Forbidden),
    #[error("cannot be reached, or is at an address that is not called")]
    Connection,
    #[error("did not answer within 3 seconds")]
    Timeout,
    #[error("could not be reached a moment ago, and is called again after 10 seconds")]
    CoolingDown,
    #[error("is not called now, because too much else is: try again in a moment")]
    Busy,
    #[error("answered {}, not 200", .0.as_u16())]
    Status(StatusCode),
    #[error("answered more than 64 KiB")]
    TooLong,
}

impl Fetcher {
    pub(crate) fn new(guard: Guard, certificates: &[Certificate]) -> Result<Self, reqwest::Error> {
        let builder =
            Client::builder().redirect(Policy::none()).no_proxy().referer(false).dns_resolver(guard.resolver());
        let builder = certificates.iter().cloned().fold(builder, ClientBuilder::add_root_certificate);
        let client = builder.connect_timeout(PATIENCE).timeout(PATIENCE).pool_max_idle_per_host(0).build()?;
        Ok(Self { client, guard, for_keys: Semaphore::new(AT_ONCE), for_requests: Places::new() })
    }

    /// A client's keys. One client's are read once at a time and not often ([`PublishedKeys`](crate::client_keys::PublishedKeys)),
    /// so that it cannot take more than a place.
    pub(crate) async fn keys(&self, url: &Url) -> Result<Vec<u8>, FetchError> {
        let in_turn = async {
            let place = timeout(PATIENCE, self.for_keys.acquire()).await;
            // It fails only once it is closed, which it never is.
            let _place = place.map_err(|_| FetchError::Busy)?.map_err(|_| FetchError::Busy)?;
            self.get(url, KEYS).await
        };
        in_turn.await.inspect_err(|error| tracing::info!(?error, "a client's keys were not fetched"))
    }

    /// A request that a client hands over by reference.
    pub(crate) async fn request(&self, client_id: &str, url: &Url, now: i64) -> Result<Vec<u8>, FetchError> {
        let in_turn = async {
            let place = timeout(PATIENCE, self.for_requests.take(client_id, now)).await;
            let place = place.map_err(|_| FetchError::Busy)??;
            let fetched = self.get(url, REQUEST).await;
            place.settle(fetched.as_ref().err().is_none_or(FetchError::is_of_somebody), now);
            fetched
        };
        in_turn.await.inspect_err(|error| {
            tracing::info!(?error, client.id = client_id, "a client's request was not fetched");
        })
    }

    /// The body of a 200.
    async fn get(&self, url: &Url, accept: &str) -> Result<Vec<u8>, FetchError> {
        self.guard.check_url(url)?;
        timeout(PATIENCE, self.read(url, accept)).await.unwrap_or(Err(FetchError::Timeout))
    }

    async fn read(&self, url: &Url, accept: &str) -> Result<Vec<u8>, FetchError> {
        let request = self.client.get(url.clone()).header(ACCEPT, accept);
        let mut response = request.send().await.map_err(|error| FetchError::from_reqwest(&error))?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| FetchError::from_reqwest(&error))? {
            if body.len() + chunk.len() > LONGEST {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl FetchError {
    /// Whether somebody has answered, however badly.
    fn is_of_somebody(&self) -> bool {
        matches!(self, Self::Status(_) | Self::TooLong)
    }

    fn from_reqwest(error: &reqwest::Error) -> Self {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(forbidden) = error.downcast_ref::<Forbidden>() {
                return Self::Forbidden(*forbidden);
            }
            cause = error.source();
        }
        if error.is_timeout() { Self::Timeout } else { Self::Connection }
    }
}

impl From<NoPlace> for FetchError {
    fn from(no_place: NoPlace) -> Self {
        match no_place {
            NoPlace::Busy => Self::Busy,
            NoPlace::CoolingDown => Self::CoolingDown,
        }
    }
}
