//! Who is told of what the parties of this process do: set up before any party is opened.

use axum::Router;
use provider::ProviderConfig;
use tokio_util::sync::CancellationToken;

use crate::cli::PartyKind;
use crate::config::Config;
use crate::lab::Seams;
use crate::{Metrics, Party, StartError, Traces};

/// Those who watch the parties. They only take: a party learns nothing by them.
#[derive(Clone)]
pub(crate) struct Watchers {
    pub(crate) metrics: Option<Metrics>,
    pub(crate) traces: Option<Traces>,
    pub(crate) lab: Option<Seams>,
}

impl Watchers {
    /// Of these parties. The lab's begin to deliver what they hear, until `stop`.
    ///
    /// # Errors
    /// One that cannot be set up.
    pub(crate) fn new(kinds: &[PartyKind], config: &Config, stop: &CancellationToken) -> Result<Self, StartError> {
        Ok(Self {
            metrics: config.metrics.as_ref().map(|metrics| Metrics::new(&metrics.hosts)).transpose()?,
            traces: config.traces.as_ref().map(|traces| Traces::new(traces, kinds)).transpose()?,
            lab: config.lab.as_ref().map(|lab| Seams::new(lab, config, stop)).transpose()?,
        })
    }

    pub(crate) fn of_provider(&self, config: &ProviderConfig) -> provider::Observers {
        let metrics = self.metrics.iter().map(|metrics| metrics.of_provider(config));
        let lab = self.lab.iter().map(Seams::of_provider);
        let traces = self.traces.iter().filter_map(Traces::of_provider);
        metrics.chain(traces).chain(lab).fold(provider::Observers::default(), provider::Observers::and)
    }

    pub(crate) fn of_app(&self, kind: PartyKind) -> relying_party::Observers {
        let metrics = self.metrics.iter().map(|metrics| metrics.of_app(kind.name()));
        let lab = self.lab.iter().map(|lab| lab.of_app(kind));
        let traces = self.traces.iter().filter_map(|traces| traces.of_app(kind));
        metrics.chain(traces).chain(lab).fold(relying_party::Observers::default(), relying_party::Observers::and)
    }

    /// This party is open now.
    pub(crate) fn opened(&self, party: &Party) {
        self.metrics.iter().for_each(|metrics| metrics.watch(party));
    }

    /// Lays around a party's router what they need there, until the party stops.
    pub(crate) fn around(&self, kind: PartyKind, router: Router, stop: &CancellationToken) -> Router {
        let router = self.lab.iter().fold(router, |router, lab| lab.around(kind, router, stop));
        self.traces.iter().fold(router, |router, traces| traces.around(kind, router))
    }
}
