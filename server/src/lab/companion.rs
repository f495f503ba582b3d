//! A script in the parties' pages (`window.js`), by which a window that the lab opened tells it what it shows.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::Origin;
use crate::headers::NO_STORE;

const PATH: &str = "/lab/window.js";
const ELEMENT: &str = "<script type=\"module\" src=\"/lab/window.js\"></script>";

/// Pages that are made for frames.
const FRAMES: [&str; 3] = ["/logout/front-channel", "/callback/silent", "/check_session"];

/// The largest page, in bytes.
const LARGEST_PAGE: usize = 4 * 1024 * 1024;

/// Adds the script to a party's pages, and serves it.
pub(super) fn around(router: Router, lab: &Origin) -> Router {
    let script: Arc<str> = include_str!("window.js").replace("http://lab.invalid", &lab.to_string()).into();
    let serve = move || async move {
        let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
        (headers, [NO_STORE], script.to_string())
    };
    router.layer(middleware::from_fn(add)).route(PATH, get(serve))
}

async fn add(request: Request, next: Next) -> Response {
    let wanted = is_window(&request);
    let response = next.run(request).await;
    if !wanted || !is_page(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(page) = to_bytes(body, LARGEST_PAGE).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let with_script = std::str::from_utf8(&page).ok().and_then(with_script);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, with_script.map_or_else(|| Body::from(page), Body::from))
}

/// Whether the answer is shown in a window, not in a frame.
fn is_window(request: &Request) -> bool {
    let destination = request.headers().get("sec-fetch-dest").map(|value| value.as_bytes());
    let framed = destination.is_some_and(|destination| destination != b"document");
    !framed && *request.method() != Method::HEAD && !FRAMES.contains(&request.uri().path())
}

/// Whether it is a page, whose policy lets it load scripts of its own origin.
fn is_page(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let policy = text(CONTENT_SECURITY_POLICY);
    let mut directives = policy.split(';').map(|directive| directive.split_ascii_whitespace());
    let scripts = directives.find_map(|mut words| (words.next() == Some("script-src")).then_some(words));
    text(CONTENT_TYPE).starts_with("text/html") && scripts.is_some_and(|mut words| words.any(|word| word == "'self'"))
}

fn with_script(page: &str) -> Option<String> {
    let head = page.find("</head>")?;
    Some(format!("{}{ELEMENT}{}", &page[..head], &page[head..]))
}

#[cfg(test)]
mod tests {
    use axum::response::Html;
    use tower::ServiceExt as _;

    use super::*;

    const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'";

    async fn text_of(request: Request) -> String {
        let page = |policy| async move { ([(CONTENT_SECURITY_POLICY, policy)], Html("<head></head><body>")) };
        let router = Router::new()
            .route("/", get(move || page(POLICY)))
            .route("/logout/front-channel", get(move || page(POLICY)))
            .route("/strict", get(move || page("default-src 'none'; style-src 'self'")))
            .route("/text", get(|| async { ([(CONTENT_SECURITY_POLICY, POLICY)], "<head></head>") }));
        let lab = Origin::parse("http://localhost:4003").unwrap();
        let response = around(router, &lab).oneshot(request).await.unwrap();
        String::from_utf8(to_bytes(response.into_body(), LARGEST_PAGE).await.unwrap().to_vec()).unwrap()
    }

    fn request(path: &str, destination: Option<&str>) -> Request {
        let request = Request::get(path);
        match destination {
            Some(destination) => request.header("sec-fetch-dest", destination),
            None => request,
        }
        .body(Body::empty())
        .unwrap()
    }

    #[tokio::test]
    async fn pages_get_the_script_and_frames_and_files_do_not() {
        let table = [
            ("/", Some("document"), true),
            ("/", None, true),
            ("/", Some("iframe"), false),
            ("/", Some("empty"), false),
            ("/logout/front-channel", Some("document"), false),
            ("/strict", Some("document"), false),
            ("/text", Some("document"), false),
        ];
        for (path, destination, has_it) in table {
            let text = text_of(request(path, destination)).await;
            assert_eq!(text.contains(ELEMENT), has_it, "{path} {destination:?}: {text}");
        }
        assert_eq!(text_of(request("/", None)).await, format!("<head>{ELEMENT}</head><body>"));
    }

    #[tokio::test]
    async fn the_script_knows_the_lab() {
        let script = text_of(request(PATH, None)).await;
        assert!(script.contains("const LAB = \"http://localhost:4003\";") && !script.contains("lab.invalid"));
    }
}
