//! Scripts and styles of the pages.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;

use crate::state::Provider;

const A_MINUTE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));

pub(crate) async fn stylesheet(State(provider): State<Arc<Provider>>) -> impl IntoResponse {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    ([A_MINUTE, content_type], provider.stylesheet.to_string())
}

pub(crate) async fn front_channel_script() -> impl IntoResponse {
    script(include_str!("../assets/front-channel.js"))
}

pub(crate) async fn form_post_script() -> impl IntoResponse {
    script(include_str!("../assets/form-post.js"))
}

pub(crate) async fn result_script() -> impl IntoResponse {
    script(include_str!("../assets/result.js"))
}

pub(crate) async fn check_session_script() -> impl IntoResponse {
    script(include_str!("../assets/check-session.js"))
}

pub(crate) async fn session_state_script() -> impl IntoResponse {
    script(include_str!("../assets/session-state.js"))
}

fn script(text: &'static str) -> impl IntoResponse {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    ([A_MINUTE, content_type], text)
}
