//! Where the provider sends the hidden frame in which App B renews its tokens.

use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Response};

use crate::assets;

/// Not the single-page app, which would start once more in the frame. Only App B's own pages may frame it.
pub(super) async fn page() -> Response {
    const POLICY: &str = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
         require-trusted-types-for 'script'; trusted-types 'none'";
    const PAGE: &str = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>App B</title>\
                        <script src=\"/assets/silent.js\" defer></script></head><body></body></html>";
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE)).into_response()
}

/// The script of that page.
pub(super) async fn script() -> Response {
    assets::script(include_str!("silent.js"))
}
