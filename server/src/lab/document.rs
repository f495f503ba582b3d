//! `GET /`: the page that starts the lab, and the built files that it loads.

use std::path::Path;

use axum::Router;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use super::Lab;

/// Exports are downloads from blobs; a diagram's picture may be shown from one.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                                 img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                                 frame-ancestors 'none'";

/// The document has no inline script and no inline style.
pub(super) async fn get(State(lab): State<Lab>) -> Response {
    if lab.0.is_built {
        Html(DOCUMENT).into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response()
    }
}

/// The parties run without it, so this stops nothing.
const NOT_BUILT: &str = "The lab is not built: run `cargo xtask build`, or name its folder with --site-dir DIR.\n";

/// Whether the files are there.
pub(super) fn is_built(site: &Path) -> bool {
    site.join("pkg/lab.js").is_file()
}

const DOCUMENT: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Curfew lab</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/main.css">
<link rel="stylesheet" href="/assets/lab.css">
<link rel="modulepreload" href="/pkg/lab.js">
<link rel="preload" href="/pkg/lab_bg.wasm" as="fetch" type="application/wasm" crossorigin>
<script type="module" src="/lab-boot.js"></script>
</head>
<body class="page lab">
<main id="lab" class="stack">
<h1>Curfew, the lab</h1>
<p class="card opening" role="status">Opening the lab…</p>
<noscript><p class="card notice warning">The lab runs in your browser and needs JavaScript and WebAssembly.</p></noscript>
</main>
</body>
</html>
"#;

/// Its files, and no other file of the site. They are asked for anew each time, because a new build keeps their names.
pub(super) fn files(site: &Path) -> Router<Lab> {
    let revalidate = || SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let mut router = Router::new();
    for path in ["/pkg/lab.js", "/pkg/lab_bg.wasm", "/lab-boot.js", "/assets/main.css", "/assets/lab.css"] {
        let file = ServeFile::new(site.join(&path[1..])).precompressed_br().precompressed_gzip();
        router = router.route_service(path, ServiceBuilder::new().layer(revalidate()).service(file));
    }
    // Without a bundler, the glue imports scripts of its dependencies.
    let snippets = ServeDir::new(site.join("pkg/snippets"));
    router.nest_service("/pkg/snippets", ServiceBuilder::new().layer(revalidate()).service(snippets))
}
