//! Random kills, for as long as one likes: `CURFEW_SOAK_ROUNDS` (3 without it), `CURFEW_SOAK_SEED` (random without it).

use std::env;
use std::time::{Duration, Instant};

use fastrand::Rng;
use server::cli::PartyKind;

use super::kill::Step;
use super::stage::Stage;

const PARTIES: [PartyKind; 3] = [PartyKind::Provider, PartyKind::AppA, PartyKind::AppB];
/// A sign-out takes about this long, in microseconds, where nobody dies.
const ABOUT_A_SIGN_OUT: u64 = 20_000;

/// T-03, T-04, T-05: the seed decides who dies when, as far as a seed can: at a step, or at any moment.
#[tokio::test]
async fn random_kills_lose_nothing() {
    let rounds: u32 = setting("CURFEW_SOAK_ROUNDS").unwrap_or(3);
    let seed: u64 = setting("CURFEW_SOAK_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("CURFEW_SOAK_ROUNDS={rounds} CURFEW_SOAK_SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let mut stage = Stage::start(None).await;
    for round in 1..=rounds {
        let since = Instant::now();
        let what = if rng.bool() {
            let (killed, step) = (PARTIES[rng.usize(..3)], Step::ALL[rng.usize(..Step::ALL.len())]);
            let end = stage.play(killed, step).await;
            format!("{} at {step:?}: {end:?}", killed.name())
        } else {
            // The order in which they die and come back is part of the game.
            let mut parties = PARTIES;
            rng.shuffle(&mut parties);
            let killed = &parties[..rng.usize(1..=3)];
            let moment = Duration::from_micros(rng.u64(..ABOUT_A_SIGN_OUT));
            let end = stage.play_at_any_moment(killed, moment).await;
            let names: Vec<&str> = killed.iter().map(|party| party.name()).collect();
            format!("{} after {moment:?}: {end:?}", names.join(", "))
        };
        println!("round {round}: {what}, {:.1} s", since.elapsed().as_secs_f64());
    }
}

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {value}")))
}
