//! `GET /events`: the stream by which an open page hears that its session has ended.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use logout_event::wire;
use relying_party::{Clock, sse};

use super::AppA;
use super::problem::Problem;
use super::session::shown;
use super::signed_in::Visitor;

/// A machine that slept finds out no later than this that a session has expired meanwhile: timers stand still in sleep,
/// the clock does not.
const LOOK_AT_THE_CLOCK: Duration = Duration::from_secs(30);

/// A page whose session is already gone (it slept, or the stream was cut) is told so at once: the cookie no longer says
/// which session it was, so the event names none.
///
/// So is a page of another session than the browser's: somebody else has signed in since. The stream ends when App A's
/// own session expires; the page asks again, and is told.
pub(super) async fn get(
    State(app): State<AppA>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let Some(signed_in) = shown(&visitor, query.as_deref()) else { return Ok(ended()) };
    let Some(expires_at) = visitor.expires_at(&app).await? else { return Ok(ended()) };
    let response = sse::sign_outs(app.relying_party(), &signed_in.session);
    if response.status() != StatusCode::OK {
        return Ok(response);
    }
    let expired = until(app.0.clock.clone(), expires_at);
    Ok(response.map(|body| Body::from_stream(body.into_data_stream().take_until(Box::pin(expired)))))
}

fn ended() -> Response {
    ([(CONTENT_TYPE, "text/event-stream")], format!("event: {}\ndata: {{}}\n\n", wire::SSE_EVENT)).into_response()
}

async fn until(clock: Clock, time: u64) {
    loop {
        let left = Duration::from_secs(time.saturating_sub(clock.now()));
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LOOK_AT_THE_CLOCK)).await;
    }
}
