//! Headers that both apps send.

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower_http::set_header::SetResponseHeaderLayer;
use url::Url;

/// `Cache-Control: no-store`: also keeps a page with a changed cookie out of the back-forward cache.
pub(crate) const NO_STORE: (HeaderName, HeaderValue) = (CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// Adds the content security policy, unless a handler has set its own, and what goes with it. The policy is made for each
/// response: it names origins of a provider whose metadata may come later.
pub(crate) fn secure(
    router: Router,
    content_security_policy: impl Fn() -> HeaderValue + Clone + Send + Sync + 'static,
) -> Router {
    let policy = move |_: &Response| Some(content_security_policy());
    router
        .layer(SetResponseHeaderLayer::if_not_present(CONTENT_SECURITY_POLICY, policy))
        .layer(SetResponseHeaderLayer::overriding(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(SetResponseHeaderLayer::overriding(REFERRER_POLICY, HeaderValue::from_static("same-origin")))
}

/// The origins of the issuer and of these endpoints of it, for a content security policy: each once.
pub(crate) fn sources<'u>(issuer: &'u Url, endpoints: impl IntoIterator<Item = &'u Url>) -> String {
    // The document is another server's: what is not plainly an origin must not write into the policy.
    let is_plain = |origin: &str| origin.chars().all(|c| c.is_ascii_alphanumeric() || ":/.-_[]".contains(c));
    let mut origins: Vec<String> = Vec::new();
    for url in std::iter::once(issuer).chain(endpoints) {
        let origin = url.origin().ascii_serialization();
        if url.has_host() && is_plain(&origin) && !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    origins.join(" ")
}

/// Whatever the handler answers, also an error of an extractor or a router, is not stored.
pub(crate) fn no_store<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    async fn add(request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        response.headers_mut().insert(NO_STORE.0, NO_STORE.1);
        response
    }
    router.layer(middleware::from_fn(add))
}

/// A span per request with the matched path; never the query string, which can hold codes and tokens.
pub(crate) fn traced(router: Router, party: &'static str) -> Router {
    use axum::extract::MatchedPath;
    use tower_http::trace::TraceLayer;
    let make_span = move |request: &Request| {
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        tracing::info_span!("request", party, method = %request.method(), path)
    };
    // What failed and why is logged once, by the code that knows it; a 503 of `/healthz` is an answer.
    router.layer(TraceLayer::new_for_http().make_span_with(make_span).on_failure(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_each_origin_once_and_nothing_else() {
        let url = |text: &str| Url::parse(text).unwrap();
        let issuer = url("https://login.example/realms/demo");
        let endpoints = ["https://login.example/token", "https://api.example:8443/x", "http://[::1]:4000/y"].map(url);
        assert_eq!(sources(&issuer, &endpoints), "https://login.example https://api.example:8443 http://[::1]:4000");
        assert_eq!(sources(&issuer, &[]), "https://login.example");
        for strange in
            ["https://a;script-src.example/", "https://a,b.example/", "https://*.example/", "data:text/html,x"]
        {
            assert_eq!(sources(&issuer, [&url(strange)]), "https://login.example", "{strange}");
        }
    }
}
