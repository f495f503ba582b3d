//! The guard of an API: bearer access tokens in, requests of live sessions through.

mod access_token;
mod authenticated;
mod judge;
mod refusal;
mod session;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request};
use axum::response::{IntoResponse, Response};
use dpop::Proofs;
use moka::sync::Cache;
use tower_layer::Layer;
use tower_service::Service;

pub use access_token::{AccessTokenClaims, Binding};
pub use authenticated::{Authenticated, NotGuarded};
pub use session::session_endpoint;

use crate::RelyingParty;
use judge::{Checked, Presented, TokenHash};

/// How many verified tokens are remembered.
const CACHE_CAPACITY: u64 = 10_000;

/// A tower layer that lets requests with a good access token pass and gives their handlers [`Authenticated`].
///
/// It checks the signature, `typ`, `iss` and `aud`, then whether the session has ended or the token was revoked, then
/// `exp`, `iat` and `nbf`, then the scope, and last the proof of a key: a token of an ended session is always refused as
/// `session_ended`. What cannot change about a token is remembered; the rest is asked, in memory, at every request. The first
/// request of a token puts its session into the index, in the transaction that checks the ledger. Refusals:
///
/// | status | body | when |
/// | --- | --- | --- |
/// | 401 | `{"error":"invalid_token","reason":...}`, the same `reason` in `WWW-Authenticate`; with `session_ended` the `channel` by which the API heard | `session_ended`, `expired`, `invalid`, or `proof`: the token is bound to a key that the request does not prove; with `"key":"other"` where it proves another |
/// | 403 | `{"error":"insufficient_scope",...}` | the token lacks the scope |
/// | 400 | `{"error":"invalid_request",...}` | two `Authorization` headers |
/// | 503 | `{"error":"temporarily_unavailable",...}`, `Retry-After` | the provider's keys or the ledger cannot be had, or too many proofs came at once |
///
/// Tokens that are bound to a key (RFC 9449) need [`Guard::prove_possession`]; without it, they are refused. An answer to a
/// request with a proof has the nonce for the next one in `DPoP-Nonce`.
///
/// A token without `sid` is of no session that the guard knows, and passes until a sign-out names its user, or it expires. Let
/// the app present its ID token at [`session_endpoint`]: from then on the token is judged by the session named there, and
/// [`Authenticated::session`] is that one.
///
/// A sub-only sign-out is matched by the token's `auth_time`, for which `iat` stands in where a provider sends none, or a
/// later one.
#[derive(Clone, Debug)]
pub struct Guard {
    party: RelyingParty,
    audience: Arc<str>,
    scope: Option<Arc<str>>,
    typed: bool,
    checked: Cache<TokenHash, Arc<Checked>>,
    possession: Option<Possession>,
}

/// How proofs of possession are checked.
#[derive(Clone, Debug)]
struct Possession {
    /// Where clients find the API: scheme, host and port.
    origin: Arc<str>,
    proofs: Arc<Proofs>,
}

impl Guard {
    /// Takes access tokens whose `aud` names `audience` and whose `typ` is `at+jwt` (RFC 9068).
    #[must_use]
    pub fn new(party: RelyingParty, audience: impl Into<Arc<str>>) -> Self {
        let checked = Cache::new(CACHE_CAPACITY);
        Self { party, audience: audience.into(), scope: None, typed: true, checked, possession: None }
    }

    /// Requires this scope, beside all else; a second call replaces the first. Clones with different scopes share what they
    /// remember of tokens.
    #[must_use]
    pub fn require_scope(mut self, scope: impl Into<Arc<str>>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Takes tokens that are bound to a key too, with a proof of it (RFC 9449 section 7).
    ///
    /// `origin` is where clients find the API: scheme, host and port, without a slash at the end. With the request's path
    /// it makes the URL that a proof must name. Clones share the nonces and the memory of the proofs that were seen, and
    /// each proof is good for one request, so use clones where one API has several guards.
    ///
    /// # Errors
    /// The machine has no randomness to make nonces of.
    pub fn prove_possession(mut self, origin: impl Into<Arc<str>>) -> Result<Self, dpop::RandomError> {
        self.possession = Some(Possession { origin: origin.into(), proofs: Arc::new(Proofs::new()?) });
        Ok(self)
    }

    /// Takes tokens of any `typ`, and without `jti`: for providers that do not follow RFC 9068.
    ///
    /// Any token that the provider signs for this audience then passes: use an audience that is not a client identifier,
    /// or an ID token is as good as an access token.
    #[must_use]
    pub fn danger_accept_untyped_tokens(mut self) -> Self {
        self.typed = false;
        self.checked = Cache::new(CACHE_CAPACITY);
        self
    }
}

impl Guard {
    /// For whoever sent a proof.
    fn next_nonce(&self, headers: &HeaderMap) -> Option<(HeaderName, HeaderValue)> {
        let possession = self.possession.as_ref().filter(|_| dpop::has_proof(headers))?;
        Some(possession.proofs.nonce(self.party.clock().now()))
    }
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { guard: self.clone(), inner }
    }
}

/// A service behind a [`Guard`].
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    guard: Guard,
    inner: S,
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let guard = self.guard.clone();
        let ready = self.inner.clone();
        // The one that was polled ready is used; the clone takes its place (tower's rule).
        let mut inner = std::mem::replace(&mut self.inner, ready);
        Box::pin(async move {
            let nonce = guard.next_nonce(request.headers());
            let mut response = match guard.judge(&Presented::by(&request)).await {
                Ok(authenticated) => {
                    request.extensions_mut().insert(authenticated);
                    inner.call(request).await?
                }
                Err(refusal) => refusal.into_response(),
            };
            response.headers_mut().extend(nonce);
            Ok(response)
        })
    }
}
