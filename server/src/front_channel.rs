//! What both apps answer to a front-channel logout request (OpenID Connect Front-Channel Logout 1.0 section 2).
//!
//! The app's server has already acted by `iss` and `sid`, without cookies. The page in the frame then does what only a
//! page can do: it tells the provider's page and, where the browser lets it, the open tabs.

use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Response};
use logout_event::{LogoutEvent, wire};
use serde_json::json;

use crate::headers::NO_STORE;
use crate::{Origin, assets};

/// The origins that may frame the page and hear from it: those configured, or else the issuer's own.
pub(crate) fn ancestors(configured: &[Origin], issuer: &url::Url) -> Vec<String> {
    if configured.is_empty() {
        vec![issuer.origin().ascii_serialization()]
    } else {
        configured.iter().map(ToString::to_string).collect()
    }
}

/// The frame's page for a sign-out that has been recorded. `ancestors` alone may frame it and hear from it.
pub(crate) fn page(event: &LogoutEvent, ancestors: &[String], broadcast: bool) -> Response {
    let instructions = json!({
        "event": event,
        "ancestors": ancestors,
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
        "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {}",
        ancestors.join(" ")
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
    async fn only_the_named_may_frame_it_and_nothing_breaks_out_of_the_attribute() {
        let event = LogoutEvent {
            iss: "http://localhost:4000".to_owned(),
            sid: Some("\"><script>".to_owned()),
            sub: None,
            channel: Channel::FrontChannel,
            not_before: 7,
        };
        let issuer = url::Url::parse("http://localhost:4000/op").unwrap();
        let response = page(&event, &ancestors(&[], &issuer), true);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").ends_with("; frame-ancestors http://localhost:4000"));
        assert_eq!(header("cache-control"), "no-store");
        assert!(response.headers().get("x-frame-options").is_none());
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = std::str::from_utf8(&body).unwrap();
        assert!(!body.contains("\"><script>") && body.contains("&lt;script&gt;"), "{body}");

        // A provider whose logout page is on another host than its issuer.
        let configured =
            ["https://logout.example", "https://login.example"].map(|origin| Origin::parse(origin).unwrap());
        let response = page(&event, &ancestors(&configured, &issuer), true);
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.ends_with("; frame-ancestors https://logout.example https://login.example"), "{policy}");
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = std::str::from_utf8(&body).unwrap();
        let heard = "&quot;ancestors&quot;:[&quot;https://logout.example&quot;,&quot;https://login.example&quot;]";
        assert!(body.contains(heard), "{body}");
    }
}
