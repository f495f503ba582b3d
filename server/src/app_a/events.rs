//! `GET /events`: the stream by which an open page hears that its session has ended.

use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use relying_party::sse;

use logout_event::{SessionRef, wire};
use sha2::{Digest, Sha256};

use super::AppA;
use super::signed_in::Visitor;

/// A page whose session is already gone (it slept, or the stream was cut) is told so at once: the cookie no longer says
/// which session it was, so the event names none.
///
/// So is a page of another session than the browser's: somebody else has signed in since.
pub(super) async fn get(State(app): State<AppA>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    match visitor.signed_in() {
        Some(signed_in) if query.unwrap_or_default() == tag(&signed_in.session) => {
            sse::sign_outs(app.relying_party(), &signed_in.session)
        }
        _ => ([(CONTENT_TYPE, "text/event-stream")], format!("event: {}\ndata: {{}}\n\n", wire::SSE_EVENT))
            .into_response(),
    }
}

/// The stream of a page that shows this session.
pub(super) fn path(session: &SessionRef) -> String {
    format!("/events?{}", tag(session))
}

/// Tells one session from another, and nothing else about it.
fn tag(session: &SessionRef) -> String {
    let mut hash = Sha256::new();
    for part in [session.iss.as_str(), session.sid.as_deref().unwrap_or_default(), session.sub.as_str()] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
