//! Who is told of what the parties of this process do: set up before any party is opened.

use provider::ProviderConfig;

use crate::cli::PartyKind;
use crate::config::Config;
use crate::{Metrics, Party, StartError};

/// Those who watch the parties.
#[derive(Clone, Default)]
pub(crate) struct Watchers {
    pub(crate) metrics: Option<Metrics>,
}

impl Watchers {
    /// # Errors
    /// One that cannot be set up.
    pub(crate) fn new(config: &Config) -> Result<Self, StartError> {
        Ok(Self { metrics: config.metrics.as_ref().map(|_| Metrics::new()).transpose()? })
    }

    pub(crate) fn of_provider(&self, config: &ProviderConfig) -> provider::Observers {
        let observers = self.metrics.iter().map(|metrics| metrics.of_provider(config));
        observers.fold(provider::Observers::default(), provider::Observers::and)
    }

    pub(crate) fn of_app(&self, kind: PartyKind) -> relying_party::Observers {
        let observers = self.metrics.iter().map(|metrics| metrics.of_app(kind.name()));
        observers.fold(relying_party::Observers::default(), relying_party::Observers::and)
    }

    /// This party is open now.
    pub(crate) fn opened(&self, party: &Party) {
        self.metrics.iter().for_each(|metrics| metrics.watch(party));
    }
}
