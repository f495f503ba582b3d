//! The way to the collector: the operator's own server, which may all the same be down, slow or not what it seems.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::{Request, Response};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, RetryPolicy, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanExporter};
use relying_party::provider::read_body;
use reqwest::redirect::Policy;
use tokio::runtime::Handle;

use crate::StartError;
use crate::config::TracesConfig;

/// How many spans of a party wait to be sent; those that come to a full queue are dropped, and nobody waits.
pub(super) const QUEUE: usize = 2_048;

/// How many are sent at once.
const BATCH: usize = 512;

/// For how long spans are gathered.
const LINGER: Duration = Duration::from_secs(5);

/// How long the collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// As much of its answer is read, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Queues the spans of this party and sends them, from a thread of its own.
pub(super) fn processor(config: &TracesConfig, party: &'static str) -> Result<BatchSpanProcessor, StartError> {
    let failed = |error: &dyn std::fmt::Display| StartError::Traces(error.to_string());
    // No redirects: they would carry the headers elsewhere. No proxies of the environment.
    let http = reqwest::Client::builder()
        .default_headers(config.header_map()?)
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(PATIENCE)
        .timeout(PATIENCE)
        .build()
        .map_err(|error| failed(&error.without_url()))?;
    let runtime = Handle::try_current().map_err(|error| failed(&error))?;
    let otlp = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(Post { http, runtime })
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(config.url()?)
        .with_timeout(PATIENCE)
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .map_err(|error| failed(&error))?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(LINGER)
        .build();
    let exporter = Exporter { otlp, party, lost: AtomicUsize::new(0) };
    Ok(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
}

/// Sends spans, and says once when the collector does not take them.
#[derive(Debug)]
struct Exporter {
    otlp: opentelemetry_otlp::SpanExporter,
    party: &'static str,
    /// How many spans in a row were lost.
    lost: AtomicUsize,
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let (party, spans) = (self.party, batch.len());
        match self.otlp.export(batch).await {
            Ok(()) => match self.lost.swap(0, Ordering::Relaxed) {
                0 => {}
                lost => tracing::info!(party, lost, "the collector takes spans again"),
            },
            Err(error) if self.lost.fetch_add(spans, Ordering::Relaxed) == 0 => {
                tracing::warn!(party, %error, "the collector does not take spans: they are dropped until it does");
            }
            Err(_) => {}
        }
        // It is said already, and spans are not sent twice.
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        match self.lost.load(Ordering::Relaxed) {
            0 => {}
            lost => tracing::warn!(party = self.party, lost, "the collector has not taken the last spans"),
        }
        self.otlp.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.otlp.set_resource(resource);
    }
}

/// The client that the server has anyway, for a thread that is none of the runtime's.
#[derive(Debug)]
struct Post {
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Post {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        self.runtime.spawn(send(self.http.clone(), request)).await?
    }
}

async fn send(http: reqwest::Client, request: reqwest::Request) -> Result<Response<Bytes>, HttpError> {
    let response = http.execute(request).await.map_err(reqwest::Error::without_url)?;
    let status = response.status();
    let answer = read_body(response, LARGEST_ANSWER).await.map_err(reqwest::Error::without_url)?;
    let answer = answer.ok_or("the answer is too long")?;
    Ok(Response::builder().status(status).body(answer.into())?)
}
