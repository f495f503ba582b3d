//! `GET /events`: the stream by which an open page hears that its session has ended.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use logout_event::wire;
use relying_party::sse;

use super::AppA;
use super::signed_in::Visitor;

/// A page whose session is already gone (it slept, or the stream was cut) is told so at once: the cookie no longer says
/// which session it was, so the event names none.
pub(super) async fn get(State(app): State<AppA>, visitor: Visitor) -> Response {
    match visitor.signed_in() {
        Some(signed_in) => sse::sign_outs(app.relying_party(), &signed_in.session),
        None => ([(CONTENT_TYPE, "text/event-stream")], format!("event: {}\ndata: {{}}\n\n", wire::SSE_EVENT))
            .into_response(),
    }
}
