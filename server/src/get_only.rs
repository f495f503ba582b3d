use axum::handler::Handler;
use axum::http::StatusCode;
use axum::http::header::ALLOW;
use axum::routing::{MethodRouter, get};

/// For a GET that acts: axum would act for HEAD as well, which whoever sends it takes for safe.
pub(crate) fn get_only<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    get(handler).head(|| async { (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")]) })
}
