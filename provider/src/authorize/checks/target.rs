use std::sync::Arc;

use crate::authorize::Unredirectable;
use crate::authorize::response_mode::ResponseMode;
use crate::config::{Client, RegisteredUri, Registry};
use crate::http::Params;

/// Where an answer may go: a registered redirect URI of a registered client, the `state` that goes with it, and how it gets
/// there.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) client: Arc<Client>,
    pub(crate) redirect_uri: RegisteredUri,
    pub(crate) state: Option<String>,
    pub(in crate::authorize) response_mode: ResponseMode,
}

impl Target {
    /// OpenID Connect Core 1.0 section 3.1.2.1, `redirect_uri`: exact match, and no redirect before it.
    pub(in crate::authorize) fn parse(params: &Params, registry: &Registry) -> Result<Self, Unredirectable> {
        let client_id = params.get("client_id").ok_or(Unredirectable::NoClientId)?;
        let client = registry.client(client_id).ok_or(Unredirectable::UnknownClient)?;
        let requested = params.get("redirect_uri").ok_or(Unredirectable::NoRedirectUri)?;
        let redirect_uri = client
            .redirect_uris
            .iter()
            .find(|uri| uri.matches(requested))
            .ok_or(Unredirectable::UnregisteredRedirectUri)?;
        Ok(Self {
            client: Arc::clone(client),
            redirect_uri: redirect_uri.clone(),
            state: params.get("state").map(str::to_owned),
            response_mode: ResponseMode::of(params),
        })
    }
}
