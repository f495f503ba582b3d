//! The `backchannel_logout_uri` (OpenID Connect Back-Channel Logout 1.0 sections 2.5 to 2.8).

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, FromRequest, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use thiserror::Error;

use crate::logout_token::{self, Expected, LogoutTokenError, VerifiedLogoutToken};
use crate::response::{error, invalid_request, no_store, temporarily_unavailable};
use crate::{Jwks, Observation, Refresh, RelyingParty};

/// A body with a logout token of the greatest length and a few more parameters, in bytes.
const MAX_BODY: usize = 32 * 1024;

/// A body that takes longer is given up.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The whole endpoint: [`back_channel_logout`] for a POST, and 405 for anything else, as JSON that nothing may cache
/// (section 2.8).
///
/// ```
/// # use axum::Router;
/// # use relying_party::{RelyingParty, back_channel_endpoint};
/// let app: Router<RelyingParty> = Router::new().route("/logout/back-channel", back_channel_endpoint());
/// ```
pub fn back_channel_endpoint<S>() -> MethodRouter<S>
where
    RelyingParty: FromRef<S>,
    S: Clone + Send + Sync + 'static,
{
    post(back_channel_logout).fallback(only_post)
}

async fn only_post() -> Response {
    let mut response =
        error(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "a logout token comes by POST, in a form");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

/// The handler: verifies the logout token, records the sign-out, tells the tabs, and answers 200.
pub async fn back_channel_logout(State(party): State<RelyingParty>, token: VerifiedLogoutToken) -> Response {
    match party.end_by_token(&token).await {
        Ok(_ended) => no_store(StatusCode::OK.into_response()),
        Err(error) => error.into_response(),
    }
}

/// Why a back-channel request was refused. Nothing has changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BackChannelRejection {
    /// The body is not `application/x-www-form-urlencoded`.
    #[error("the request is not application/x-www-form-urlencoded")]
    ContentType,
    /// The body is too long, too slow, or was cut off.
    #[error("the request's body is too long or incomplete")]
    Body,
    /// There is no `logout_token`, or more than one.
    #[error("the request does not have exactly one logout_token")]
    NotOneToken,
    /// The token breaks a rule.
    #[error(transparent)]
    Token(#[from] LogoutTokenError),
    /// The provider's keys are not known, or cannot be fetched now to look for the token's: 503.
    #[error("the provider's keys cannot be had now")]
    NoKeys,
}

impl IntoResponse for BackChannelRejection {
    fn into_response(self) -> Response {
        tracing::warn!(logout.channel = "back-channel", logout.outcome = "refused", error = %self, "sign-out");
        match self {
            Self::NoKeys => temporarily_unavailable("the provider's keys cannot be had now: try again"),
            _ => invalid_request(&self.to_string()),
        }
    }
}

impl<S> FromRequest<S> for VerifiedLogoutToken
where
    RelyingParty: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = BackChannelRejection;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Self, Self::Rejection> {
        let party = RelyingParty::from_ref(state);
        let received = receive(&party, request).await;
        party.observe(|| match &received {
            Ok(token) => token.observed(),
            Err(error) => Observation::LogoutTokenRefused { error },
        });
        received
    }
}

async fn receive(party: &RelyingParty, request: Request<Body>) -> Result<VerifiedLogoutToken, BackChannelRejection> {
    check_content_type(&request)?;
    let body = read_body(request).await?;
    let token = only_logout_token(&body)?;
    verify(party, &token).await
}

fn check_content_type(request: &Request<Body>) -> Result<(), BackChannelRejection> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(())
    } else {
        Err(BackChannelRejection::ContentType)
    }
}

async fn read_body(request: Request<Body>) -> Result<Vec<u8>, BackChannelRejection> {
    let body = tokio::time::timeout(BODY_TIMEOUT, to_bytes(request.into_body(), MAX_BODY)).await;
    Ok(body.map_err(|_| BackChannelRejection::Body)?.map_err(|_| BackChannelRejection::Body)?.to_vec())
}

