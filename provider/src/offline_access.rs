//! Access while the user is away
//! ([OpenID Connect Core 1.0 section 11](https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess)), and its end.
//!
//! It outlives the session (Back-Channel Logout 1.0 section 2.7), and revives none: what it gives after the session's end
//! names no session. See `docs/adr/0004-offline-access-outlives-the-session.md`.

use sqlx::SqliteConnection;

use crate::audit::{self, Cause};
use crate::claims::ClaimsRequest;
use crate::config::Client;
use crate::error::InternalError;
use crate::state::Provider;
use crate::store::offline_consent;
use crate::store::token_family::{self, TokenFamily};

/// The scope that asks for it.
pub(crate) const SCOPE: &str = "offline_access";

/// Whether it is among these scopes, which are separated by spaces.
pub(crate) fn is_in(scope: &str) -> bool {
    scope.split(' ').any(|scope| scope == SCOPE)
}

/// What the user must have allowed for this: the scopes, and those that the claims belong to which are asked for by name.
pub(crate) fn consent_for(scope: &str, claims: &ClaimsRequest) -> String {
    let mut scopes: Vec<&str> = scope.split(' ').collect();
    scopes.extend(claims.scopes().into_iter().filter(|name| !scope.split(' ').any(|scope| scope == *name)));
    scopes.join(" ")
}

/// Whether the app may have what the user was asked for, as things stand now: the code that says so may be older than the
/// user's last word.
pub(crate) async fn is_allowed(
    conn: &mut SqliteConnection,
    client: &Client,
    sub: &str,
    scope: &str,
) -> Result<bool, sqlx::Error> {
    Ok(client.scopes.contains(SCOPE) && offline_consent::covers(conn, sub, &client.client_id, scope).await?)
}

/// An app that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OfflineApp {
    pub(crate) client_id: String,
    /// What users call it.
    pub(crate) name: String,
}

/// The apps that this user has allowed it, and that can use it now.
pub(crate) async fn apps(
    conn: &mut SqliteConnection,
    provider: &Provider,
    sub: &str,
) -> Result<Vec<OfflineApp>, sqlx::Error> {
    let clients = token_family::offline_clients(conn, sub, provider.clock.now()).await?;
    let app = |client_id: String| {
        let name = provider.registry.client(&client_id)?.name.clone();
        Some(OfflineApp { client_id, name })
    };
    Ok(clients.into_iter().filter_map(app).collect())
}

/// Ends it for this user and app, and forgets that it was allowed. The caller commits.
pub(crate) async fn withdraw(
    conn: &mut SqliteConnection,
    sub: &str,
    client_id: &str,
    cause: &Cause,
    now: i64,
) -> Result<(), sqlx::Error> {
    let was_allowed = offline_consent::delete(conn, sub, client_id).await?;
    let was_used = token_family::revoke_offline(conn, sub, client_id, now).await?;
    if was_allowed || was_used {
        audit::offline_access_ended(conn, sub, client_id, cause, now).await?;
    }
    Ok(())
}

/// Takes back everything that one authorization gave; if that was to outlive the session, it is on record. The caller
/// commits.
pub(crate) async fn revoke_family(
    conn: &mut SqliteConnection,
    family_id: i64,
    family: &TokenFamily,
    cause: &Cause,
    now: i64,
) -> Result<(), sqlx::Error> {
    token_family::revoke(conn, family_id, now).await?;
    match &family.offline_sub {
        Some(sub) if family.revoked_at.is_none() => {
            audit::offline_access_ended(conn, sub, &family.client_id, cause, now).await
        }
        _ => Ok(()),
    }
}

/// Ends it for this user, whatever app has it. The caller commits.
pub(crate) async fn withdraw_all(
    conn: &mut SqliteConnection,
    sub: &str,
    cause: &Cause,
    now: i64,
) -> Result<(), sqlx::Error> {
    for client_id in token_family::all_offline_clients(conn, sub).await? {
        withdraw(conn, sub, &client_id, cause, now).await?;
    }
    Ok(())
}

/// Ends what users and apps have that the configuration does not have any more, or not for this; it does not come back with
/// them.
pub(crate) async fn withdraw_unconfigured(provider: &Provider) -> Result<(), InternalError> {
    let registry = &provider.registry;
    let mut tx = provider.store.begin().await?;
    for (sub, username, client_id) in offline_consent::all(&mut tx).await? {
        let may = registry.client(&client_id).is_some_and(|client| client.scopes.contains(SCOPE));
        if !may || registry.user(&username).is_none() {
            withdraw(&mut tx, &sub, &client_id, &Cause::Configuration, provider.clock.now()).await?;
            tracing::info!(client.id = client_id, "offline access ended: it is no longer configured");
        }
    }
    Ok(tx.commit().await?)
}
