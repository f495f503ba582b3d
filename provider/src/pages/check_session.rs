use std::collections::BTreeSet;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::html;
use crate::http::{FIVE_MINUTES, NO_STORE};

/// The page that apps load into a frame to ask whether anything has changed. It is the same for every browser, so that it
/// can be kept: what it needs of the browser its script finds. It must not have `X-Frame-Options`. SM-23
///
/// What its script imports is asked for along with it: an app may ask as soon as the frame has loaded, and only once.
#[derive(Debug)]
pub(crate) struct CheckSessionPage<'a> {
    /// The name of the cookie that holds the OP browser state.
    pub(crate) cookie: &'a str,
    /// Every app at every origin of its own, [hashed](crate::session_state::registered_app).
    pub(crate) registered: &'a BTreeSet<String>,
    /// The origins whose pages may load it.
    pub(crate) ancestors: &'a BTreeSet<String>,
    /// Whether both stay as they are while the provider runs.
    pub(crate) is_settled: bool,
}

/// A longer list of origins, in bytes, would make a header that proxies and browsers do not take.
const LONGEST_LIST: usize = 4096;

impl CheckSessionPage<'_> {
    fn policy(&self) -> String {
        let ancestors: String = self.ancestors.iter().map(|origin| format!(" {origin}")).collect();
        let ancestors = match ancestors.len() {
            0 => " 'none'",
            // The script answers nobody but registered apps, at their own origins.
            length if length > LONGEST_LIST => " https: http:",
            _ => &ancestors,
        };
        format!(
            "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors{ancestors}"
        )
    }
}

impl IntoResponse for CheckSessionPage<'_> {
    fn into_response(self) -> Response {
        let Ok(policy) = HeaderValue::from_str(&self.policy()) else {
            // Origins are ASCII; a page without a policy is not sent.
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let document = html!(
            "<!doctype html>\n<html lang=\"en\" data-cookie=\"{cookie}\" data-registered=\"{registered}\">\n<meta \
             charset=\"utf-8\">\n<title>Session check · Curfew</title>\n<link \
             rel=\"modulepreload\" href=\"/assets/session-state.js\">\n<script type=\"module\" \
             src=\"/assets/check-session.js\"></script>\n</html>\n",
            cookie = self.cookie,
            registered = self.registered.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
        );
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (header::CONTENT_SECURITY_POLICY, policy),
            if self.is_settled { FIVE_MINUTES } else { NO_STORE },
        ];
        (headers, document.into_string()).into_response()
    }
}
