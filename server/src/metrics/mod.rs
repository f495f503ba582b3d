//! `/metrics` for Prometheus, on a listener of its own: numbers of what the parties of this process do.
//!
//! The parties know nothing of it. Each tells its observers what it does, and the numbers go one way, out of the process;
//! each has the label `party`. No label holds anything of a user or of a session.

mod app;
mod families;
mod host;
mod provider;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::{Encoder as _, Registry, TextEncoder};

pub use self::families::{FAMILIES, Family};

use self::app::AppObserver;
use self::families::Families;
use self::host::require_own_host;
use self::provider::ProviderObserver;
use crate::headers::NO_STORE;
use crate::party::Inside;
use crate::{Party, StartError};

/// A database that does not answer must not keep the other numbers back.
const STORE_PATIENCE: Duration = Duration::from_secs(1);

/// The numbers of this process. Clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    families: Arc<Families>,
    /// By which names they can be asked for, beside addresses and `localhost`.
    hosts: Vec<String>,
    /// Who is asked at each scrape.
    watched: Mutex<BTreeMap<&'static str, Inside>>,
}

impl Metrics {
    /// All of them at nothing. They can be asked for by an address of this machine, by `localhost`, and by these names.
    ///
    /// # Errors
    /// A metric that cannot be registered: a mistake in this module.
    pub fn new(hosts: &[String]) -> Result<Self, StartError> {
        let registry = Registry::new();
        let families = Families::register(&registry).map_err(|error| StartError::Metrics(error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            registry,
            families: Arc::new(families),
            hosts: hosts.to_vec(),
            watched: Mutex::default(),
        })))
    }

    /// Who counts what a provider with this configuration does.
    #[must_use]
    pub fn of_provider(&self, config: &::provider::ProviderConfig) -> Arc<dyn ::provider::Observer> {
        Arc::new(ProviderObserver::new(self.0.families.clone(), config))
    }

    /// Who counts what this app does.
    #[must_use]
    pub fn of_app(&self, party: &'static str) -> Arc<dyn relying_party::Observer> {
        Arc::new(AppObserver::new(self.0.families.clone(), party))
    }

    /// Asks this party at each scrape how much it holds, in place of an earlier one of the same name.
    pub fn watch(&self, party: &Party) {
        if let Some((name, inside)) = party.inside() {
            self.watched().insert(name, inside);
        }
    }

    /// The one route, `/metrics`: the text exposition format, version 0.0.4.
    pub fn router(&self) -> Router {
        let router = Router::new().route("/metrics", get(scrape));
        router.layer(middleware::from_fn_with_state(self.clone(), require_own_host)).with_state(self.clone())
    }

    fn hosts(&self) -> &[String] {
        &self.0.hosts
    }

    fn watched(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Inside>> {
        self.0.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look(&self) {
        let watched = self.watched().clone();
        for (party, inside) in watched {
            match inside {
                Inside::Provider(state) => self.look_at_outbox(party, &state).await,
                Inside::App(relying_party) => self.look_at_ledger(party, &relying_party),
            }
        }
    }

    async fn look_at_outbox(&self, party: &str, state: &::provider::ProviderState) {
        let families = &self.0.families;
        match tokio::time::timeout(STORE_PATIENCE, state.outbox()).await {
            Ok(Ok(outbox)) => {
                let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs().cast_signed();
                let oldest = outbox.oldest.map_or(0, |toe| (now - toe).max(0));
                families.outbox_entries.with_label_values(&[party]).set(outbox.entries);
                families.outbox_oldest.with_label_values(&[party]).set(oldest);
            }
            // A number that is not known is not there, and an alert asks for that too.
            Ok(Err(_)) | Err(_) => {
                tracing::warn!(party, "the outbox cannot be counted: the provider's database does not answer");
                families.outbox_entries.reset();
                families.outbox_oldest.reset();
            }
        }
    }

    fn look_at_ledger(&self, party: &str, relying_party: &relying_party::RelyingParty) {
        let families = &self.0.families;
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        families.streams.with_label_values(&[party]).set(count(relying_party.open_streams()));
        // A ledger that cannot be read answers 503 to everybody, which is counted.
        if let Ok((verified, unverified)) = relying_party.ledger_len() {
            families.ledger.with_label_values(&[party, "verified"]).set(count(verified));
            families.ledger.with_label_values(&[party, "unverified"]).set(count(unverified));
        }
    }
}

async fn scrape(State(metrics): State<Metrics>) -> Response {
    metrics.look().await;
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&metrics.0.registry.gather(), &mut text) {
        Ok(()) => ([(CONTENT_TYPE, encoder.format_type().to_owned())], [NO_STORE], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
