use axum::extract::{MatchedPath, Request};
use tracing::Span;

/// The span of a request. It names the route and not the URL: query strings and handles are secrets.
pub(crate) fn span<B>(request: &Request<B>) -> Span {
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    tracing::info_span!("request", party = "provider", http.method = %request.method(), http.route = path)
}