/// Other parameters are ignored (section 2.5); which of two tokens is meant, nobody can know.
fn only_logout_token(body: &[u8]) -> Result<String, BackChannelRejection> {
    let mut tokens = url::form_urlencoded::parse(body).filter(|(name, _)| name == "logout_token");
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Ok(token.into_owned()),
        _ => Err(BackChannelRejection::NotOneToken),
    }
}

/// Verifies, and once more with new keys if the token names one that is not known.
async fn verify(party: &RelyingParty, token: &str) -> Result<VerifiedLogoutToken, BackChannelRejection> {
    let with = |jwks: &Jwks| {
        let settings = party.settings();
        let expected =
            Expected { issuer: &settings.issuer, client_id: &settings.client_id, algorithms: &settings.algorithms };
        logout_token::verify(token, &jwks.keys, &expected, party.clock().now())
    };
    let jwks = party.jwks().ok_or(BackChannelRejection::NoKeys)?;
    match with(&jwks) {
        Err(LogoutTokenError::UnknownKey) => match party.refresh_keys().await {
            Refresh::Fresh => {
                let jwks = party.jwks().ok_or(BackChannelRejection::NoKeys)?;
                Ok(with(&jwks)?)
            }
            Refresh::Failed | Refresh::NotAsked => Err(BackChannelRejection::NoKeys),
        },
        verified => Ok(verified?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// BCL-08, BCL-09, T-30
    #[test]
    fn exactly_one_token_and_whatever_else() {
        for (body, expected) in [
            ("logout_token=a.b.c", Some("a.b.c")),
            ("new_thing=1&logout_token=a.b.c&new_thing=2", Some("a.b.c")),
            ("logout%5Ftoken=a%2Eb.c", Some("a.b.c")),
            ("logout_token=a.b.c&logout_token=a.b.c", None),
            ("logout_token=a.b.c&logout%5Ftoken=d.e.f", None),
            ("LOGOUT_TOKEN=a.b.c", None),
            ("", None),
        ] {
            assert_eq!(only_logout_token(body.as_bytes()).ok().as_deref(), expected, "{body}");
        }
    }

    /// The names of the variants, by an exhaustive match: a new one does not compile until it is listed, and is then
    /// asked for in the vectors.
    macro_rules! variants {
        ($error:ident, $($variant:ident $(($inner:ident))?),+) => {{
            const fn _every_variant_is_listed(error: &$error) {
                match error { $($error::$variant $(($inner))? => ()),+ }
            }
            [$(stringify!($variant)),+].as_slice()
        }};
    }

    /// BCL-29..36, BCL-38, BCL-39, T-30
    #[test]
    fn every_error_has_a_vector() {
        let files = [
            include_str!("../tests/vectors/refused-signatures.json"),
            include_str!("../tests/vectors/refused-claims.json"),
            include_str!("../tests/vectors/refused-requests.json"),
        ];
        let vectors = files.into_iter().flat_map(|file| serde_json::from_str::<Vec<serde_json::Value>>(file).unwrap());
        let refused: Vec<String> = vectors.map(|vector| vector["refused"].as_str().unwrap().to_owned()).collect();
        let requests = variants!(BackChannelRejection, ContentType, Body, NotOneToken, Token(_error), NoKeys);
        let tokens = variants!(
            LogoutTokenError,
            TooLarge,
            Malformed,
            Encrypted,
            Algorithm,
            UnknownKey,
            Signature,
            Type,
            Issuer,
            Audience,
            IssuedAt,
            IssuedInFuture,
            TooOld,
            Expired,
            JwtId,
            NoSubject,
            Subject,
            Events,
            TimeOfEvent,
            Nonce
        );
        // `Token` is what the second list is about; without keys, no request is judged at all.
        let requests = requests.iter().filter(|name| !["Token", "NoKeys"].contains(name));
        for name in requests.chain(tokens) {
            assert!(refused.iter().any(|refused| refused == name), "no vector is refused for {name}");
        }
    }
}
