//! What each answer costs and how fast it is, with real HTTP over loopback: a provider and an API for each of them.

mod answer;
mod api;
pub(crate) mod figures;
mod idle;
mod introspection;
mod latency;
mod local_jwt;
mod one_time;
mod outage;
pub(crate) mod page;
pub(crate) mod percentiles;
pub(crate) mod plot;
mod provider;
mod serve;
mod sign_out;
mod stage;
mod tab;
pub(crate) mod table;

pub(crate) use answer::Answer;
use figures::Figures;
use stage::Stage;

/// How much is measured, and for how long tokens live.
pub(crate) struct Scale {
    /// Requests to each API whose latency is taken, and as many without a check.
    pub(crate) calls: usize,
    /// Requests before that, whose latency is not taken.
    pub(crate) warm_up: usize,
    /// Sign-outs whose time is taken.
    pub(crate) sign_outs: usize,
    /// Seconds.
    pub(crate) long_lifetime: u64,
    /// Seconds.
    pub(crate) short_lifetime: u64,
    /// How long before a token runs out its tab renews it, in seconds.
    pub(crate) renew_before: u64,
}

impl Scale {
    /// What the page shows.
    #[allow(dead_code, reason = "the tests need less")]
    pub(crate) fn full() -> Self {
        let (long_lifetime, short_lifetime) = (3600, 300);
        Self { calls: 5000, warm_up: 200, sign_outs: 50, long_lifetime, short_lifetime, renew_before: 30 }
    }
}

/// Measures everything, in the order of [`Answer::ALL`].
pub(crate) async fn run(scale: &Scale) -> Vec<Figures> {
    let keys = provider::make_keys().await;
    let mut stages = Vec::new();
    for answer in Answer::ALL {
        stages.push(Stage::start(answer, scale, keys.path()).await);
    }
    let latencies = latency::measure(&stages, scale).await;
    let mut figures = Vec::new();
    for (mut stage, (latency, requests_per_100_calls)) in stages.into_iter().zip(latencies) {
        let requests_per_idle_hour = idle::requests_in_an_hour(&stage).await;
        let sign_out = sign_out::measure(&stage, scale).await;
        let outage = outage::measure(&mut stage).await;
        let answer = stage.answer;
        figures.push(Figures { answer, sign_out, latency, requests_per_100_calls, requests_per_idle_hour, outage });
        stage.stop().await;
    }
    figures
}
