//! A span for each request, by [OpenTelemetry's conventions for HTTP](https://opentelemetry.io/docs/specs/semconv/http/http-spans/),
//! without those attributes in which a secret may be: the path (a result's handle), the query string, addresses.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, Method};
use axum::middleware::{self, Next};
use axum::response::Response;
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry_sdk::trace::SdkTracer;
use url::form_urlencoded;

use super::attributes::{self, word};
use super::{here, traceparent};
use crate::cli::PartyKind;

/// Asked every few seconds by whoever runs the machine, and of no use in a trace.
const HEALTH: &str = "/healthz";
/// The one address that a party sends a browser to with its trace: a redirect has no headers.
const END_SESSION: &str = "/end_session";

pub(super) fn around(router: Router, kind: PartyKind, tracer: SdkTracer) -> Router {
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let tracer = tracer.clone();
        async move { traced(kind, &tracer, request, next).await }
    }))
}

async fn traced(kind: PartyKind, tracer: &SdkTracer, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if route == Some(HEALTH) {
        return next.run(request).await;
    }
    let context = begin(kind, tracer, &request, route);
    let response = next.run(request).with_context(context.clone()).await;
    let (span, status) = (context.span(), response.status());
    span.set_attribute(attributes::number(attributes::STATUS, status.as_u16().into()));
    if status.is_server_error() {
        span.set_attribute(attributes::text(attributes::ERROR, status.as_u16()));
        span.set_status(Status::error(""));
    }
    span.end();
    response
}

/// A request whose sender goes away ends its span when it is dropped.
fn begin(kind: PartyKind, tracer: &SdkTracer, request: &Request, route: Option<&str>) -> Context {
    let method = known(request.method());
    let name = match (method, route) {
        (Some(method), Some(route)) => format!("{method} {route}"),
        (Some(method), None) => method.to_owned(),
        (None, _) => "HTTP".to_owned(),
    };
    let mut about = vec![word(attributes::METHOD, method.unwrap_or("_OTHER"))];
    about.extend(route.map(|route| attributes::text(attributes::ROUTE, route)));
    let builder = tracer.span_builder(name).with_kind(SpanKind::Server).with_attributes(about);
    let parent = here::below(parent(kind, request, route));
    parent.with_span(tracer.build_with_context(builder, &parent))
}

/// From whoever sends one: it says where the span is shown, and nothing else.
fn parent(kind: PartyKind, request: &Request, route: Option<&str>) -> Option<SpanContext> {
    let by_address = || match (kind, route) {
        (PartyKind::Provider, Some(END_SESSION)) => of_query(request.uri().query()?),
        _ => None,
    };
    of_headers(request.headers()).or_else(by_address)
}

fn of_headers(headers: &HeaderMap) -> Option<SpanContext> {
    let mut all = headers.get_all(traceparent::NAME).iter();
    match (all.next(), all.next()) {
        (Some(only), None) => traceparent::parse(only.to_str().ok()?),
        _ => None,
    }
}

fn of_query(query: &str) -> Option<SpanContext> {
    let mut all = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == traceparent::NAME);
    match (all.next(), all.next()) {
        (Some((_, only)), None) => traceparent::parse(&only),
        _ => None,
    }
}

/// There is no end of the methods that somebody may invent.
fn known(method: &Method) -> Option<&'static str> {
    const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    METHODS.into_iter().find(|known| method == known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn request(uri: &str, headers: &[&str]) -> Request {
        let request = Request::builder().uri(uri);
        let request = headers.iter().fold(request, |request, value| request.header("traceparent", *value));
        request.body(axum::body::Body::empty()).unwrap()
    }

    #[test]
    fn a_parent_comes_by_one_header_or_by_the_address_of_a_sign_out() {
        let by_query = format!("/end_session?state=x&traceparent={GOOD}");
        let twice = format!("{by_query}&traceparent={GOOD}");
        let broken = by_query.replace("00-4b", "00-4B");
        let (provider, app) = (PartyKind::Provider, PartyKind::AppB);
        let table = [
            (provider, "/jwks", "/jwks", vec![GOOD], true),
            (app, "/", "/", vec![GOOD], true),
            (app, "/", "/", vec![], false),
            (app, "/", "/", vec![GOOD, GOOD], false),
            (provider, END_SESSION, by_query.as_str(), vec![], true),
            (provider, END_SESSION, by_query.as_str(), vec!["bad"], true),
            (provider, END_SESSION, twice.as_str(), vec![], false),
            (provider, END_SESSION, broken.as_str(), vec![], false),
            (provider, "/authorize", by_query.as_str(), vec![], false),
            (app, END_SESSION, by_query.as_str(), vec![], false),
        ];
        for (kind, route, uri, headers, expected) in table {
            let parent = parent(kind, &request(uri, &headers), Some(route));
            assert_eq!(parent.is_some(), expected, "{kind:?} {route} {uri} {headers:?}");
        }
    }

    #[test]
    fn invented_methods_have_one_name() {
        assert_eq!(known(&Method::POST), Some("POST"));
        assert_eq!(known(&Method::from_bytes(b"MAKE-ME-A-NEW-SERIES").unwrap()), None);
        assert_eq!(known(&Method::from_bytes(b"get").unwrap()), None);
    }
}
