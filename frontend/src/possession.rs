//! Requests that prove possession of this browser's key ([RFC 9449](https://www.rfc-editor.org/rfc/rfc9449), sections 4, 7
//! and 8).

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::{AbortSignal, Response};

use crate::browser::{FetchError, Key, KeyFault, Reply, Request, now, random_token, read};
use crate::oidc::dpop::{Claims, access_token_hash, signing_input};

/// Where a server says which nonce the next proof must have.
const NONCE: &str = "DPoP-Nonce";

/// What a request shows beside its proof.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) access_token: String,
    /// Whether it is good only with the key.
    pub(crate) is_bound: bool,
}

/// The key of this browser, and what servers have said about it.
#[derive(Default)]
pub(crate) struct Possession {
    key: RefCell<Option<Rc<Key>>>,
    /// By origin, the nonce for the next proof.
    nonces: RefCell<Vec<(String, String)>>,
}

impl Possession {
    /// The key of this browser; a new one where there is none.
    pub(crate) async fn key(&self) -> Result<Rc<Key>, KeyFault> {
        if let Some(key) = &*self.key.borrow() {
            return Ok(Rc::clone(key));
        }
        let key = Rc::new(Key::open().await?);
        self.key.replace(Some(Rc::clone(&key)));
        Ok(key)
    }

    /// Sends a request with these credentials, and reads the answer; each try takes at most `timeout` milliseconds.
    pub(crate) async fn send(
        &self,
        request: &Request<'_>,
        credentials: &Credentials,
        timeout: u32,
    ) -> Result<Reply, FetchError> {
        read(self.open(request, credentials, || AbortSignal::timeout_with_u32(timeout)).await?).await
    }

    /// Sends it and returns as soon as the answer's head is there. `signal` gives what ends a try.
    pub(crate) async fn open(
        &self,
        request: &Request<'_>,
        credentials: &Credentials,
        signal: impl Fn() -> AbortSignal,
    ) -> Result<Response, FetchError> {
        let Credentials { access_token, is_bound } = credentials;
        let authorization = format!("{} {access_token}", if *is_bound { "DPoP" } else { "Bearer" });
        let mut headers = vec![("Authorization", authorization.as_str())];
        headers.extend_from_slice(request.headers);
        let request = Request { headers: &headers, ..request.clone() };
        if *is_bound { self.prove(&request, Some(access_token), signal).await } else { request.open(&signal()).await }
    }

    /// Sends a request to the token endpoint, which is to bind what it gives to the key, or to the revocation endpoint.
    pub(crate) async fn prove_to_provider(&self, request: &Request<'_>, timeout: u32) -> Result<Reply, FetchError> {
        read(self.prove(request, None, || AbortSignal::timeout_with_u32(timeout)).await?).await
    }

    /// With a proof; and once more if the server wants another nonce in it (section 8).
    async fn prove(
        &self,
        request: &Request<'_>,
        access_token: Option<&str>,
        signal: impl Fn() -> AbortSignal,
    ) -> Result<Response, FetchError> {
        let used = self.nonce_for(request.url);
        let response = self.prove_once(request, access_token, &signal()).await?;
        let wants_another = matches!(response.status(), 400 | 401) && self.nonce_for(request.url) != used;
        if wants_another { self.prove_once(request, access_token, &signal()).await } else { Ok(response) }
    }

    async fn prove_once(
        &self,
        request: &Request<'_>,
        access_token: Option<&str>,
        signal: &AbortSignal,
    ) -> Result<Response, FetchError> {
        let proof = self.proof(request, access_token).await.ok_or(FetchError::Unproven)?;
        let mut headers = vec![("DPoP", proof.as_str())];
        headers.extend_from_slice(request.headers);
        let response = Request { headers: &headers, ..request.clone() }.open(signal).await?;
        if let Ok(Some(nonce)) = response.headers().get(NONCE) {
            self.remember(request.url, nonce);
        }
        Ok(response)
    }

    async fn proof(&self, request: &Request<'_>, access_token: Option<&str>) -> Option<String> {
        let key = self.key().await.ok()?;
        let jti = random_token().ok()?;
        let ath = match access_token {
            Some(access_token) => Some(access_token_hash(access_token).await.ok()?),
            None => None,
        };
        let htu = absolute(request.url)?;
        let nonce = self.nonce_for(request.url);
        let claims = Claims {
            jti: &jti,
            htm: request.method.as_str(),
            htu: &htu,
            iat: now(),
            ath: ath.as_deref(),
            nonce: nonce.as_deref(),
        };
        let input = signing_input(&key.point, &claims);
        let signature = key.sign(&input).await.ok()?;
        Some(format!("{input}.{signature}"))
    }

    fn nonce_for(&self, url: &str) -> Option<String> {
        let origin = origin(url);
        self.nonces.borrow().iter().find(|(known, _)| known == origin).map(|(_, nonce)| nonce.clone())
    }

    fn remember(&self, url: &str, nonce: String) {
        let origin = origin(url);
        let mut nonces = self.nonces.borrow_mut();
        nonces.retain(|(known, _)| known != origin);
        nonces.push((origin.to_owned(), nonce));
    }
}

/// Of an absolute address its origin, of a path of this page's origin nothing.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |path| host + path);
    &url[..end]
}

fn absolute(url: &str) -> Option<String> {
    if origin(url).is_empty() {
        let this = web_sys::window()?.location().origin().ok()?;
        Some(format!("{this}{url}"))
    } else {
        Some(url.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_its_own_nonce() {
        let table = [
            ("http://localhost:4000/token", "http://localhost:4000"),
            ("https://op.example?x=/", "https://op.example"),
            ("https://op.example", "https://op.example"),
            ("/api/notes", ""),
        ];
        for (url, expected) in table {
            assert_eq!(origin(url), expected, "{url}");
        }
        let possession = Possession::default();
        assert_eq!(possession.nonce_for("/api/me"), None);
        for (url, nonce) in [("/api/me", "n1"), ("http://localhost:4000/token", "n2"), ("/api/notes", "n3")] {
            possession.remember(url, nonce.to_owned());
        }
        assert_eq!(possession.nonce_for("/api/events").as_deref(), Some("n3"));
        assert_eq!(possession.nonce_for("http://localhost:4000/userinfo").as_deref(), Some("n2"));
        assert_eq!(possession.nonce_for("https://elsewhere.example/"), None);
    }
}
