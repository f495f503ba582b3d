use std::sync::Arc;

use super::EndSessionError;
use crate::config::Client;
use crate::http::Params;
use crate::id_token_hint::IdTokenHint;
use crate::pages::NextStop;
use crate::state::Provider;

/// What the endpoint reads; everything else is ignored, `logout_hint` and `ui_locales` among it. RPI-09, RPI-14, RPI-15
pub(super) const PARAMETERS: &[&str] = &["client_id", "id_token_hint", "post_logout_redirect_uri", "state"];

/// A sign-out request that is in order ([section 2](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout)).
/// There is no other way to make one than [`EndSessionRequest::parse`].
#[derive(Debug)]
pub(super) struct EndSessionRequest {
    /// The app that asks: proved by the hint, or only claimed.
    pub(super) client: Option<Arc<Client>>,
    pub(super) hint: Option<IdTokenHint>,
    /// Where to go on to, with `state`.
    pub(super) next: Option<NextStop>,
}

impl EndSessionRequest {
    /// Checks what can be checked without knowing whose browser it is.
    pub(super) fn parse(params: &Params, provider: &Provider) -> Result<Self, EndSessionError> {
        let hint = params
            .get("id_token_hint")
            .map(|hint| IdTokenHint::parse(hint, &provider.keys, &provider.issuer))
            .transpose()?;
        let client = parse_client(params, hint.as_ref(), provider)?;
        let next = parse_next(params, client.as_ref())?;
        Ok(Self { client, hint, next })
    }
}

/// RPI-10, RPI-11
fn parse_client(
    params: &Params,
    hint: Option<&IdTokenHint>,
    provider: &Provider,
) -> Result<Option<Arc<Client>>, EndSessionError> {
    let client_id = match (params.get("client_id"), hint) {
        (Some(client_id), Some(hint)) if client_id != hint.client_id => return Err(EndSessionError::TwoClients),
        (Some(client_id), _) => client_id,
        (None, Some(hint)) => &hint.client_id,
        (None, None) => return Ok(None),
    };
    provider.registry.client(client_id).map(Some).ok_or(EndSessionError::UnknownClient)
}

/// RPI-12, RPI-28: an exact match for this client. RPI-13, RPI-31: `state` is added, encoded, and only if it was sent.
fn parse_next(params: &Params, client: Option<&Arc<Client>>) -> Result<Option<NextStop>, EndSessionError> {
    let Some(requested) = params.get("post_logout_redirect_uri") else { return Ok(None) };
    let client = client.ok_or(EndSessionError::NobodysRedirectUri)?;
    let registered = client
        .post_logout_redirect_uris
        .iter()
        .find(|uri| uri.matches(requested))
        .ok_or(EndSessionError::UnregisteredRedirectUri)?;
    let mut url = registered.url().clone();
    if let Some(state) = params.get("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Ok(Some(NextStop { url, name: client.name.clone() }))
}
