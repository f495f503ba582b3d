//! `POST /logout/back-channel`: OpenID Connect Back-Channel Logout 1.0 section 2.5.

use axum::extract::State;
use axum::response::Response;
use relying_party::{RelyingParty, VerifiedLogoutToken, back_channel_logout};

/// The extractor has verified the token; acting on it ends the sessions it names in one transaction.
pub(super) async fn post(state: State<RelyingParty>, token: VerifiedLogoutToken) -> Response {
    back_channel_logout(state, token).await
}
