//! What each answer does while the provider is down.

use super::Stage;
use super::figures::{Call, Outage};
use super::tab::{Caller, Renewal, Tab};

/// Longer than any token lives, in seconds.
const LONGEST: u64 = 24 * 3600;

/// Takes the stage's provider down for good.
pub(crate) async fn measure(stage: &mut Stage) -> Outage {
    let mut live = Tab::sign_in(stage, "alice").await;
    let mut ended = Tab::sign_in(stage, "bob").await;
    for caller in [&mut live.caller, &mut ended.caller] {
        assert_eq!(caller.call().await, Call::Served);
        // Whoever needs a token for the next call has one.
        assert_eq!(caller.prepare().await, Renewal::Renewed);
    }
    ended.user.sign_out().await;
    stage.provider.stop().await;

    let ended = twice(&mut ended.caller).await;
    let live_calls = twice(&mut live.caller).await;
    let sign_out_arrived = live.user.try_to_sign_out().await;
    let after_sign_out = live.caller.call().await;
    let goes_on_for = goes_on_for(stage, &mut live.caller).await;
    Outage { live: live_calls, ended, sign_out_arrived, after_sign_out, goes_on_for }
}

async fn twice(caller: &mut Caller) -> [Call; 2] {
    [caller.call().await, caller.call().await]
}

async fn goes_on_for(stage: &Stage, caller: &mut Caller) -> u64 {
    for second in 0..LONGEST {
        caller.tick().await;
        if caller.call().await != Call::Served {
            return second;
        }
        stage.clock.advance(1);
    }
    panic!("served for a day without a provider");
}
