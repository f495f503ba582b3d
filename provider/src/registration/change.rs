//! What begins and ends with a registration. The copy in memory changes after the commit, and before anybody else can write:
//! whoever writes afterwards finds the one and the other, and a commit that fails has changed neither.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::error::RegistrationError;
use super::metadata::Metadata;
use crate::audit::{self, Cause};
use crate::config::{Client, RegistrationLimits};
use crate::end_session::{GivenUp, give_up_all};
use crate::error::InternalError;
use crate::offline_access;
use crate::secret::Hash;
use crate::state::Provider;
use crate::store::Writer;
use crate::store::registered_client::{self, RegisteredClient};
use crate::store::{authorization_code, session_consent, token_family};

/// How many are forgotten in one transaction, so that requests get their turn in between.
const BATCH: i64 = 50;

/// Reads what is registered, at the start. What the configuration does not allow any more stays where it is, unknown to
/// everybody, until it does again.
pub(crate) async fn load(provider: &Provider) -> Result<(), InternalError> {
    let Some(limits) = &provider.registry.registration else { return Ok(()) };
    warn_of_dangers(limits);
    for record in registered_client::all(&mut *provider.store.read().await?).await? {
        let secret = record.secret_hash.as_deref().and_then(Hash::stored);
        let metadata = Metadata::parse(record.metadata.as_bytes(), limits);
        match metadata.and_then(|metadata| metadata.client(&record.client_id, secret, limits)) {
            Ok(client) => provider.registry.set_registered(&record.client_id, Some(Arc::new(client))),
            Err(error) => {
                tracing::warn!(client.id = record.client_id, %error, "registered client left out: it is not allowed now");
            }
        }
    }
    Ok(())
}

/// What a transaction does to a client, beside what it stores.
#[must_use]
pub(super) struct Change {
    client_id: String,
    /// `None`: there is no such client any more.
    client: Option<Arc<Client>>,
    given_up: GivenUp,
}

impl Change {
    /// Changes the copy in memory as well, once the transaction is committed. Gives what is to be told of.
    pub(super) fn committed(self, provider: &Provider, _nobody_writes: &Writer) -> GivenUp {
        provider.registry.set_registered(&self.client_id, self.client);
        self.given_up
    }
}

fn warn_of_dangers(limits: &RegistrationLimits) {
    if limits.guard.danger_allow_loopback {
        tracing::warn!("danger_allow_loopback is on: apps that register themselves can have this machine called");
    }
    if limits.guard.danger_allow_private_addresses {
        tracing::warn!(
            "danger_allow_private_addresses is on: apps that register themselves can have this machine and its network called"
        );
    }
    if limits.allow_implicit_flow {
        tracing::warn!("danger_allow_implicit_flow is on: apps can have tokens sent in the addresses of pages");
    }
}

/// Gives a client other metadata, and ends what it may not have by them. The caller commits, and then says so.
pub(super) async fn replace(
    conn: &mut SqliteConnection,
    provider: &Provider,
    record: &RegisteredClient,
    metadata: &Metadata,
    secret: Option<Hash>,
    now: i64,
) -> Result<Change, RegistrationError> {
    let client_id = &record.client_id;
    let limits = provider.registry.registration.as_ref().ok_or(RegistrationError::Off)?;
    let client = metadata.client(client_id, secret, limits)?;
    // One that could not be read any more had whatever it had by rules that are not these.
    let before = Metadata::parse(record.metadata.as_bytes(), limits);
    if before.map_or(true, |before| metadata.takes_from(&before)) {
        end_grants(conn, client_id, now).await?;
    }
    // What users allowed was to an app of another name, or at another place.
    session_consent::delete_of_client(conn, client_id).await?;
    let given_up = match metadata.backchannel_logout_uri {
        Some(_) => GivenUp::default(),
        None => give_up_all(conn, client_id, now).await?,
    };
    audit::registration(conn, client_id, audit::Registration::Changed, now).await?;
    registered_client::update(conn, client_id, &metadata.to_stored()?, secret).await?;
    Ok(Change { client_id: client_id.clone(), client: Some(Arc::new(client)), given_up })
}

/// Ends a client, everything that it was given, and what it is owed (RFC 7592 section 2.3). Sessions that reached it go on,
/// and still say so when they end. The caller commits, and then says so.
pub(super) async fn forget(
    conn: &mut SqliteConnection,
    client_id: &str,
    why: audit::Registration,
    now: i64,
) -> Result<Change, sqlx::Error> {
    end_grants(conn, client_id, now).await?;
    audit::registration(conn, client_id, why, now).await?;
    session_consent::delete_of_client(conn, client_id).await?;
    let given_up = give_up_all(conn, client_id, now).await?;
    registered_client::delete(conn, client_id).await?;
    Ok(Change { client_id: client_id.to_owned(), client: None, given_up })
}

/// Codes, tokens, and access while users are away.
async fn end_grants(conn: &mut SqliteConnection, client_id: &str, now: i64) -> Result<(), sqlx::Error> {
    authorization_code::delete_of_client(conn, client_id).await?;
    let cause = Cause::Registration { client_id: client_id.to_owned() };
    for sub in token_family::offline_users(conn, client_id).await? {
        offline_access::withdraw(conn, &sub, client_id, &cause, now).await?;
    }
    token_family::revoke_of_client(conn, client_id, now).await
}

/// Forgets the clients that nobody has signed in to for too long.
pub(crate) async fn expire_unused(provider: &Provider, now: i64) -> Result<(), InternalError> {
    let Some(limits) = &provider.registry.registration else { return Ok(()) };
    loop {
        let mut writer = provider.store.writer().await?;
        let mut tx = writer.begin().await?;
        let unused = registered_client::unused(&mut tx, now - limits.unused_lifetime, BATCH).await?;
        let mut changes = Vec::new();
        for client_id in &unused {
            changes.push(forget(&mut tx, client_id, audit::Registration::Unused, now).await?);
        }
        tx.commit().await?;
        for (client_id, change) in unused.iter().zip(changes) {
            let given_up = change.committed(provider, &writer);
            tracing::info!(client.id = client_id, "registered client forgotten: nobody had signed in to it");
            given_up.tell(provider);
        }
        if unused.is_empty() {
            return Ok(());
        }
    }
}
