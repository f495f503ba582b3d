//! `POST /logout/back-channel`: OpenID Connect Back-Channel Logout 1.0 section 2.5.

use axum::routing::MethodRouter;
use relying_party::back_channel_endpoint;

use super::AppB;

/// Its extractor verifies the token; acting on it ends the sessions it names in one transaction.
pub(super) fn route() -> MethodRouter<AppB> {
    back_channel_endpoint()
}
