//! An API that asks the provider about the token at every request (RFC 7662 section 2).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;

use super::local_jwt::bearer;
use super::provider::API_SECRET;

/// How long the provider may take.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) struct Introspection {
    endpoint: String,
    /// Keeps its connection to the provider.
    client: reqwest::Client,
}

impl Introspection {
    pub(crate) fn new(issuer: &str) -> Arc<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Arc::new(Self { endpoint: format!("{issuer}/introspect"), client })
    }

    /// Whether the token is good; `None`: nobody can tell.
    async fn is_active(&self, token: &str) -> Option<bool> {
        let request = self.client.post(&self.endpoint).basic_auth("api", Some(API_SECRET)).form(&[("token", token)]);
        let answer = request.send().await.ok().filter(|answer| answer.status().is_success())?;
        let answer: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
        answer["active"].as_bool()
    }
}

pub(crate) async fn layer(
    State(introspection): State<Arc<Introspection>>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    let token = bearer(request.headers()).ok_or(StatusCode::UNAUTHORIZED)?.to_owned();
    match introspection.is_active(&token).await {
        Some(true) => Ok(next.run(request).await),
        Some(false) => Err(StatusCode::UNAUTHORIZED),
        None => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}
