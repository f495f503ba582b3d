//! No interleaving of what browsers, apps, the provider, the network and time can do revives a session that has ended, or
//! ends another (rule 8): the three real parties, driven step by step, beside a model of what must be true.

mod at_once;
mod check;
mod model;
mod nodes;
mod op;
mod scenarios;
mod sign_ins;
mod steps;
mod streams;
mod under_way;
mod unnamed;
mod wire;
mod world;

use std::sync::LazyLock;

use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};

use world::World;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

proptest! {
    // PROPTEST_CASES asks for more, for a soak.
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// Rules 1, 2, 6 and 8; T-02, T-03, T-05..07, T-09, T-10, T-12, T-13, T-21, T-22.
    #[test]
    fn no_race_revives_a_session_or_ends_another(ops in op::ops()) {
        RUNTIME.block_on(World::run(&ops));
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}
