use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use moka::sync::Cache;
use provider::observation::Next;
use provider::{Observation, Observer, ProviderConfig};

use super::families::Families;

const PARTY: &str = "provider";

/// The label of apps that are not in the configuration: of those that register themselves there is no end.
const OTHER: &str = "other";

/// As many apps of the configuration have labels of their own.
const MAX_CLIENTS: usize = 100;

/// So many ends are timed at once; of others, and of those before a restart, only the second is known.
const MAX_TIMED: u64 = 10_000;

/// Counts what the provider does.
pub(super) struct ProviderObserver {
    families: Arc<Families>,
    clients: BTreeSet<String>,
    ended_at: Cache<i64, Instant>,
}

impl ProviderObserver {
    pub(super) fn new(families: Arc<Families>, config: &ProviderConfig) -> Self {
        let clients: BTreeSet<String> =
            config.clients.iter().take(MAX_CLIENTS).map(|client| client.client_id.clone()).collect();
        // An alert asks for an increase, which from nothing to one there is none.
        for client in clients.iter().map(String::as_str).chain([OTHER]) {
            families.given_up.with_label_values(&[PARTY, client]);
        }
        let ended_at = Cache::builder().max_capacity(MAX_TIMED).time_to_live(Duration::from_secs(60 * 60)).build();
        Self { families, clients, ended_at }
    }

    fn label<'a>(&self, client: &'a str) -> &'a str {
        if self.clients.contains(client) { client } else { OTHER }
    }

    fn confirmed(&self, sign_out: i64, toe: Option<i64>, client: &str, channel: &str) {
        let since_toe = |toe| {
            let since = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(toe).unwrap_or(0));
            since.elapsed().unwrap_or_default()
        };
        let took = match self.ended_at.get(&sign_out) {
            Some(ended) => Some(ended.elapsed()),
            None => toe.map(since_toe),
        };
        if let Some(took) = took {
            self.families.app_end.with_label_values(&[PARTY, self.label(client), channel]).observe(took.as_secs_f64());
        }
    }
}

impl Observer for ProviderObserver {
    fn observe(&self, observation: &Observation<'_>) {
        let families = &self.families;
        match observation {
            Observation::SessionEnded { sign_out, cause, .. } => {
                self.ended_at.insert(*sign_out, Instant::now());
                families.sessions_ended.with_label_values(&[PARTY, cause.reason]).inc();
            }
            Observation::LogoutTokenAnswered { attempt, next, .. } => {
                let delivered = *next == Next::Delivered;
                let result = if delivered { "delivered" } else { "failed" };
                families.logout_tokens.with_label_values(&[PARTY, self.label(attempt.client), result]).inc();
                if delivered {
                    self.confirmed(attempt.sign_out, Some(attempt.toe), attempt.client, "back-channel");
                }
            }
            Observation::GivenUp { client, .. } => {
                families.given_up.with_label_values(&[PARTY, self.label(client)]).inc();
            }
            Observation::SignOutAnswered { answer, apps, .. } => {
                families.sign_outs.with_label_values(&[PARTY, answer.as_str()]).inc();
                for app in *apps {
                    let labels = [PARTY, self.label(app.client), app.outcome.as_str()];
                    families.app_outcomes.with_label_values(&labels).inc();
                }
            }
            Observation::FrameReported { sign_out, client, acknowledged, .. } => {
                let result = if *acknowledged { "acknowledged" } else { "not-loaded" };
                families.frames.with_label_values(&[PARTY, self.label(client), result]).inc();
                if *acknowledged {
                    self.confirmed(*sign_out, None, client, "front-channel");
                }
            }
            Observation::TokensIssued { grant, .. } => {
                families.tokens.with_label_values(&[PARTY, grant.as_str(), "issued"]).inc();
            }
            Observation::TokensRefused { grant, error, .. } => {
                let grant = grant.map_or("none", provider::observation::Grant::as_str);
                families.tokens.with_label_values(&[PARTY, grant, error]).inc();
            }
            Observation::EverythingRevoked { .. } => families.revocations.with_label_values(&[PARTY]).inc(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::Registry;
    use provider::observation::Sid;

    /// Whoever registers a thousand apps gets one label.
    #[test]
    fn apps_that_are_not_configured_share_a_label() {
        let registry = Registry::new();
        let families = Arc::new(Families::register(&registry).unwrap());
        let config = crate::config::Config::demo(crate::config::Topology::CrossSite, 4000).unwrap();
        let observer = ProviderObserver::new(families.clone(), &config.provider.unwrap());
        fn given_up(client: &str) -> Observation<'_> {
            Observation::GivenUp { sign_out: 1, client, sid: Sid::new("s1"), attempts: 1, reason: "" }
        }
        for n in 0..1_000 {
            let client = format!("registered-{n}");
            observer.observe(&given_up(&client));
        }
        observer.observe(&given_up("app-a"));
        let found = registry.gather();
        let found = found.iter().find(|family| family.name() == "curfew_given_up_total").unwrap();
        assert_eq!(found.get_metric().len(), 3, "app-a, app-b and other");
        assert_eq!(families.given_up.with_label_values(&[PARTY, OTHER]).get(), 1_000);
        assert_eq!(families.given_up.with_label_values(&[PARTY, "app-a"]).get(), 1);
    }
}
