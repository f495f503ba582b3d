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
/// So many are fetched at the same time for one purpose; who registers much can make the provider no busier than that.
const AT_ONCE: usize = 16;

/// For what something is fetched. Each has places of its own: anybody can make requests, and must not keep apps from proving
/// who they are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// A client's keys.
    Keys,
    /// A request that is handed over by reference.
    Request,
}

impl Purpose {
    const fn accept(self) -> &'static str {
        match self {
            Self::Keys => "application/json, application/jwk-set+json",
            Self::Request => "application/oauth-authz-req+jwt, application/jwt, application/jose",
        }
    }
}

/// Reads what clients that have registered themselves keep at addresses of their own: their keys, and requests that they
/// hand over by reference. BCL-53 holds here too: nobody is called whom not everybody could call, no redirects, no proxies.
#[derive(Debug)]
pub(crate) struct Fetcher {
    client: Client,
    guard: Guard,
    for_keys: Semaphore,
    for_requests: Semaphore,
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
        Ok(Self { client, guard, for_keys: Semaphore::new(AT_ONCE), for_requests: Semaphore::new(AT_ONCE) })
    }

    /// The body of a 200.
    pub(crate) async fn get(&self, url: &Url, purpose: Purpose) -> Result<Vec<u8>, FetchError> {
        let fetched = match self.guard.check_url(url) {
            Ok(()) => tokio::time::timeout(PATIENCE, self.get_in_turn(url, purpose)).await,
            Err(forbidden) => Ok(Err(forbidden.into())),
        };
        fetched.unwrap_or(Err(FetchError::Timeout)).inspect_err(|error| {
            tracing::info!(?error, ?purpose, "nothing was fetched from where a client has it");
        })
    }

    async fn get_in_turn(&self, url: &Url, purpose: Purpose) -> Result<Vec<u8>, FetchError> {
        let places = match purpose {
            Purpose::Keys => &self.for_keys,
            Purpose::Request => &self.for_requests,
        };
        // They are never closed.
        let _place = places.acquire().await.map_err(|_| FetchError::Timeout)?;
        let request = self.client.get(url.clone()).header(ACCEPT, purpose.accept());
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
