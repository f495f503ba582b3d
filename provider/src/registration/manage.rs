//! The client configuration endpoint: [RFC 7592 section 2](https://www.rfc-editor.org/rfc/rfc7592#section-2).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::IgnoredAny;
use sqlx::SqliteConnection;

use super::change::{forget, replace};
use super::error::RegistrationError;
use super::metadata::Metadata;
use super::response::Information;
use super::{bearer, require_json, to_the_end};
use crate::audit;
use crate::config::RegistrationLimits;
use crate::http::{NO_STORE, SourceBucket};
use crate::secret::{Hash, Opaque};
use crate::state::Provider;
use crate::store::registered_client::{self, RegisteredClient};

/// `GET /register/{client_id}`
pub(crate) async fn get(
    State(provider): State<Arc<Provider>>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    read(&provider, &client_id, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

/// `PUT /register/{client_id}`
pub(crate) async fn put(
    State(provider): State<Arc<Provider>>,
    Path(client_id): Path<String>,
    source: SourceBucket,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let owner = Arc::clone(&provider);
    to_the_end(&provider, async move { change(&owner, &client_id, source, &headers, &body).await }).await
}

/// `DELETE /register/{client_id}`
pub(crate) async fn delete(
    State(provider): State<Arc<Provider>>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let owner = Arc::clone(&provider);
    to_the_end(&provider, async move { remove(&owner, &client_id, &headers).await }).await
}

async fn read(provider: &Provider, client_id: &str, headers: &HeaderMap) -> Result<Response, RegistrationError> {
    let limits = limits(provider)?;
    let access_token = bearer(headers).ok_or(RegistrationError::AccessToken)?;
    let mut conn = provider.store.read().await?;
    let record = authenticate(&mut conn, client_id, access_token).await?;
    drop(conn);
    let metadata = Metadata::parse(record.metadata.as_bytes(), limits)?;
    let information = Information {
        client_id,
        client_secret: None,
        registration_access_token: access_token,
        issued_at: record.issued_at,
        metadata: &metadata,
    };
    Ok(information.into_response(StatusCode::OK, provider))
}

/// What is not sent again is registered no longer (section 2.2).
async fn change(
    provider: &Provider,
    client_id: &str,
    source: SourceBucket,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, RegistrationError> {
    let limits = limits(provider)?;
    let access_token = bearer(headers).ok_or(RegistrationError::AccessToken)?;
    // Without the write lock, for which those who may would have to wait.
    authenticate(&mut *provider.store.read().await?, client_id, access_token).await?;
    // Like registrations: each leaves an entry in the audit log, out of which nobody must be able to push others. Whoever
    // may not change anything does not count, or he could keep those from it who may.
    let counted = provider.registrations.count(source, limits.in_a_row, provider.clock.now());
    counted.map_err(|seconds| RegistrationError::TooMany { seconds })?;
    require_json(headers)?;
    let identity = Identity::parse(body, client_id)?;
    let metadata = Metadata::parse(body, limits)?;
    metadata.check_name(&provider.registry)?;

    let mut writer = provider.store.writer().await?;
    let mut tx = writer.begin().await?;
    let record = authenticate(&mut tx, client_id, access_token).await?;
    let known = record.secret_hash.as_deref().and_then(Hash::stored);
    identity.check_secret(known)?;
    let secret = match (metadata.uses_secret(), known) {
        (false, _) => Secret { hash: None, shown: None },
        (true, Some(known)) => Secret { hash: Some(known), shown: identity.client_secret },
        (true, None) => {
            let made = Opaque::random()?;
            Secret { hash: Some(made.hash()), shown: Some(made.as_str().to_owned()) }
        }
    };
    let change = replace(&mut tx, provider, &record, &metadata, secret.hash, provider.clock.now()).await?;
    tx.commit().await?;
    let given_up = change.committed(provider, &writer);
    drop(writer);
    tracing::info!(client.id = client_id, "client changed its registration");
    given_up.tell(provider);
    let information = Information {
        client_id,
        client_secret: secret.shown.as_deref(),
        registration_access_token: access_token,
        issued_at: record.issued_at,
        metadata: &metadata,
    };
    Ok(information.into_response(StatusCode::OK, provider))
}

async fn remove(provider: &Provider, client_id: &str, headers: &HeaderMap) -> Result<Response, RegistrationError> {
    limits(provider)?;
    let access_token = bearer(headers).ok_or(RegistrationError::AccessToken)?;
    authenticate(&mut *provider.store.read().await?, client_id, access_token).await?;
    let mut writer = provider.store.writer().await?;
    let mut tx = writer.begin().await?;
    authenticate(&mut tx, client_id, access_token).await?;
    let change = forget(&mut tx, client_id, audit::Registration::Deleted, provider.clock.now()).await?;
    tx.commit().await?;
    let given_up = change.committed(provider, &writer);
    drop(writer);
    tracing::info!(client.id = client_id, "client deleted its registration");
    given_up.tell(provider);
    Ok((StatusCode::NO_CONTENT, [NO_STORE]).into_response())
}

fn limits(provider: &Provider) -> Result<&RegistrationLimits, RegistrationError> {
    provider.registry.registration.as_ref().ok_or(RegistrationError::Off)
}

/// Section 2: who holds the registration access token. Whoever does not learns nothing of whether there is such a client.
async fn authenticate(
    conn: &mut SqliteConnection,
    client_id: &str,
    access_token: &str,
) -> Result<RegisteredClient, RegistrationError> {
    let record = registered_client::by_id(conn, client_id).await?.ok_or(RegistrationError::AccessToken)?;
    let is_own = Hash::stored(&record.token_hash).is_some_and(|hash| hash.is(access_token));
    if is_own { Ok(record) } else { Err(RegistrationError::AccessToken) }
}

struct Secret {
    hash: Option<Hash>,
    shown: Option<String>,
}

/// What a change says of whose it is (section 2.2).
#[derive(Deserialize)]
struct Identity {
    client_id: Option<String>,
    client_secret: Option<String>,
    client_secret_expires_at: Option<IgnoredAny>,
    client_id_issued_at: Option<IgnoredAny>,
    registration_access_token: Option<IgnoredAny>,
    registration_client_uri: Option<IgnoredAny>,
}

impl Identity {
    fn parse(body: &[u8], client_id: &str) -> Result<Self, RegistrationError> {
        let identity: Self = serde_json::from_slice(body).map_err(RegistrationError::Malformed)?;
        let decided_here = [
            ("client_secret_expires_at", &identity.client_secret_expires_at),
            ("client_id_issued_at", &identity.client_id_issued_at),
            ("registration_access_token", &identity.registration_access_token),
            ("registration_client_uri", &identity.registration_client_uri),
        ];
        if let Some((key, _)) = decided_here.into_iter().find(|(_, value)| value.is_some()) {
            return Err(RegistrationError::NotTheClients(key));
        }
        if identity.client_id.as_deref() == Some(client_id) {
            Ok(identity)
        } else {
            Err(RegistrationError::OtherClient)
        }
    }

    /// The client cannot choose its secret.
    fn check_secret(&self, known: Option<Hash>) -> Result<(), RegistrationError> {
        match &self.client_secret {
            Some(secret) if !known.is_some_and(|known| known.is(secret)) => Err(RegistrationError::OtherSecret),
            _ => Ok(()),
        }
    }
}
