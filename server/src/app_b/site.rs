//! The single-page app's files, and the page that starts it.

use std::path::Path;

use axum::Router;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;
use tower::ServiceBuilder;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use super::AppB;
use crate::StartError;
use crate::config::{AppBConfig, Renewal};
use crate::front_channel::escape;

/// A missing build is found out at the start, not by the first user.
pub(super) fn require(site: &Path) -> Result<(), StartError> {
    let path = site.join("pkg/frontend.js");
    if path.is_file() { Ok(()) } else { Err(StartError::NoSite { path }) }
}

/// The built files, compressed where the browser takes it. They are asked for anew each time, because a new build keeps
/// their names; an unchanged one costs a 304.
pub(super) fn files<S: Clone + Send + Sync + 'static>(site: &Path) -> Router<S> {
    let revalidate = || SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let pkg = ServeDir::new(site.join("pkg")).precompressed_br().precompressed_gzip();
    let file = |path| ServeFile::new(site.join(path)).precompressed_br().precompressed_gzip();
    Router::new()
        .nest_service("/pkg", ServiceBuilder::new().layer(revalidate()).service(pkg))
        .route_service("/boot.js", ServiceBuilder::new().layer(revalidate()).service(file("boot.js")))
        // The one of all pages; from the site, because it is there compressed.
        .route_service("/assets/main.css", ServiceBuilder::new().layer(revalidate()).service(file("assets/main.css")))
}

/// Every page of the single-page app is the same document.
pub(super) async fn page(State(app): State<AppB>, method: Method) -> Response {
    if method == Method::GET || method == Method::HEAD {
        Html(app.0.index.clone()).into_response()
    } else {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    }
}

/// The document: no inline script, the configuration in a `meta` element.
pub(super) fn index(config: &AppBConfig) -> String {
    let Renewal { renew, why } = config.renewal();
    let settings = json!({
        "issuer": config.issuer,
        "client_id": config.client_id,
        "scope": config.scope,
        "push": config.push,
        "broadcast": config.broadcast,
        "renew": renew,
        "renew_why": why,
        "app_a": config.app_a.as_ref().map(|origin| origin.with_path("/")),
    });
    let settings = escape(&settings.to_string());
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="curfew-config" content="{settings}">
<title>App B</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/main.css">
<link rel="modulepreload" href="/pkg/frontend.js">
<link rel="preload" href="/pkg/frontend_bg.wasm" as="fetch" type="application/wasm" crossorigin>
<script type="module" src="/boot.js"></script>
</head>
<body class="page app-b" data-session="checking">
<div id="app">
<header class="bar state"><span class="brand">App B</span></header>
<main class="stack"><p class="card" role="status">Checking your session…</p></main>
</div>
<noscript><p class="card notice warning">App B runs in your browser and needs JavaScript and WebAssembly.</p></noscript>
</body>
</html>
"#
    )
}
