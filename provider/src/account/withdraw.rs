use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::error::AccountError;
use super::{PATH, Visitor};
use crate::audit::Cause;
use crate::http::see_other;
use crate::observation::{AccountAction, Observation};
use crate::offline_access;
use crate::state::Provider;
use crate::store::session;

/// `POST /account/withdraw`: ends what an app may do while the user is away.
pub(crate) async fn withdraw(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&provider, &headers, &body).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(provider: &Provider, headers: &HeaderMap, body: &Bytes) -> Result<Response, AccountError> {
    let (visitor, params) = Visitor::of_form(provider, headers, body, &["csrf", "client_id"]).await?;
    let client = params.get("client_id").and_then(|client_id| provider.registry.client(client_id));
    let client = client.ok_or(AccountError::UnknownClient)?;
    let client_id = &client.client_id;
    let now = provider.clock.now();
    let mut tx = provider.store.begin().await?;
    let session = session::by_id(&mut tx, visitor.session.id).await?.ok_or(AccountError::NotSignedIn)?;
    offline_access::withdraw(&mut tx, &session.sub, client_id, &Cause::Account, now).await?;
    tx.commit().await?;
    provider.observe(|| Observation::AccountUsed {
        session: &session.public_id,
        sub: &session.sub,
        action: AccountAction::WithdrewOfflineAccess { client: client_id },
    });
    tracing::info!(client.id = client_id, "offline access withdrawn");
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("withdrawn", client_id).finish();
    Ok(see_other(&format!("{PATH}?{query}")))
}
