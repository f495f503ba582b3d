//! Traces for an OpenTelemetry collector: one from the click on "sign out" through every party to the refusal of the
//! token that was left over. Off, unless the configuration has a table `[traces]`.
//!
//! Each party has a tracer of its own, and they share nothing but what goes over HTTP: the address of the sign-out and the
//! requests of the back-channel carry a [`traceparent`]. Spans are made of [requests](request), of which the route is
//! named and never the address, and of what the parties tell their observers ([`provider`], [`app`]), in which there is
//! no secret. No span holds who the user is.

mod app;
mod attributes;
mod collector;
mod here;
mod provider;
mod request;
mod traceparent;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};

pub(crate) use here::traceparent;

use self::app::AppObserver;
use self::provider::ProviderObserver;
use crate::StartError;
use crate::cli::PartyKind;
use crate::config::TracesConfig;

/// How long spans may take to be sent when the process stops.
const FLUSH: Duration = Duration::from_secs(2);

/// The tracers of this process. Clones share them.
#[derive(Clone)]
pub struct Traces(Arc<[Traced]>);

struct Traced {
    kind: PartyKind,
    tracers: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// One for each of these parties; the collector need not be there. Within a tokio runtime, by which spans are sent.
    ///
    /// # Errors
    /// A configuration that cannot be used.
    pub fn new(config: &TracesConfig, kinds: &[PartyKind]) -> Result<Self, StartError> {
        let traced = kinds.iter().map(|kind| {
            let resource = Resource::builder_empty()
                .with_service_name(format!("{}-{}", config.service, kind.name()))
                .with_attribute(attributes::text("service.version", env!("CARGO_PKG_VERSION")))
                .build();
            // By the trace's number alone, so that all parties decide the same, and nobody else for them.
            let sampler = Sampler::TraceIdRatioBased(config.sample);
            let tracers = SdkTracerProvider::builder()
                .with_resource(resource)
                .with_sampler(sampler)
                .with_span_processor(collector::processor(config, kind.name())?)
                .build();
            let tracer = tracers.tracer("curfew");
            Ok(Traced { kind: *kind, tracers, tracer })
        });
        traced.collect::<Result<_, StartError>>().map(Self)
    }

    /// Who traces what a provider does.
    #[must_use]
    pub fn of_provider(&self) -> Option<Arc<dyn ::provider::Observer>> {
        Some(Arc::new(ProviderObserver::new(self.tracer(PartyKind::Provider)?)))
    }

    /// Who traces what this app does.
    #[must_use]
    pub fn of_app(&self, kind: PartyKind) -> Option<Arc<dyn relying_party::Observer>> {
        Some(Arc::new(AppObserver::new(self.tracer(kind)?)))
    }

    /// Makes a span of each request to this party.
    pub fn around(&self, kind: PartyKind, router: Router) -> Router {
        match self.tracer(kind) {
            Some(tracer) => request::around(router, kind, tracer),
            None => router,
        }
    }

    /// Sends what is left, for as long and for two seconds at most. What comes later is dropped.
    pub async fn shutdown(&self, within: Duration) {
        let within = within.min(FLUSH);
        let stopping = self.0.iter().map(|traced| {
            let (tracers, party) = (traced.tracers.clone(), traced.kind.name());
            // It waits for a thread.
            tokio::task::spawn_blocking(move || {
                if tracers.shutdown_with_timeout(within).is_err() {
                    tracing::warn!(party, "the last spans did not reach the collector before the stop");
                }
            })
        });
        futures_util::future::join_all(stopping).await;
    }

    fn tracer(&self, kind: PartyKind) -> Option<SdkTracer> {
        self.0.iter().find(|traced| traced.kind == kind).map(|traced| traced.tracer.clone())
    }
}
