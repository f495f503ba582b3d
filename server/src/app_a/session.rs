//! `GET /session`: whether the session that an open page shows still lives. A page that has slept asks this before it
//! shows anything again.

use axum::Json;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{IntoResponse, Response};
use logout_event::SessionRef;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::signed_in::{SignedIn, Visitor};

/// 200 while it lives. 401 once it has ended, also when somebody else has signed in in this browser since. 503, by the
/// extractor, while App A cannot know. Asking does not prolong the session.
pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    match shown(&visitor, query.as_deref()) {
        Some(_) => Json(json!({ "session": "live" })).into_response(),
        // RFC 9110 section 15.5.2 requires a challenge; browsers pass over a scheme that they do not know.
        None => (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Cookie")], Json(json!({ "error": "session_ended" })))
            .into_response(),
    }
}

/// The session of this browser, if it is the one that the asking page shows.
pub(super) fn shown<'visitor>(visitor: &'visitor Visitor, query: Option<&str>) -> Option<&'visitor SignedIn> {
    visitor.signed_in().filter(|signed_in| query == Some(tag(&signed_in.session).as_str()))
}

/// Tells one session from another, and nothing else about it: 32 hexadecimal digits.
pub(super) fn tag(session: &SessionRef) -> String {
    let mut hash = Sha256::new();
    for part in [session.iss.as_str(), session.sid.as_deref().unwrap_or_default(), session.sub.as_str()] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
