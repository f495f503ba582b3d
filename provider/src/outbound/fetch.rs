use std::error::Error;
use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, StatusCode};
use tokio::sync::Semaphore;
use url::Url;

use super::{Forbidden, Guard};

/// The most that is read of one answer, in bytes: a JWK Set of twenty keys is much smaller.
const LONGEST: usize = 64 * 1024;
/// How long everything may take: a place, the connection, and the whole answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// So many are fetched at the same time; who registers much can make the provider no busier than that.
const AT_ONCE: usize = 16;

/// Reads what clients that have registered themselves keep at addresses of their own: their keys, and requests that they
/// hand over by reference. BCL-53 holds here too: nobody is called whom not everybody could call, no redirects, no proxies.
#[derive(Debug)]
pub(crate) struct Fetcher {
    client: Client,
    guard: Guard,
    places: Semaphore,
}

/// Why there is nothing. The text is for the client: it holds no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("is not called: its host is {0}")]
    Forbidden(#[from] Forbidden),
    #[error("cannot be reached")]
    Connection,
    #[error("did not answer within 3 seconds")]
    Timeout,
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
        Ok(Self { client, guard, places: Semaphore::new(AT_ONCE) })
    }

    /// The body of a 200.
    pub(crate) async fn get(&self, url: &Url, accept: &'static str) -> Result<Vec<u8>, FetchError> {
        self.guard.check_url(url)?;
        tokio::time::timeout(PATIENCE, self.get_in_turn(url, accept)).await.unwrap_or(Err(FetchError::Timeout))
    }

    async fn get_in_turn(&self, url: &Url, accept: &'static str) -> Result<Vec<u8>, FetchError> {
        // It is never closed.
        let _place = self.places.acquire().await.map_err(|_| FetchError::Timeout)?;
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
