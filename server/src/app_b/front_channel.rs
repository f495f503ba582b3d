//! `GET /logout/front-channel`: OpenID Connect Front-Channel Logout 1.0 section 2.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use relying_party::{FrontChannelRequest, Trust};

use super::AppB;
use crate::front_channel;

/// Acts by `iss` and `sid` on the server, without cookies: in a cross-site frame none arrive.
pub(super) async fn get(State(app): State<AppB>, request: FrontChannelRequest) -> Response {
    let event = request.event();
    match app.relying_party().end(&event, Trust::Unsigned).await {
        Ok(_) => {
            let ancestors = front_channel::ancestors(&app.config().front_channel_ancestors, &app.0.issuer);
            front_channel::page(&event, &ancestors, app.config().broadcast)
        }
        Err(error) => error.into_response(),
    }
}
