use std::rc::Rc;

use app::app_b::ProviderSignOut;
use js_sys::{Array, Promise};
use leptos::prelude::Set;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{future_to_promise, spawn_local};

use super::Page;
use super::renew::end_tokens;
use crate::api;
use crate::browser::{FetchError, at_most, now_millis, random_token};
use crate::oidc::discovery::{DiscoveryError, Metadata, discover};
use crate::oidc::end_session::EndSessionRequest;
use crate::storage::TokenRecord;

/// How long the provider may take to show that it is there, in milliseconds.
const PROVIDER_TIMEOUT: u32 = 1_000;

/// How long API and provider may take to refuse the tokens before the browser leaves, in milliseconds. The requests
/// outlive the page.
const SERVER_PATIENCE: f64 = 300.0;

impl Page {
    /// Ends the session at the API and at the provider. This tab is locked already.
    pub(super) fn sign_out_at_provider(self: &Rc<Self>, record: Option<TokenRecord>) {
        let Some(record) = record else { return };
        self.model.provider.set(ProviderSignOut::Leaving);
        let begun = now_millis();
        let told = self.tell_servers(&record);
        let page = Rc::clone(self);
        spawn_local(async move {
            let discovered = discover(&page.config.issuer, PROVIDER_TIMEOUT).await;
            let left = (SERVER_PATIENCE - (now_millis() - begun)).max(0.0);
            at_most(left as u32, &told).await;
            let known = record.metadata.end_session_endpoint.as_deref();
            let outcome = match end_session_endpoint(discovered, known) {
                Ok(endpoint) => page.leave_for(&endpoint, &record.id_token),
                Err(outcome) => outcome,
            };
            page.signed_out.replace(Some(record));
            page.model.provider.set(outcome);
        });
    }

    /// Begins to make the API refuse the access token, and the provider its refresh token, if it gave one.
    fn tell_servers(&self, record: &TokenRecord) -> Promise {
        let (possession, client_id, record) =
            (Rc::clone(&self.possession), self.config.client_id.clone(), record.clone());
        let credentials = record.credentials();
        let refused = async move {
            api::refuse(&possession, &credentials).await;
            Ok(JsValue::UNDEFINED)
        };
        let revoking = Rc::clone(&self.possession);
        let revoked = async move {
            end_tokens(&revoking, &client_id, &record).await;
            Ok(JsValue::UNDEFINED)
        };
        Promise::all(&Array::of2(&future_to_promise(refused), &future_to_promise(revoked)))
    }

    /// Makes the API refuse the access token of a session that the provider no longer knows.
    pub(super) fn refuse_at_api(&self) {
        if let Some(credentials) = self.ending.borrow().as_ref().map(TokenRecord::credentials) {
            let possession = Rc::clone(&self.possession);
            spawn_local(async move { api::refuse(&possession, &credentials).await });
        }
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
