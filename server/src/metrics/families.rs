//! Every metric: its name, with the unit at its end, its labels and what it says. `docs/operating.md` has the same table.

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry};

/// A metric, as the page for operators has it.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

/// From a millisecond to a day: a sign-out is confirmed at once, or after an outage.
const SECONDS: [f64; 16] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0, 300.0, 3600.0, 86_400.0];

macro_rules! options {
    (HistogramVec, $name:literal, $help:literal) => {
        HistogramOpts::new($name, $help).buckets(SECONDS.to_vec())
    };
    ($type:ident, $name:literal, $help:literal) => {
        Opts::new($name, $help)
    };
}

macro_rules! families {
    ($($field:ident: $type:ident = $kind:literal $name:literal [$($label:literal),*] $help:literal;)+) => {
        /// Every metric, in the order of the page.
        pub const FAMILIES: &[Family] =
            &[$(Family { name: $name, kind: $kind, labels: &[$($label),*], help: $help }),+];

        /// What the observers count in.
        pub(super) struct Families { $(pub(super) $field: $type),+ }

        impl Families {
            /// # Errors
            /// Two of one name, or a name that is none.
            pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
                $(
                    let $field = $type::new(options!($type, $name, $help), &[$($label),*])?;
                    registry.register(Box::new($field.clone()))?;
                )+
                Ok(Self { $($field),+ })
            }
        }
    };
}

families! {
    sessions_ended: IntCounterVec = "counter" "curfew_sessions_ended_total" ["party", "reason"]
        "Sessions that the provider has ended, by the reason in the audit log.";
    sign_outs: IntCounterVec = "counter" "curfew_sign_outs_total" ["party", "answer"]
        "Browsers that were answered after the end of their session: back (every app is known to have ended), frames or result.";
    app_outcomes: IntCounterVec = "counter" "curfew_app_outcomes_total" ["party", "client", "outcome"]
        "What was known of each app when the browser was answered: ended, pending, unconfirmed or unreachable.";
    logout_tokens: IntCounterVec = "counter" "curfew_logout_tokens_total" ["party", "client", "result"]
        "Attempts to deliver a logout token: delivered or failed.";
    given_up: IntCounterVec = "counter" "curfew_given_up_total" ["party", "client"]
        "Apps that will not be told of a sign-out any more, and do not know of it.";
    frames: IntCounterVec = "counter" "curfew_frames_total" ["party", "client", "result"]
        "What the page with the frames has reported of them: acknowledged or not-loaded.";
    app_end: HistogramVec = "histogram" "curfew_app_end_seconds" ["party", "client", "channel"]
        "Seconds from the provider's commit until the app has confirmed the end.";
    tokens: IntCounterVec = "counter" "curfew_token_requests_total" ["party", "grant", "result"]
        "Token requests: issued, or the error that the app was told.";
    revocations: IntCounterVec = "counter" "curfew_administrator_revocations_total" ["party"]
        "Users of whom an administrator's software has ended everything.";
    outbox_entries: IntGaugeVec = "gauge" "curfew_outbox_entries" ["party"]
        "Logout tokens that are still owed. Absent while the database does not answer.";
    outbox_oldest: IntGaugeVec = "gauge" "curfew_outbox_oldest_seconds" ["party"]
        "Seconds since the earliest end of a session that an app is still owed the news of; 0 where none is.";
    ends: IntCounterVec = "counter" "curfew_ends_total" ["party", "channel", "result"]
        "Ends that an app heard of: recorded, repeated, suspected (unsigned, of an unknown session), refused or unavailable.";
    end: HistogramVec = "histogram" "curfew_end_seconds" ["party", "channel"]
        "Seconds from the event that a logout token names to its record at the app; the event is in whole seconds.";
    record: HistogramVec = "histogram" "curfew_end_record_seconds" ["party", "channel"]
        "Seconds that an app takes to record an end, on disk and in memory.";
    pushes: IntCounterVec = "counter" "curfew_pushes_total" ["party"]
        "Streams of open tabs that were told of an end.";
    requests: IntCounterVec = "counter" "curfew_requests_total" ["party", "result"]
        "Requests that were judged: accepted, or why not: session-ended, expired, invalid, proof, scope, credentials, unavailable.";
    unavailable: IntCounterVec = "counter" "curfew_unavailable_total" ["party", "what"]
        "Answers 503 for want of keys or of the ledger, to a request, a sign-out or a health check.";
    sign_ins: IntCounterVec = "counter" "curfew_sign_ins_total" ["party", "result"]
        "Sign-ins: accepted, or why the callback refused.";
    ledger: IntGaugeVec = "gauge" "curfew_ledger_entries" ["party", "kind"]
        "Ends in the ledger: verified, or unverified (unsigned, of an unknown session).";
    streams: IntGaugeVec = "gauge" "curfew_streams" ["party"]
        "Streams that tabs hold open.";
}
