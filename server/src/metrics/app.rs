use std::sync::Arc;
use std::time::SystemTime;

use prometheus::IntCounter;
use relying_party::observation::Event;
use relying_party::{BackChannelRejection, Channel, Observation, Observer, Trust};

use super::families::Families;

/// Counts what an app does.
pub(super) struct AppObserver {
    families: Arc<Families>,
    party: &'static str,
    /// On the way of every request, so it is not looked up each time.
    accepted: IntCounter,
}

impl AppObserver {
    pub(super) fn new(families: Arc<Families>, party: &'static str) -> Self {
        // An alert asks for an increase, which from nothing to one there is none.
        for what in ["request", "sign-out", "health"] {
            families.unavailable.with_label_values(&[party, what]);
        }
        for result in ["recorded", "repeated", "refused", "unavailable"] {
            families.ends.with_label_values(&[party, Channel::BackChannel.as_str(), result]);
        }
        let accepted = families.requests.with_label_values(&[party, "accepted"]);
        Self { families, party, accepted }
    }

    fn end(&self, channel: Channel, result: &str) {
        self.families.ends.with_label_values(&[self.party, channel.as_str(), result]).inc();
    }

    fn unavailable(&self, what: &str) {
        self.families.unavailable.with_label_values(&[self.party, what]).inc();
    }

    fn since(&self, event: &Event<'_>) {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64();
        // Exact for any time that a clock of this century shows.
        #[allow(clippy::cast_precision_loss)]
        let seconds = (now - event.not_before as f64).max(0.0);
        self.families.end.with_label_values(&[self.party, event.channel.as_str()]).observe(seconds);
    }
}

impl Observer for AppObserver {
    fn observe(&self, observation: &Observation<'_>) {
        match observation {
            Observation::RequestAccepted { .. } => self.accepted.inc(),
            Observation::RequestRefused { reason, .. } => {
                self.families.requests.with_label_values(&[self.party, reason.as_str()]).inc();
                if *reason == relying_party::observation::RefusalReason::Unavailable {
                    self.unavailable("request");
                }
            }
            Observation::LogoutTokenRefused { error: BackChannelRejection::NoKeys } => {
                self.end(Channel::BackChannel, "unavailable");
                self.unavailable("sign-out");
            }
            Observation::LogoutTokenRefused { .. } => self.end(Channel::BackChannel, "refused"),
            Observation::FrontChannelRefused { .. } => self.end(Channel::FrontChannel, "refused"),
            Observation::EndRecorded { event, repeated, held_as, took, .. } => {
                let labels = [self.party, event.channel.as_str()];
                self.families.record.with_label_values(&labels).observe(took.as_secs_f64());
                match (held_as, repeated) {
                    (_, true) => self.end(event.channel, "repeated"),
                    (Trust::Unsigned, false) => self.end(event.channel, "suspected"),
                    (Trust::Verified, false) => {
                        self.end(event.channel, "recorded");
                        // Only a logout token says when it happened.
                        if event.channel == Channel::BackChannel {
                            self.since(event);
                        }
                    }
                }
            }
            Observation::EndRefused { event, error } if error.is_request_error() => self.end(event.channel, "refused"),
            Observation::EndRefused { event, .. } => {
                self.end(event.channel, "unavailable");
                self.unavailable("sign-out");
            }
            Observation::Pushed { streams, .. } => {
                self.families.pushes.with_label_values(&[self.party]).inc_by(*streams as u64);
            }
            Observation::SignedIn { .. } => self.families.sign_ins.with_label_values(&[self.party, "accepted"]).inc(),
            Observation::SignInRefused { reason } => {
                self.families.sign_ins.with_label_values(&[self.party, reason]).inc();
            }
            Observation::NotReady => self.unavailable("health"),
            _ => {}
        }
    }
}
