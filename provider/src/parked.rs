//! Requests that arrive by POST from another site, without the cookies that are `SameSite=Lax`: kept under a handle that
//! is good for one use, until the browser comes back with a GET, where the cookies are.

use url::form_urlencoded;

use crate::error::InternalError;
use crate::http::Params;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::parked_request;

/// The parameter that carries the handle.
pub(crate) const HANDLE: &str = "parked";

/// How long the browser has to come back, in seconds.
const LIFETIME: i64 = 60;

/// Keeps the request; the answer is the path to come back to.
pub(crate) async fn park(provider: &Provider, endpoint: &str, params: &Params) -> Result<String, InternalError> {
    let handle = Opaque::random()?;
    let mut tx = provider.store.begin().await?;
    let expires_at = provider.clock.now() + LIFETIME;
    parked_request::insert(&mut tx, handle.hash(), endpoint, &params.to_form(), expires_at).await?;
    tx.commit().await?;
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(HANDLE, handle.as_str()).finish();
    Ok(format!("{endpoint}?{query}"))
}

/// The form of a parked request; `None` if it was there already, or is too old.
pub(crate) async fn unpark(provider: &Provider, endpoint: &str, handle: &str) -> Result<Option<String>, InternalError> {
    let mut tx = provider.store.begin().await?;
    let form = parked_request::take(&mut tx, Opaque::presented(handle).hash(), endpoint, provider.clock.now()).await?;
    tx.commit().await?;
    Ok(form)
}
