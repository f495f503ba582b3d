use std::time::Duration;

use reqwest::{Client, Response, redirect};
use serde_json::Value;
use thiserror::Error;
use url::Url;

use super::metadata::{MetadataError, ProviderMetadata};
use crate::Jwks;

/// No answer of a provider takes longer than this.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Longer answers of a provider are not read, in bytes.
const MAX_BODY: usize = 256 * 1024;

/// Why the provider's metadata or keys could not be fetched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The HTTP client could not be built.
    #[error("the HTTP client could not be set up")]
    Client(#[source] reqwest::Error),
    /// The provider did not answer within 3 seconds, or not with HTTP.
    #[error("the provider does not answer: is it running, and is the issuer right?")]
    Unreachable(#[source] reqwest::Error),
    /// The provider answered something else than 200; redirects are not followed.
    #[error("the provider answered {status} for {document}")]
    Status {
        /// Which document was asked for.
        document: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The answer is longer than 256 KiB.
    #[error("the provider's {0} are longer than 256 KiB")]
    TooLarge(&'static str),
    /// The answer is not JSON.
    #[error("the provider's {0} are not JSON")]
    NotJson(&'static str),
    /// The metadata cannot be used.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The JWK Set has no key that can verify a signature.
    #[error("the provider publishes no key that can verify a signature")]
    NoKeys,
    /// The relying party is shutting down.
    #[error("shutting down")]
    Stopped,
}

impl FetchError {
    /// Its text and what it came of: that a name does not resolve, or that a certificate is not trusted, the first text alone
    /// does not say. Without URLs.
    #[must_use]
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(&format!(" ({cause})"));
            source = cause.source();
        }
        text
    }
}

/// Fetches the metadata of a provider once (OpenID Connect Discovery 1.0 section 4), to see whether it can be reached.
///
/// # Errors
/// When the provider does not answer, or not with metadata of this very issuer.
pub async fn discover(issuer: &str) -> Result<ProviderMetadata, FetchError> {
    Fetcher::new()?.metadata(issuer).await
}

/// Where an issuer publishes its metadata (OpenID Connect Discovery 1.0 section 4.1).
///
/// # Errors
/// When the issuer is not a URL.
pub fn configuration_url(issuer: &str) -> Result<Url, MetadataError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    Url::parse(&url).map_err(|_| MetadataError::Endpoint("issuer"))
}

/// Fetches a document of a provider unread, within the bounds that metadata and keys are fetched in: no redirects, no
/// proxies, 3 seconds, 256 KiB. `name` is what an error calls it.
///
/// # Errors
/// When the provider does not answer, or not with JSON.
pub async fn document(url: Url, name: &'static str) -> Result<Value, FetchError> {
    Fetcher::new()?.json(url, name).await
}

/// Reads the body of an answer, unless it is longer than `most` bytes: then `None`, and the rest is not read.
///
/// # Errors
/// When the answer breaks off.
pub async fn read_body(mut response: Response, most: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// The client with which an app talks to its provider: no redirects (they would carry what was sent elsewhere), no proxies of
/// the environment, 3 seconds for each request.
///
/// # Errors
/// When the client cannot be set up.
pub fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        // A server may be closing a connection that was used before, and then the request fails: each has its own.
        .pool_max_idle_per_host(0)
        .build()
}

/// How metadata and keys are fetched: by the [`client`], and with little memory.
#[derive(Debug)]
pub(super) struct Fetcher(Client);

impl Fetcher {
    pub(super) fn new() -> Result<Self, FetchError> {
        client().map(Self).map_err(FetchError::Client)
    }

    pub(super) async fn metadata(&self, issuer: &str) -> Result<ProviderMetadata, FetchError> {
        let raw = self.json(configuration_url(issuer)?, "metadata").await?;
        Ok(ProviderMetadata::parse(raw, issuer)?)
    }

    pub(super) async fn jwks(&self, metadata: &ProviderMetadata) -> Result<Jwks, FetchError> {
        let raw = self.json(metadata.jwks_uri.clone(), "keys").await?;
        Jwks::parse(raw).ok_or(FetchError::NoKeys)
    }

    async fn json(&self, url: Url, document: &'static str) -> Result<Value, FetchError> {
        let unreachable = |error: reqwest::Error| FetchError::Unreachable(error.without_url());
        let response = self.0.get(url).send().await.map_err(unreachable)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(FetchError::Status { document, status: response.status().as_u16() });
        }
        let body = read_body(response, MAX_BODY).await.map_err(unreachable)?;
        let body = body.ok_or(FetchError::TooLarge(document))?;
        serde_json::from_slice(&body).map_err(|_| FetchError::NotJson(document))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    /// A provider that closes each connection as soon as a second request comes on it. Its address.
    fn closing() -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map(Result::unwrap) {
                std::thread::spawn(move || {
                    let mut request = [0; 4096];
                    _ = stream.read(&mut request);
                    _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
                    _ = stream.read(&mut request);
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_bound() {
        let answer = |length: usize| Response::from(axum::http::Response::new(vec![b'x'; length]));
        assert_eq!(read_body(answer(0), 10).await.unwrap(), Some(Vec::new()));
        assert_eq!(read_body(answer(10), 10).await.unwrap().map(|body| body.len()), Some(10));
        assert_eq!(read_body(answer(11), 10).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_request_does_not_meet_the_end_of_the_connection_of_another() {
        let (client, provider) = (client().unwrap(), closing());
        for _ in 0..3 {
            let answer = client.post(&provider).send().await.unwrap();
            // It is read to its end, as every answer is: the connection could be used again.
            assert_eq!(read_body(answer, 2).await.unwrap().as_deref(), Some(b"{}".as_slice()));
        }
    }
}
