//! The revocation endpoint: [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009). What is bound to a key (RFC 9449) comes with a
//! proof of it here as well: who has copied it can do nothing with it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::audit::Cause;
use crate::client_authentication::authenticate_client;
use crate::config::Client;
use crate::http::{NO_STORE, Params, form_body};
use crate::keys::Typ;
use crate::offline_access;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::{refresh_token, token_family};
use crate::token::{AccessTokenClaims, TokenError, check_key};

/// `token_type_hint` is not read: a token shows what it is.
const PARAMETERS: &[&str] = &["client_assertion", "client_assertion_type", "client_id", "client_secret", "token"];

/// `POST /revoke`
pub(crate) async fn post(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    let response = match revoke(&provider, &headers, &body).await {
        Ok(()) => (StatusCode::OK, [NO_STORE]).into_response(),
        Err(error) => error.into_response(),
    };
    provider.with_nonce(&headers, response)
}

/// A token that is not known is good for nothing already, so that is a success (section 2.2).
async fn revoke(provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<(), TokenError> {
    let params = Params::parse(form_body(headers, body)?, PARAMETERS)?;
    // Before the client: what proves who it is may be good once, and the first proof is asked for again with a nonce.
    let jkt = provider.check_proof(headers, "POST", "/revoke", None)?;
    let client = authenticate_client(provider, headers, &params).await?;
    let token = params.get("token").ok_or(TokenError::NoToken)?;
    match provider.keys.verify::<AccessTokenClaims>(Typ::Access, token) {
        Ok(claims) => revoke_access_token(provider, &client, &claims, jkt.as_deref()).await,
        Err(_) => revoke_refresh_token(provider, &client, token, jkt.as_deref()).await,
    }
}

/// The token alone: the app may still renew. APIs that verify tokens by themselves take it until it expires.
async fn revoke_access_token(
    provider: &Provider,
    client: &Client,
    claims: &AccessTokenClaims,
    jkt: Option<&str>,
) -> Result<(), TokenError> {
    if claims.client_id != client.client_id {
        return Err(TokenError::ForeignToken);
    }
    check_key(claims.cnf.as_ref().map(|cnf| cnf.jkt.as_str()), jkt)?;
    let mut tx = provider.store.begin().await?;
    token_family::delete_access_token(&mut tx, &claims.jti).await?;
    Ok(tx.commit().await?)
}

/// With everything that came of the same authorization (section 2.1).
async fn revoke_refresh_token(
    provider: &Provider,
    client: &Client,
    token: &str,
    jkt: Option<&str>,
) -> Result<(), TokenError> {
    let mut tx = provider.store.begin().await?;
    let Some(token) = refresh_token::find(&mut tx, Opaque::presented(token).hash()).await? else { return Ok(()) };
    let Some(family) = token_family::by_id(&mut tx, token.family_id).await? else { return Ok(()) };
    if family.client_id != client.client_id {
        return Err(TokenError::ForeignToken);
    }
    check_key(family.jkt.as_deref(), jkt)?;
    let cause = Cause::Revocation { client_id: family.client_id.clone() };
    offline_access::revoke_family(&mut tx, token.family_id, &family, &cause, provider.clock.now()).await?;
    Ok(tx.commit().await?)
}
