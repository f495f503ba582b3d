//! What both apps answer to a front-channel logout request (OpenID Connect Front-Channel Logout 1.0 section 2).
//!
//! The app's server has already acted by `iss` and `sid`, without cookies. The page in the frame then does what only a
//! page can do: it tells the provider's page and, where the browser lets it, the open tabs.

use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Response};
use logout_event::{LogoutEvent, wire};
use serde_json::json;

use crate::assets;
use crate::headers::NO_STORE;

/// The frame's page for a sign-out that has been recorded. `issuer` is the configured one, whose origin alone may frame
/// the page and hear from it.
pub(crate) fn page(event: &LogoutEvent, issuer: &url::Url, broadcast: bool) -> Response {
    let issuer_origin = issuer.origin().ascii_serialization();
    let instructions = json!({
        "event": event,
        "issuer": issuer_origin,
        "message": wire::FRAME_MESSAGE,
        "channel": broadcast.then_some(wire::BROADCAST_CHANNEL),
        "key": broadcast.then_some(wire::STORAGE_KEY),
    });
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Signed out</title>\
         <meta name=\"curfew-front-channel\" content=\"{}\"><script src=\"/assets/front-channel.js\" defer></script></head>\
         <body>Signed out.</body></html>",
        escape(&instructions.to_string())
    );
    let policy = format!(
        "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {issuer_origin}"
    );
    ([(CONTENT_SECURITY_POLICY, policy)], [NO_STORE], Html(html)).into_response()
}

/// The script of that page.
pub(crate) async fn script() -> Response {
    assets::script(include_str!("front_channel.js"))
}

/// For an attribute in double quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;
    use logout_event::Channel;

    /// FCL-18, FCL-22, FCL-23, T-16
    #[tokio::test]
    async fn only_the_issuer_may_frame_it_and_nothing_breaks_out_of_the_attribute() {
        let event = LogoutEvent {
            iss: "http://localhost:4000".to_owned(),
            sid: Some("\"><script>".to_owned()),
            sub: None,
            channel: Channel::FrontChannel,
            not_before: 7,
        };
        let issuer = url::Url::parse("http://localhost:4000/op").unwrap();
        let response = page(&event, &issuer, true);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").ends_with("frame-ancestors http://localhost:4000"));
        assert_eq!(header("cache-control"), "no-store");
        assert!(response.headers().get("x-frame-options").is_none());
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = std::str::from_utf8(&body).unwrap();
        assert!(!body.contains("\"><script>") && body.contains("&lt;script&gt;"), "{body}");
    }
}
