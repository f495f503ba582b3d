//! Global Token Revocation: ends everything that a user has here, at the word of an administrator's software
//! ([draft-parecki-oauth-global-token-revocation-06](https://datatracker.ietf.org/doc/html/draft-parecki-oauth-global-token-revocation-06)).

mod error;
mod subject;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use error::RevocationError;
use subject::Subject;

use crate::audit::Cause;
use crate::client_authentication::basic_credentials;
use crate::config::{Administrator, Registry};
use crate::end_session::tell_observers;
use crate::end_user::end_everything;
use crate::http::NO_STORE;
use crate::observation::Observation;
use crate::state::Provider;

/// The largest request that is read, in bytes.
pub(crate) const BODY_LIMIT: usize = 8 * 1024;

/// `POST /global-token-revocation`
pub(crate) async fn post(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    match revoke(&provider, &headers, &body).await {
        Ok(()) => (StatusCode::NO_CONTENT, [NO_STORE]).into_response(),
        Err(error) => error.into_response(),
    }
}

/// What has to be revoked is, when this answers; the apps are being told.
async fn revoke(provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<(), RevocationError> {
    let administrator = authenticate(headers, &provider.registry)?;
    require_json(headers)?;
    let subject = Subject::parse(body)?;
    let mut tx = provider.store.begin().await?;
    let sub = subject.find(&mut tx, provider).await?;
    let mut ended = Vec::new();
    // A user who never signed in has nothing.
    if let Some(sub) = sub {
        let cause = Cause::GlobalTokenRevocation { administrator: administrator.id.clone() };
        ended = end_everything(&mut tx, provider, &sub, &cause, provider.clock.now()).await?;
    }
    tx.commit().await?;
    let sessions = ended.len();
    provider.observe(|| Observation::EverythingRevoked { administrator: &administrator.id, sessions });
    tell_observers(provider, &ended);
    provider.back_channel.wake();
    tracing::info!(administrator.id, sessions, "everything of a user revoked");
    Ok(())
}

/// By `client_secret_basic`. GTR-01
fn authenticate<'a>(headers: &HeaderMap, registry: &'a Registry) -> Result<&'a Administrator, RevocationError> {
    let credentials = basic_credentials(headers)?.ok_or(RevocationError::NoAuthentication)?;
    let (id, secret) = (&credentials.id, &credentials.secret);
    match registry.administrator(id).filter(|administrator| administrator.secret.is(secret)) {
        Some(administrator) => Ok(administrator),
        None if is_somebody_else(id, secret, registry) => Err(RevocationError::NoAdministrator),
        None => Err(RevocationError::Authentication),
    }
}

/// Whether an app or an API has proved who it is, which may not do this.
fn is_somebody_else(id: &str, secret: &str, registry: &Registry) -> bool {
    let client = registry.client(id);
    let client = client.as_ref().map(|client| &client.authentication);
    let resource_server = registry.resource_server(id).map(|resource_server| &resource_server.authentication);
    [client, resource_server].into_iter().flatten().any(|known| known.has_secret(secret))
}

fn require_json(headers: &HeaderMap) -> Result<(), RevocationError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(RevocationError::NotJson) }
}
