//! The usual check of an API: the signature and the claims of a JWT (RFC 9068 section 4), and nothing about sign-outs.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use relying_party::Clock;
use serde::Deserialize;

use crate::browser::client;

#[derive(Deserialize)]
pub(crate) struct Claims {
    pub(crate) jti: String,
    pub(crate) exp: u64,
}

/// Verifies with keys that were fetched once.
pub(crate) struct LocalJwt {
    keys: JwkSet,
    validation: Validation,
    clock: Clock,
}

impl LocalJwt {
    pub(crate) async fn new(issuer: &str, audience: &str, clock: Clock) -> Arc<Self> {
        let jwks = client().get(format!("{issuer}/jwks")).send().await.unwrap().bytes().await.unwrap();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        // By the stage's clock instead, which is not the machine's.
        validation.validate_exp = false;
        Arc::new(Self { keys: serde_json::from_slice(&jwks).unwrap(), validation, clock })
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
    }

    pub(crate) fn verify(&self, token: &str) -> Option<Claims> {
        let header = decode_header(token).ok().filter(|header| header.typ.as_deref() == Some("at+jwt"))?;
        let key = DecodingKey::from_jwk(self.keys.find(header.kid.as_deref()?)?).ok()?;
        let claims = decode::<Claims>(token, &key, &self.validation).ok()?.claims;
        (self.now() < claims.exp).then_some(claims)
    }
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

pub(crate) async fn layer(
    State(jwt): State<Arc<LocalJwt>>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    bearer(request.headers()).and_then(|token| jwt.verify(token)).ok_or(StatusCode::UNAUTHORIZED)?;
    Ok(next.run(request).await)
}
