//! How long after a sign-out the API still takes the token, and the tab still shows the user's data.

use std::time::{Duration, Instant};

use super::figures::{Call, SignOut, Wait};
use super::percentiles::Samples;
use super::tab::{Caller, Renewal, Tab};
use super::{Answer, Scale, Stage};

/// How long an API that learns of sign-outs may take to do so.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn measure(stage: &Stage, scale: &Scale) -> SignOut {
    if stage.answer.waits_for_expiry() {
        return until_expiry(stage, scale).await;
    }
    let mut rounds = Vec::new();
    for _ in 0..scale.sign_outs {
        rounds.push(round(stage).await);
    }
    let samples = |of: fn(&Round) -> Duration| Samples::new(rounds.iter().map(of).collect());
    let tab_locks = samples(|round| round.tab_locks);
    let refused = |status| rounds.iter().filter(|round| round.at_the_answer == status).count();
    SignOut {
        api_refuses: Wait::Measured(samples(|round| round.api_refuses)),
        tab_locks: if stage.answer == Answer::Curfew { Wait::Measured(tab_locks) } else { Wait::AtNextCall(tab_locks) },
        refused_at_the_answer: (stage.answer != Answer::OneTime)
            .then(|| (refused(Some(Call::Refused(401))), rounds.len())),
        unspent_is_good_for: if stage.answer == Answer::OneTime { Some(unspent(stage, scale).await) } else { None },
        first_call: samples(|round| round.first_call),
    }
}

/// One sign-out, by the machine's clock.
struct Round {
    api_refuses: Duration,
    tab_locks: Duration,
    /// Where the token that was good before still is one: what the API says to it then.
    at_the_answer: Option<Call>,
    first_call: Duration,
}

async fn signed_in(stage: &Stage) -> (Tab, Duration) {
    let mut tab = Tab::sign_in(stage, "alice").await;
    let started = Instant::now();
    assert_eq!(tab.caller.call().await, Call::Served);
    (tab, started.elapsed())
}

async fn round(stage: &Stage) -> Round {
    let (Tab { mut user, mut caller }, first_call) = signed_in(stage).await;
    let (api, token) = (caller.api.clone(), caller.access_token().to_owned());
    let stream = if stage.answer == Answer::Curfew { Some(api.listen(&token).await) } else { None };

    let started = Instant::now();
    let sign_out = async {
        user.sign_out().await;
        if stage.answer == Answer::OneTime { None } else { Some(api.call(&token).await) }
    };
    let heard = async {
        match stream {
            Some(stream) => Some(stream.ended().await),
            None => None,
        }
    };
    // Meanwhile the tab keeps calling, so that the first refusal is seen when it comes.
    let (at_the_answer, refused, heard) = tokio::join!(sign_out, until_refused(&mut caller), heard);

    let next_call = Instant::now();
    assert_ne!(caller.call().await, Call::Served);
    let tab_locks = heard.map_or(next_call.elapsed(), |heard| heard - started);
    Round { api_refuses: refused - started, tab_locks, at_the_answer, first_call }
}

/// Calls again and again, and says when a call was not served any more.
async fn until_refused(caller: &mut Caller) -> Instant {
    let refused = async {
        while caller.call().await == Call::Served {}
        Instant::now()
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("the API refuses in time")
}

/// One sign-out right after the token was issued, by the shared clock.
async fn until_expiry(stage: &Stage, scale: &Scale) -> SignOut {
    let (Tab { mut user, mut caller }, first_call) = signed_in(stage).await;
    let (api, token) = (caller.api.clone(), caller.access_token().to_owned());
    user.sign_out().await;
    let refused_at_the_answer = Some((usize::from(api.call(&token).await != Call::Served), 1));

    let (mut api_refuses, mut tab_locks) = (None, None);
    for second in 0..=stage.answer.lifetime(scale) {
        if api_refuses.is_none() && api.call(&token).await != Call::Served {
            api_refuses = Some(second);
        }
        if tab_locks.is_none() && caller.tick().await {
            tab_locks = Some(second);
        }
        stage.clock.advance(1);
    }
    SignOut {
        api_refuses: Wait::Simulated(api_refuses.expect("the token runs out")),
        tab_locks: Wait::Simulated(tab_locks.expect("the tab learns")),
        refused_at_the_answer,
        unspent_is_good_for: None,
        first_call: Samples::new(vec![first_call]),
    }
}

/// For how many seconds the API takes a token of an ended session that nobody has spent: one is spent in the last second of
/// the token's lifetime, another after it.
async fn unspent(stage: &Stage, scale: &Scale) -> u64 {
    let (Tab { mut user, mut caller }, _) = signed_in(stage).await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        assert_eq!(caller.renew().await, Renewal::Renewed);
        tokens.push(caller.access_token().to_owned());
    }
    user.sign_out().await;
    let lifetime = stage.answer.lifetime(scale);
    stage.clock.advance(lifetime - 1);
    assert_eq!(caller.api.call(&tokens[0]).await, Call::Served);
    assert_ne!(caller.api.call(&tokens[0]).await, Call::Served, "it is spent");
    stage.clock.advance(1);
    assert_ne!(caller.api.call(&tokens[1]).await, Call::Served);
    lifetime
}
