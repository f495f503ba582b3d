use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use sqlx::SqliteConnection;

use super::change::{Change, forget};
use super::error::RegistrationError;
use super::metadata::Metadata;
use super::response::Information;
use super::{bearer, require_json, to_the_end};
use crate::audit;
use crate::config::RegistrationLimits;
use crate::http::SourceBucket;
use crate::secret::{Opaque, random_id};
use crate::state::Provider;
use crate::store::registered_client::{self, RegisteredClient};

/// How long a client is safe from making room for another, in seconds: its first user may be on the way.
const SAFE: i64 = 60 * 60;

/// `POST /register` ([RFC 7591 section 3](https://www.rfc-editor.org/rfc/rfc7591#section-3))
pub(crate) async fn post(
    State(provider): State<Arc<Provider>>,
    source: SourceBucket,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let owner = Arc::clone(&provider);
    to_the_end(&provider, async move { register(&owner, source, &headers, &body).await }).await
}

async fn register(
    provider: &Provider,
    source: SourceBucket,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, RegistrationError> {
    let limits = provider.registry.registration.as_ref().ok_or(RegistrationError::Off)?;
    let now = provider.clock.now();
    // Before the token is looked at, so that it cannot be guessed.
    provider
        .registrations
        .count(source, limits.in_a_row, now)
        .map_err(|seconds| RegistrationError::TooMany { seconds })?;
    check_initial_access_token(limits, headers)?;
    require_json(headers)?;
    let metadata = Metadata::parse(body, limits)?;
    metadata.check_name(&provider.registry)?;

    let (client_id, access_token) = (random_id()?, Opaque::random()?);
    let secret = metadata.uses_secret().then(Opaque::random).transpose()?;
    let secret_hash = secret.as_ref().map(Opaque::hash);
    let client = metadata.client(&client_id, secret_hash, limits)?;
    let record = RegisteredClient {
        client_id,
        metadata: metadata.to_stored()?,
        secret_hash: secret_hash.map(|hash| hash.as_bytes().to_vec()),
        token_hash: access_token.hash().as_bytes().to_vec(),
        issued_at: now,
    };
    let mut writer = provider.store.writer().await?;
    let mut tx = writer.begin().await?;
    let forgotten = make_room(&mut tx, limits, now).await?;
    registered_client::insert(&mut tx, &record).await?;
    audit::registration(&mut tx, &record.client_id, audit::Registration::Made, now).await?;
    tx.commit().await?;
    provider.registry.set_registered(&record.client_id, Some(Arc::new(client)));
    if let Some((client_id, change)) = forgotten {
        let given_up = change.committed(provider, &writer);
        tracing::warn!(client.id = client_id, "registered client forgotten, to make room: nobody had signed in to it");
        given_up.tell(provider);
    }
    drop(writer);
    tracing::info!(client.id = record.client_id, "client registered");
    let information = Information {
        client_id: &record.client_id,
        client_secret: secret.as_ref().map(Opaque::as_str),
        registration_access_token: access_token.as_str(),
        issued_at: now,
        metadata: &metadata,
    };
    Ok(information.into_response(StatusCode::CREATED, provider))
}

fn check_initial_access_token(limits: &RegistrationLimits, headers: &HeaderMap) -> Result<(), RegistrationError> {
    match &limits.initial_access_token {
        Some(expected) if !bearer(headers).is_some_and(|token| expected.is(token)) => {
            Err(RegistrationError::InitialAccessToken)
        }
        _ => Ok(()),
    }
}

/// The oldest client that nobody has signed in to makes room, unless it is new. Clients that are used stay. The caller
/// commits, and then says so.
async fn make_room(
    conn: &mut SqliteConnection,
    limits: &RegistrationLimits,
    now: i64,
) -> Result<Option<(String, Change)>, RegistrationError> {
    if registered_client::count(conn).await? < i64::from(limits.max_clients) {
        return Ok(None);
    }
    let unused = registered_client::unused(conn, now - SAFE, 1).await?;
    let client_id = unused.into_iter().next().ok_or(RegistrationError::Full)?;
    let change = forget(conn, &client_id, audit::Registration::RoomMade, now).await?;
    Ok(Some((client_id, change)))
}
