use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::TestKey;

/// A provider that serves its metadata and keys, or something else in their place.
pub(crate) struct StubProvider {
    pub(crate) key: TestKey,
    issuer: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    metadata: Mutex<Document>,
    jwks: Mutex<Document>,
    jwks_requests: AtomicUsize,
}

/// What is served: status, body, and where a redirect leads.
#[derive(Clone)]
pub(crate) struct Document {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    pub(crate) location: Option<String>,
}

impl Document {
    pub(crate) fn json(value: &Value) -> Self {
        Self { status: StatusCode::OK, body: value.to_string(), location: None }
    }

    pub(crate) fn unavailable() -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, body: String::new(), location: None }
    }
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let location = self.location.map(|location| [("location", location)]);
        (self.status, location, [("content-type", "application/json")], self.body).into_response()
    }
}

impl StubProvider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let key = TestKey::es256("k1");
        let shared = Arc::new(Shared {
            metadata: Mutex::new(Document::json(&Self::metadata(&issuer))),
            jwks: Mutex::new(Document::json(&json!({ "keys": [key.jwk()] }))),
            jwks_requests: AtomicUsize::new(0),
        });
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(jwks))
            .with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { key, issuer, shared, server }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(crate) fn metadata(issuer: &str) -> Value {
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "end_session_endpoint": format!("{issuer}/end_session"),
            "backchannel_logout_supported": true,
        })
    }

    pub(crate) fn serve_metadata(&self, document: Document) {
        *self.shared.metadata.lock().unwrap() = document;
    }

    pub(crate) fn serve_jwks(&self, document: Document) {
        *self.shared.jwks.lock().unwrap() = document;
    }

    /// The provider's keys from now on.
    pub(crate) fn rotate_to(&mut self, key: TestKey) {
        self.serve_jwks(Document::json(&json!({ "keys": [key.jwk()] })));
        self.key = key;
    }

    pub(crate) fn jwks_requests(&self) -> usize {
        self.shared.jwks_requests.load(Ordering::SeqCst)
    }

    /// Nothing listens any more.
    pub(crate) fn stop(&self) {
        self.server.abort();
    }
}

impl Drop for StubProvider {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn metadata(State(shared): State<Arc<Shared>>) -> Document {
    shared.metadata.lock().unwrap().clone()
}

async fn jwks(State(shared): State<Arc<Shared>>) -> Document {
    shared.jwks_requests.fetch_add(1, Ordering::SeqCst);
    shared.jwks.lock().unwrap().clone()
}
