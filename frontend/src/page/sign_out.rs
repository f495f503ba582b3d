use std::rc::Rc;

use app::app_b::ProviderSignOut;
use js_sys::Promise;
use leptos::prelude::Set;
use wasm_bindgen_futures::spawn_local;

use super::Page;
use crate::api;
use crate::browser::{FetchError, Method, Request, at_most, now_millis, random_token};
use crate::oidc::discovery::{DiscoveryError, Metadata, discover};
use crate::oidc::end_session::EndSessionRequest;
use crate::storage::TokenRecord;

/// How long the provider may take to show that it is there, in milliseconds.
const PROVIDER_TIMEOUT: u32 = 1_000;

/// How long the API may take to refuse the access token before the browser leaves, in milliseconds. The request
/// outlives the page.
const API_PATIENCE: f64 = 300.0;

impl Page {
    /// Ends the session at the API and at the provider. This tab is locked already.
    pub(super) fn sign_out_at_provider(self: &Rc<Self>, record: Option<TokenRecord>) {
        let Some(record) = record else { return };
        self.model.provider.set(ProviderSignOut::Leaving);
        let begun = now_millis();
        let refused = refuse_at_api(&record.access_token);
        let page = Rc::clone(self);
        spawn_local(async move {
            let discovered = discover(&page.config.issuer, PROVIDER_TIMEOUT).await;
            if let Some(refused) = refused {
                let left = (API_PATIENCE - (now_millis() - begun)).max(0.0);
                at_most(left as u32, &refused).await;
            }
            let outcome = match end_session_endpoint(discovered, record.end_session_endpoint.as_deref()) {
                Ok(endpoint) => page.leave_for(&endpoint, &record.id_token),
                Err(outcome) => outcome,
            };
            page.signed_out.replace(Some(record));
            page.model.provider.set(outcome);
        });
    }

    /// Tries again what the provider did not answer.
    pub(super) fn retry_sign_out(self: &Rc<Self>) {
        self.sign_out_at_provider(self.signed_out.take());
    }

    fn leave_for(&self, end_session_endpoint: &str, id_token: &str) -> ProviderSignOut {
        let Ok(state) = random_token() else { return ProviderSignOut::Interrupted };
        let request = EndSessionRequest {
            id_token_hint: id_token,
            client_id: &self.config.client_id,
            post_logout_redirect_uri: &format!("{}/", self.browser.origin()),
            state: &state,
        };
        // Without it the return is not recognised, and the user reads less.
        self.storages.begin_sign_out(&state);
        if self.browser.leave(&request.address(end_session_endpoint), false) {
            ProviderSignOut::Leaving
        } else {
            ProviderSignOut::Interrupted
        }
    }
}

/// Begins, before anything is awaited, to make the API refuse the access token.
fn refuse_at_api(access_token: &str) -> Option<Promise> {
    let authorization = format!("Bearer {access_token}");
    let headers = [("Authorization", authorization.as_str())];
    Request { method: Method::Post, url: api::SIGN_OUT, headers: &headers, body: None, keepalive: true }.start(None)
}

/// Where to end the session, or why nowhere. A provider that is merely slow is left for all the same.
fn end_session_endpoint(
    discovered: Result<Metadata, DiscoveryError>,
    known: Option<&str>,
) -> Result<String, ProviderSignOut> {
    match (discovered, known) {
        (Ok(metadata), _) => metadata.end_session_endpoint.ok_or(ProviderSignOut::NotOffered),
        (Err(DiscoveryError::NoAnswer(FetchError::TimedOut)), Some(known)) => Ok(known.to_owned()),
        (Err(_), _) => Err(ProviderSignOut::Unreachable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::transaction;

    #[test]
    fn the_browser_leaves_only_for_a_provider_that_is_there() {
        let offered = transaction("s1", 0).metadata;
        let not_offered = Metadata { end_session_endpoint: None, ..offered.clone() };
        let found = Ok("http://localhost:4000/end_session".to_owned());
        let timed_out = || Err(DiscoveryError::NoAnswer(FetchError::TimedOut));
        let table = [
            (Ok(offered), None, found),
            (Ok(not_offered), Some("https://op/old"), Err(ProviderSignOut::NotOffered)),
            (timed_out(), Some("https://op/old"), Ok("https://op/old".to_owned())),
            (timed_out(), None, Err(ProviderSignOut::Unreachable)),
            (
                Err(DiscoveryError::NoAnswer(FetchError::Network)),
                Some("https://op/old"),
                Err(ProviderSignOut::Unreachable),
            ),
            (Err(DiscoveryError::Status(503)), Some("https://op/old"), Err(ProviderSignOut::Unreachable)),
        ];
        for (discovered, known, expected) in table {
            let what = format!("{discovered:?} {known:?}");
            assert_eq!(end_session_endpoint(discovered, known), expected, "{what}");
        }
    }
}
