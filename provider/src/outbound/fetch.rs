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

/// Reads what clients keep at addresses of their own: their keys, and requests that they hand over by reference. BCL-53 holds
/// here too: no redirects and no proxies, and of clients that have registered themselves nobody is called whom not everybody
/// could call.
///
/// Keys and requests have places of their own: anybody can make requests, and must not keep apps from proving who they are.
#[derive(Debug)]
pub(crate) struct Fetcher {
    client: Client,
    /// To clients that have registered themselves.
    guarded: Client,
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
        let builder = || {
            let builder = Client::builder().redirect(Policy::none()).no_proxy().referer(false);
            let builder = certificates.iter().cloned().fold(builder, ClientBuilder::add_root_certificate);
            builder.connect_timeout(PATIENCE).timeout(PATIENCE).pool_max_idle_per_host(0)
        };
        let guarded = builder().dns_resolver(guard.resolver()).build()?;
        Ok(Self {
            client: builder().build()?,
            guarded,
            guard,
            for_keys: Semaphore::new(AT_ONCE),
            for_requests: Places::new(),
        })
    }

    /// A client's keys. One client's are read once at a time and not often ([`PublishedKeys`](crate::client_keys::PublishedKeys)),
    /// so that it cannot take more than a place. Configured clients need none: strangers do not keep them waiting, and there are
    /// as many as there are.
    pub(crate) async fn keys(&self, url: &Url, is_third_party: bool) -> Result<Vec<u8>, FetchError> {
        let in_turn = async {
            if !is_third_party {
                return read(&self.client, url, KEYS).await;
            }
            let place = timeout(PATIENCE, self.for_keys.acquire()).await;
            // It fails only once it is closed, which it never is.
            let _place = place.map_err(|_| FetchError::Busy)?.map_err(|_| FetchError::Busy)?;
            self.guarded(url, KEYS).await
        };
        in_turn.await.inspect_err(|error| tracing::info!(?error, "a client's keys were not fetched"))
    }

    /// A request that a client hands over by reference.
    pub(crate) async fn request(&self, client_id: &str, url: &Url, now: i64) -> Result<Vec<u8>, FetchError> {
        let in_turn = async {
            let place = timeout(PATIENCE, self.for_requests.take(client_id, now)).await;
            let place = place.map_err(|_| FetchError::Busy)??;
            let fetched = self.guarded(url, REQUEST).await;
            place.settle(fetched.as_ref().err().is_none_or(FetchError::is_of_somebody), now);
            fetched
        };
        in_turn.await.inspect_err(|error| {
            tracing::info!(?error, client.id = client_id, "a client's request was not fetched");
        })
    }

    async fn guarded(&self, url: &Url, accept: &str) -> Result<Vec<u8>, FetchError> {
        self.guard.check_url(url)?;
        read(&self.guarded, url, accept).await
    }
}

/// The body of a 200.
async fn read(client: &Client, url: &Url, accept: &str) -> Result<Vec<u8>, FetchError> {
    let reading = async {
        let request = client.get(url.clone()).header(ACCEPT, accept);
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
    };
    timeout(PATIENCE, reading).await.unwrap_or(Err(FetchError::Timeout))
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;

    /// Its keys are where its entry says, on loopback even, and are there when all places are taken.
    #[tokio::test]
    async fn strangers_do_not_keep_a_configured_client_waiting() {
        let fetcher = Fetcher::new(Guard::default(), &[]).unwrap();
        let _held = fetcher.for_keys.acquire_many(AT_ONCE as u32).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let server =
            tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(|| async { "{}" }))).await });
        assert_eq!(fetcher.keys(&url, false).await, Ok(b"{}".to_vec()));
        let refused = fetcher.guarded(&url, KEYS).await;
        assert_eq!(refused, Err(FetchError::Forbidden(Forbidden::Loopback)), "another's would not be");
        server.abort();
    }
}
