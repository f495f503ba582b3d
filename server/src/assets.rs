//! Files that are part of the binary.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// The one stylesheet of all pages.
pub(crate) const STYLESHEET: &str = include_str!("../../style/main.css");

/// For an hour: a new release has at most that long to reach everyone, and nothing here depends on a user.
const CACHED: &str = "public, max-age=3600";

pub(crate) async fn stylesheet() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, CACHED)], STYLESHEET).into_response()
}

/// The icon in a browser's tab.
pub(crate) async fn icon() -> Response {
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, CACHED)];
    (headers, include_str!("../../style/icon.svg")).into_response()
}

pub(crate) fn script(source: &'static str) -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, CACHED)], source).into_response()
}
