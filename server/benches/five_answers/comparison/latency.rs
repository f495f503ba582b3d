//! What each answer adds to a request, and what it asks the provider.

use std::time::{Duration, Instant};

use super::figures::{Call, Latency};
use super::percentiles::Samples;
use super::tab::{Renewal, Tab};
use super::{Scale, Stage};

#[derive(Default)]
struct Taken {
    open: Vec<Duration>,
    guarded: Vec<Duration>,
    prepared: Vec<Duration>,
}

/// One call of each kind at each API in turn, so that what else the machine does hits all alike. With the latencies, the
/// requests to the provider per 100 calls.
pub(crate) async fn measure(stages: &[Stage], scale: &Scale) -> Vec<(Latency, f64)> {
    let mut tabs = Vec::new();
    for stage in stages {
        tabs.push(Tab::sign_in(stage, "alice").await);
    }
    for _ in 0..scale.warm_up {
        for tab in &mut tabs {
            call(tab, &mut Taken::default()).await;
        }
    }
    let before: Vec<usize> = stages.iter().map(|stage| stage.provider.requests()).collect();
    let mut taken: Vec<Taken> = stages.iter().map(|_| Taken::default()).collect();
    for _ in 0..scale.calls {
        for (tab, taken) in tabs.iter_mut().zip(&mut taken) {
            call(tab, taken).await;
        }
    }
    // The handler without a check is the same everywhere.
    let open = Samples::new(taken.iter_mut().flat_map(|taken| taken.open.drain(..)).collect());
    let figures = stages.iter().zip(before).zip(taken).map(|((stage, before), taken)| {
        let latency = Latency {
            open: open.clone(),
            guarded: Samples::new(taken.guarded),
            prepared: Samples::new(taken.prepared),
        };
        let requests = stage.provider.requests() - before;
        (latency, 100.0 * f64::from(u32::try_from(requests).unwrap()) / f64::from(u32::try_from(scale.calls).unwrap()))
    });
    figures.collect()
}

async fn call(tab: &mut Tab, taken: &mut Taken) {
    let caller = &mut tab.caller;
    let started = Instant::now();
    caller.api.call_open(caller.access_token()).await;
    taken.open.push(started.elapsed());

    let started = Instant::now();
    assert_eq!(caller.prepare().await, Renewal::Renewed);
    let prepared = Instant::now();
    assert_eq!(caller.call().await, Call::Served);
    taken.guarded.push(started.elapsed());
    taken.prepared.push(prepared.elapsed());
}
