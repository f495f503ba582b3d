//! The token endpoint: [OpenID Connect Core 1.0 section 3.1.3](https://openid.net/specs/openid-connect-core-1_0.html#TokenEndpoint)
//! and [section 12](https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokens).

mod error;
mod exchange;
mod grant;
mod implicit;
mod mint;
mod refresh;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use dpop::ProofError;

pub(crate) use error::TokenError;
use exchange::exchange_code;
pub(crate) use grant::check_key;
pub(crate) use implicit::{DirectGrant, grant_directly};
use mint::TokenResponse;
pub(crate) use mint::{AccessTokenClaims, DirectTokens};
use refresh::exchange_refresh_token;

use crate::client_authentication::authenticate_client;
use crate::config::{Client, GrantType};
use crate::http::{NO_STORE, Params, form_body};
use crate::observation::{self, Observation};
use crate::state::Provider;

const PARAMETERS: &[&str] = &[
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "scope",
];

/// `POST /token`
pub(crate) async fn post(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut asked = Asked::default();
    let response = match answer(&provider, &headers, &body, &mut asked).await {
        // RFC 6749 section 5.1 asks for both headers.
        Ok(tokens) => {
            ([NO_STORE, (header::PRAGMA, HeaderValue::from_static("no-cache"))], Json(tokens)).into_response()
        }
        Err(error) => {
            provider.observe(|| Observation::TokensRefused {
                grant: asked.grant,
                client: asked.client.as_ref().map(|client| client.client_id.as_str()),
                error: error.code(),
            });
            error.into_response()
        }
    };
    provider.with_nonce(&headers, response)
}

/// What is known of a request, should it be refused.
#[derive(Default)]
struct Asked {
    grant: Option<observation::Grant>,
    /// Who has proved who they are.
    client: Option<Arc<Client>>,
}

async fn answer(
    provider: &Provider,
    headers: &HeaderMap,
    body: &Bytes,
    asked: &mut Asked,
) -> Result<TokenResponse, TokenError> {
    let params = Params::parse(form_body(headers, body)?, PARAMETERS)?;
    asked.grant = match params.get("grant_type") {
        Some("authorization_code") => Some(observation::Grant::Code),
        Some("refresh_token") => Some(observation::Grant::RefreshToken),
        _ => None,
    };
    // Before the client: a proof that lacks the nonce is sent again, and with it an assertion that must not be spent yet.
    let jkt = provider.check_proof(headers, "POST", "/token", None)?;
    let client = authenticate_client(provider, headers, &params).await?;
    asked.client = Some(Arc::clone(&client));
    if jkt.is_none() && client.dpop_bound_access_tokens {
        return Err(ProofError::Missing.into());
    }
    let jkt = jkt.as_deref();
    match params.get("grant_type") {
        Some("authorization_code") => exchange_code(provider, &client, &params, jkt).await,
        Some("refresh_token") if client.may_use(GrantType::RefreshToken) => {
            exchange_refresh_token(provider, &client, &params, jkt).await
        }
        Some("refresh_token") => Err(TokenError::UnauthorizedClient),
        Some(_) => Err(TokenError::UnsupportedGrantType),
        None => Err(TokenError::NoGrantType),
    }
}
