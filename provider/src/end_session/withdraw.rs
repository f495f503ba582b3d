use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::error::EndSessionError;
use super::result::result_path;
use crate::audit::Cause;
use crate::http::{Browser, Params, form_body, require_same_origin, see_other};
use crate::observation::Observation;
use crate::offline_access;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::logout;

/// `POST /end_session/result/{handle}/withdraw`: the user ends what an app could do while they are away. They are signed out,
/// so it is the page of their sign-out that speaks for them; whoever else holds its address can end access, and get none.
pub(crate) async fn withdraw(
    State(provider): State<Arc<Provider>>,
    Path(handle): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&provider, &handle, &headers, &body).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(
    provider: &Provider,
    handle: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, EndSessionError> {
    require_same_origin(headers, &provider.issuer)?;
    let params = Params::parse(form_body(headers, body)?, &["csrf", "client_id"])?;
    let browser = Browser::of(&provider.cookies, headers)?;
    if !browser.is_csrf_token(handle, params.get("csrf").unwrap_or_default()) {
        return Err(EndSessionError::Csrf);
    }
    let client = params.get("client_id").and_then(|client_id| provider.registry.client(client_id));
    let client = client.ok_or(EndSessionError::UnknownClient)?;
    let client_id = &client.client_id;
    let handle = Opaque::presented(handle);
    let now = provider.clock.now();
    let mut tx = provider.store.begin().await?;
    let result = logout::by_handle(&mut tx, handle.hash(), now).await?.ok_or(EndSessionError::NoResult)?;
    offline_access::withdraw(&mut tx, &result.sub, client_id, &Cause::SignOutResult, now).await?;
    tx.commit().await?;
    provider.observe(|| Observation::OfflineAccessWithdrawn { client: client_id, sign_out: result.id });
    tracing::info!(client.id = client_id, "offline access withdrawn");
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("withdrawn", client_id).finish();
    Ok(see_other(&format!("{}?{query}", result_path(&handle))))
}
