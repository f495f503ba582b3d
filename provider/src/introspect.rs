//! The introspection endpoint: [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662), for APIs with credentials of their own.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::client_authentication::authenticate_api;
use crate::http::{NO_STORE, Params, form_body};
use crate::keys::Typ;
use crate::observation::Observation;
use crate::state::Provider;
use crate::store::token_family;
use crate::token::{AccessTokenClaims, TokenError};

/// `token_type_hint` is not read: an API is presented access tokens only.
const PARAMETERS: &[&str] = &["client_assertion", "client_assertion_type", "client_id", "client_secret", "token"];

/// What is said of a token (section 2.2): of one that is not good, or not for this API, nothing but that.
#[derive(Serialize)]
struct Introspection {
    active: bool,
    #[serde(flatten)]
    token: Option<Active>,
}

#[derive(Serialize)]
struct Active {
    token_type: &'static str,
    #[serde(flatten)]
    claims: AccessTokenClaims,
}

/// `POST /introspect`
pub(crate) async fn post(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    match introspect(&provider, &headers, &body).await {
        Ok(token) => {
            let active = token.is_some();
            provider.observe(|| Observation::Introspected { active });
            ([NO_STORE], Json(Introspection { active, token })).into_response()
        }
        Err(error) => {
            provider.observe(|| Observation::IntrospectionRefused { error: error.code() });
            error.into_response()
        }
    }
}

async fn introspect(provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<Option<Active>, TokenError> {
    let params = Params::parse(form_body(headers, body)?, PARAMETERS)?;
    let resource_server = authenticate_api(provider, headers, &params).await?;
    let token = params.get("token").ok_or(TokenError::NoToken)?;
    let Ok(claims) = provider.keys.verify::<AccessTokenClaims>(Typ::Access, token) else { return Ok(None) };
    let now = provider.clock.now();
    if claims.iss != provider.issuer || claims.aud != resource_server.audience || now >= claims.exp {
        return Ok(None);
    }
    let mut conn = provider.store.read().await?;
    if !token_family::is_access_token_live(&mut conn, &claims.jti, now).await? {
        return Ok(None);
    }
    let token_type = if claims.cnf.is_some() { "DPoP" } else { "Bearer" };
    Ok(Some(Active { token_type, claims }))
}
