use std::sync::Arc;

use crate::authorize::Unredirectable;
use crate::authorize::response_mode::ResponseMode;
use crate::config::{Client, RegisteredUri, Registry};
use crate::http::{BrowserState, Params};

/// Where an answer may go: a registered redirect URI of a registered client, the `state` that goes with it, how it gets there,
/// and the state of the browser that takes it there.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) client: Arc<Client>,
    pub(crate) redirect_uri: RegisteredUri,
    pub(crate) state: Option<String>,
    pub(in crate::authorize) response_mode: ResponseMode,
    pub(crate) browser_state: BrowserState,
}

impl Target {
    /// OpenID Connect Core 1.0 section 3.1.2.1, `redirect_uri`: exact match but for the port of native apps
    /// on loopback, and no redirect before it.
    pub(in crate::authorize) fn parse(
        params: &Params,
        registry: &Registry,
        browser_state: &BrowserState,
    ) -> Result<Self, Unredirectable> {
        let client_id = params.get("client_id").ok_or(Unredirectable::NoClientId)?;
        let client = registry.client(client_id).ok_or(Unredirectable::UnknownClient)?;
        let requested = params.get("redirect_uri").ok_or(Unredirectable::NoRedirectUri)?;
        let redirect_uri = client
            .redirect_uris
            .iter()
            .find_map(|uri| uri.asked_for(requested))
            .ok_or(Unredirectable::UnregisteredRedirectUri)?;
        Ok(Self {
            client,
            redirect_uri,
            state: params.get("state").map(str::to_owned),
            response_mode: ResponseMode::of(params),
            browser_state: browser_state.clone(),
        })
    }

    /// The same, in a browser whose state was renewed meanwhile.
    pub(crate) fn in_browser_state(&self, browser_state: &BrowserState) -> Self {
        Self { browser_state: browser_state.clone(), ..self.clone() }
    }
}
