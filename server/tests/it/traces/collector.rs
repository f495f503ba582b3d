//! An OpenTelemetry collector, as far as the parties can tell.

use std::fmt;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use futures_util::stream;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{self as wire, status::StatusCode as SpanStatus};
use prost::Message as _;
use server::config::TracesConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    Takes,
    /// 503, and nothing is kept.
    Refuses,
    /// To itself, where it notes who comes.
    Redirects,
    /// An answer that does not end.
    Floods,
    /// It takes what comes when it is let go, and answers then.
    Hangs,
}

pub(super) struct Collector {
    pub(super) endpoint: String,
    inner: Arc<Inner>,
    server: tokio::task::JoinHandle<()>,
}

struct Inner {
    behaviour: Behaviour,
    requests: Mutex<Vec<(HeaderMap, Bytes)>>,
    redirected: Mutex<usize>,
    let_go: watch::Sender<bool>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Collector {
    pub(super) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            behaviour,
            requests: Mutex::default(),
            redirected: Mutex::default(),
            let_go: watch::Sender::new(false),
        });
        let router = Router::new()
            .route("/v1/traces", post(receive))
            .route("/elsewhere", any(redirected))
            .with_state(inner.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { endpoint, inner, server }
    }

    /// The table that leads here.
    pub(super) fn config(&self) -> TracesConfig {
        config(&self.endpoint)
    }

    pub(super) fn let_go(&self) {
        self.inner.let_go.send_replace(true);
    }

    /// What came: headers and body of each request.
    pub(super) fn requests(&self) -> Vec<(HeaderMap, Bytes)> {
        self.inner.requests.lock().unwrap().clone()
    }

    pub(super) fn was_followed(&self) -> bool {
        *self.inner.redirected.lock().unwrap() > 0
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        let decode = |(_, body): (_, Bytes)| ExportTraceServiceRequest::decode(body).unwrap();
        let resources = self.requests().into_iter().map(decode).flat_map(|request| request.resource_spans);
        let of_resource = |resource: wire::ResourceSpans| {
            let about = resource.resource.unwrap().attributes;
            let party = find(&about, "service.name").unwrap();
            let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            spans.map(|span| Span { party: party.clone(), inner: span }).collect::<Vec<_>>()
        };
        resources.flat_map(of_resource).collect()
    }
}

pub(super) fn config(endpoint: &str) -> TracesConfig {
    let table = serde_json::json!({ "endpoint": endpoint, "headers": { "authorization": "Bearer of-the-collector" } });
    serde_json::from_value(table).unwrap()
}

async fn receive(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    let keep = || inner.requests.lock().unwrap().push((headers, body));
    match inner.behaviour {
        Behaviour::Takes => keep(),
        Behaviour::Refuses => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Behaviour::Redirects => {
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/elsewhere")]).into_response();
        }
        Behaviour::Floods => {
            let endless = stream::repeat_with(|| Ok::<_, std::convert::Infallible>(Bytes::from(vec![0; 8_192])));
            return Body::from_stream(endless).into_response();
        }
        Behaviour::Hangs => {
            keep();
            inner.let_go.subscribe().wait_for(|gone| *gone).await.unwrap();
        }
    }
    [(header::CONTENT_TYPE, "application/x-protobuf")].into_response()
}

async fn redirected(State(inner): State<Arc<Inner>>) {
    *inner.redirected.lock().unwrap() += 1;
}

/// A span, and whose it is.
#[derive(Clone)]
pub(super) struct Span {
    pub(super) party: String,
    inner: wire::Span,
}

impl Span {
    pub(super) fn name(&self) -> &str {
        &self.inner.name
    }

    pub(super) fn trace(&self) -> &[u8] {
        &self.inner.trace_id
    }

    pub(super) fn id(&self) -> &[u8] {
        &self.inner.span_id
    }

    pub(super) fn is_child_of(&self, parent: &Self) -> bool {
        self.trace() == parent.trace() && self.inner.parent_span_id == parent.id()
    }

    pub(super) fn is_root(&self) -> bool {
        self.inner.parent_span_id.is_empty()
    }

    pub(super) fn parent(&self) -> &[u8] {
        &self.inner.parent_span_id
    }

    pub(super) fn links_to(&self, other: &Self) -> bool {
        self.inner.links.iter().any(|link| link.trace_id == other.trace() && link.span_id == other.id())
    }

    pub(super) fn has_event(&self, name: &str) -> bool {
        self.inner.events.iter().any(|event| event.name == name)
    }

    pub(super) fn kind(&self) -> SpanKind {
        self.inner.kind()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.inner.status.as_ref().is_some_and(|status| status.code() == SpanStatus::Error)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        find(&self.inner.attributes, name)
    }

    /// The names of its attributes.
    pub(super) fn attributes(&self) -> Vec<&str> {
        self.inner.attributes.iter().map(|attribute| attribute.key.as_str()).collect()
    }

    pub(super) fn took(&self) -> u64 {
        self.inner.end_time_unix_nano.checked_sub(self.inner.start_time_unix_nano).unwrap()
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (trace, id) = (hex(self.trace()), hex(self.id()));
        write!(formatter, "{} `{}` {trace}-{id} below {}", self.party, self.name(), hex(self.parent()))
    }
}

fn find(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    match &found.value {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => Some(text.clone()),
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => Some(number.to_string()),
        other => panic!("{name} is {other:?}"),
    }
}
