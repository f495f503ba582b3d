//! Where an app presents its ID token, once, because its access token names no session.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use logout_event::SessionRef;
use sha2::{Digest as _, Sha256};

use super::judge::{Credentials, local_id};
use super::refusal::{Reason, Refusal};
use super::{AccessTokenClaims, Authenticated};
use crate::id_token::{self, Expected, IdTokenError};
use crate::jws::MAX_TOKEN;
use crate::ledger::BindingTimes;
use crate::response::{error, no_store, temporarily_unavailable};
use crate::{Admission, Jwks, LedgerError, Refresh, RelyingParty};

/// A body that takes longer is given up.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The endpoint at which an app says which session its access token belongs to, where that has no `sid`: the ID token is the
/// whole body of a POST. Put it behind the [`Guard`](super::Guard).
///
/// The ID token is verified by OpenID Connect Core 1.0 sections 3.1.3.7 and 3.1.3.8, for the client that the relying party was
/// opened for. Then the access token belongs to its session, durably, in the transaction that checks the ledger: the guard
/// judges it by that session, and so does a stream that is opened with it. The first session that is named stays.
///
/// | status | body | when |
/// | --- | --- | --- |
/// | 204 | | done, or nothing to do: the access token names its session, or an ID token has named it |
/// | 400 | `{"error":"invalid_id_token",...}` | the ID token breaks a rule; nothing was changed |
/// | 401 | as the guard's | the session has ended: the access token is refused from now on |
/// | 405 | `{"error":"invalid_request",...}` | another method |
/// | 503 | `{"error":"temporarily_unavailable",...}` | the provider's keys or the ledger cannot be had |
///
/// Without `at_hash` the ID token is taken for that of the access token if both have the same `sub`. It may then be one of
/// another session of that user; the access token ends with the one that is named. Nobody else's can be named.
pub fn session_endpoint<S>() -> MethodRouter<S>
where
    RelyingParty: FromRef<S>,
    S: Clone + Send + Sync + 'static,
{
    post(present).fallback(only_post)
}

async fn only_post() -> Response {
    let mut response =
        error(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "an ID token comes by POST, as the body");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

async fn present(State(party): State<RelyingParty>, caller: Authenticated, request: Request<Body>) -> Response {
    if caller.session.sid.is_some() {
        return done();
    }
    let (parts, body) = request.into_parts();
    match bind(&party, &caller, &parts.headers, body).await {
        Ok(Admission::Admitted) => done(),
        Ok(Admission::Ended { event, .. }) => Refusal::Token(Reason::SessionEnded(Some(event.channel))).into_response(),
        Err(refused) => refused.into_response(),
    }
}

fn done() -> Response {
    no_store(StatusCode::NO_CONTENT.into_response())
}

async fn bind(
    party: &RelyingParty,
    caller: &Authenticated,
    headers: &HeaderMap,
    body: Body,
) -> Result<Admission, PresentError> {
    let access_token = Credentials::read(headers)?.token;
    let id_token = read_body(body).await?;
    let session = verify(party, caller, access_token, id_token.trim()).await?;
    let (name, lifetime) = (local_id(&session), party.settings().session_lifetime);
    let times = BindingTimes {
        token_expires_at: caller.claims.usable_until(lifetime),
        session_expires_at: party.clock().now().saturating_add(lifetime),
    };
    Ok(party.bind_token(name_of(access_token, &caller.claims), session, name, times).await?)
}

async fn read_body(body: Body) -> Result<String, IdTokenError> {
    let body = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_TOKEN)).await;
    let body = body.map_err(|_| IdTokenError::Malformed)?.map_err(|_| IdTokenError::TooLarge)?;
    String::from_utf8(body.to_vec()).map_err(|_| IdTokenError::Malformed)
}

/// Verifies, and once more with new keys if the token names one that is not known.
async fn verify(
    party: &RelyingParty,
    caller: &Authenticated,
    access_token: &str,
    id_token: &str,
) -> Result<SessionRef, PresentError> {
    let with = |jwks: &Jwks| {
        let settings = party.settings();
        let expected = Expected {
            issuer: &settings.issuer,
            client_id: &settings.client_id,
            algorithms: &settings.algorithms,
            access_token,
            authenticated: caller,
        };
        id_token::verify(id_token, &jwks.keys, &expected, party.clock().now())
    };
    let jwks = party.jwks().ok_or(Refusal::NoKeys)?;
    match with(&jwks) {
        Err(IdTokenError::UnknownKey) => match party.refresh_keys().await {
            Refresh::Fresh => Ok(with(&*party.jwks().ok_or(Refusal::NoKeys)?)?),
            Refresh::Failed | Refresh::NotAsked => Err(Refusal::NoKeys.into()),
        },
        verified => Ok(verified?),
    }
}

/// The guard's name for an access token: its `jti`, and where there is none a digest of what the provider signed. Not of the
/// whole: of an ECDSA signature anybody can make a second one that is as good, and the copy would be another token.
pub(super) fn name_of(access_token: &str, claims: &AccessTokenClaims) -> String {
    match &claims.jti {
        Some(jti) => format!("jti:{jti}"),
        None => {
            let signed = access_token.rsplit_once('.').map_or(access_token, |(signed, _)| signed);
            format!("sha256:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(signed)))
        }
    }
}

/// Why an access token did not get a session. Nothing was changed.
#[derive(Debug)]
enum PresentError {
    Refused(Refusal),
    IdToken(IdTokenError),
    Ledger(LedgerError),
}

impl From<Refusal> for PresentError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<IdTokenError> for PresentError {
    fn from(error: IdTokenError) -> Self {
        Self::IdToken(error)
    }
}

impl From<LedgerError> for PresentError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl IntoResponse for PresentError {
    fn into_response(self) -> Response {
        let refused = |why: &dyn std::fmt::Display| {
            tracing::debug!(error = %why, "an ID token was refused");
            error(StatusCode::BAD_REQUEST, "invalid_id_token", &why.to_string())
        };
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::IdToken(why) => refused(&why),
            Self::Ledger(why @ LedgerError::BoundToAnother) => refused(&why),
            Self::Ledger(LedgerError::BoundFull) => {
                tracing::error!(error = %LedgerError::BoundFull, "answering 503");
                temporarily_unavailable("no further access token can get a session now: try again later")
            }
            Self::Ledger(error) => error.into_response(),
        }
    }
}
