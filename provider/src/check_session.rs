//! The check-session frame: [OpenID Connect Session Management 1.0 section 3.2](https://openid.net/specs/openid-connect-session-1_0.html#OPiframe).
//!
//! The page does not depend on the browser; `assets/session-state.js` decides what to answer to an app, and
//! `assets/check-session.js` listens.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::config::RegisteredUri;
use crate::pages::CheckSessionPage;
use crate::session_state::registered_app;
use crate::state::Provider;

/// `GET /check_session`
pub(crate) async fn get(State(provider): State<Arc<Provider>>) -> Response {
    let mut registered = BTreeSet::new();
    for client in provider.registry.clients() {
        let origins = client.redirect_pages().map(RegisteredUri::origin);
        registered.extend(origins.map(|origin| registered_app(&client.client_id, &origin)));
    }
    CheckSessionPage {
        cookie: provider.cookies.browser_state_name(),
        registered: &registered,
        ancestors: &provider.registry.redirect_origins(),
        is_settled: provider.registry.registration.is_none(),
    }
    .into_response()
}
