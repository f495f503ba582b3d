//! Single races, step by step: the machine's operations in a fixed order, one trap each.

use super::op::{App, Op, Party, User, Weather, When, signed_in};
use super::world::World;

const ON: Op = Op::Continue(0, User::Alice);
const SIGN_OUT: [Op; 2] = [Op::SignOutAtA(0), ON];

/// Alice at both browsers, signed in everywhere; then these steps, after each of which the rules are checked.
async fn after(steps: &[Op]) -> World {
    let mut world = World::new().await;
    for op in [signed_in(1, User::Alice), signed_in(0, User::Alice)].concat().iter().chain(steps) {
        world.apply(*op).await;
        world.check().await;
    }
    world
}

/// What is left happens, and browser 1, of which nothing was heard, is as it was.
async fn settled(mut world: World) {
    world.settle().await;
    assert!(!world.model.has_ended(0), "T-06, T-13: Alice's other session was ended");
    world.stop().await;
}

/// Session 0 is browser 1's, session 1 is browser 0's, and what comes after is a new sign-in.
fn assert_ended(world: &World, session: usize) {
    assert!(world.model.has_ended(session), "the steps did not end session {session}");
}

/// T-10: the sign-out comes when App A has the code, when the provider has made the tokens, and before App B's tab has
/// exchanged its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_a_sign_out_overtakes_ends_nowhere() {
    for when in [When::BeforeExchange, When::AfterExchange] {
        let steps = [Op::SilentAtB(0), Op::BeginAtA(0), Op::Pause(0, when), Op::SignOutAtA(0), ON];
        let mut world = after(&steps).await;
        assert_ended(&world, 1);
        let before = (world.model.web_sessions.len(), world.model.access_tokens.len());
        // App A goes on, and then App B's tab.
        for step in [ON, ON] {
            world.apply(step).await;
            world.check().await;
        }
        assert_eq!((world.model.web_sessions.len(), world.model.access_tokens.len()), before, "{when:?}");
        settled(world).await;
    }
}

/// T-10, BCL-37, BCL-45: App A has not heard when its callback ends; when it hears, the session that it began is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_began_before_its_app_heard_ends_when_it_hears() {
    let weather = Op::Weather(App::A, Weather::NothingArrives);
    let sign_out = [Op::SignOutAtA(0), ON];
    let steps = [&[weather, Op::BeginAtA(0), Op::Pause(0, When::AfterExchange)][..], &sign_out, &[ON]].concat();
    let world = after(&steps).await;
    assert_ended(&world, 1);
    assert_eq!(world.model.web_sessions.len(), 3, "App A knows of no end yet, so it begins a session");
    settled(world).await;
}

/// T-21: a request that loaded its session before the sign-out, and saves it after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_request_saves_nothing_back() {
    // Signed out at App A only, and everywhere.
    for end_everywhere in [false, true] {
        let steps = [Op::BeginRequest(0), Op::SignOutAtA(0)];
        let mut world = after(&steps).await;
        if end_everywhere {
            world.apply(ON).await;
            assert_ended(&world, 1);
        }
        let slow = usize::from(!end_everywhere);
        world.apply(Op::Continue(slow, User::Alice)).await;
        world.check().await;
        settled(world).await;
    }
}

/// T-01: the access tokens are expired and purged, and App B is told all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_without_live_tokens_is_told() {
    let world = after(&[&[Op::Advance(301), Op::Sweep][..], &SIGN_OUT].concat()).await;
    assert_ended(&world, 1);
    let told = world.wire.heard().done;
    assert!(told.iter().any(|(app, _)| *app == App::B), "{told:?}");
    settled(world).await;
}

/// T-03, T-04: nothing arrives, the provider starts again, and then everything arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_provider_loses_no_notification() {
    let dark = [Op::Weather(App::A, Weather::NothingArrives), Op::Weather(App::B, Weather::NothingArrives)];
    let again = [Op::Restart(Party::Provider), Op::Weather(App::B, Weather::Fair), Op::Advance(31)];
    let world = after(&[&dark[..], &SIGN_OUT, &again].concat()).await;
    assert_ended(&world, 1);
    let told = world.wire.heard().done;
    assert!(told.iter().all(|(app, _)| *app == App::B) && told.len() == 1, "App A is still in the dark: {told:?}");
    settled(world).await;
}

/// T-05: the app acted and its answer was lost; the next attempt is another token, and a success, as is the old one again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_no_replay() {
    let lost = [Op::Weather(App::B, Weather::AnswersGetLost)];
    let again = [Op::Weather(App::B, Weather::Fair), Op::Advance(31), Op::Restart(Party::AppB)];
    let mut world = after(&[&lost[..], &SIGN_OUT, &again].concat()).await;
    assert_ended(&world, 1);
    let letters = world.wire.letters();
    let of_b: Vec<_> = letters.iter().filter(|letter| letter.app == App::B).collect();
    assert_eq!(of_b.len(), 2, "one attempt and one retry");
    assert_ne!(of_b[0].logout_token, of_b[1].logout_token);
    for nth in 0..letters.len() {
        world.apply(Op::Deliver(nth)).await;
        world.check().await;
    }
    settled(world).await;
}

/// T-06: an old logout token that arrives after the next sign-in, within the same second, ends nothing of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_logout_token_spares_the_next_sign_in() {
    let dark = [Op::Weather(App::A, Weather::NothingArrives), Op::Weather(App::B, Weather::NothingArrives)];
    let late = [Op::Deliver(0), Op::Deliver(1), Op::Deliver(0)];
    let world = after(&[&dark[..], &SIGN_OUT, &signed_in(0, User::Alice), &late].concat()).await;
    assert_ended(&world, 1);
    assert!(world.model.sessions.len() == 3 && !world.model.has_ended(2), "the new session lives");
    settled(world).await;
}

/// T-12: Bob signs in where Alice was, and her session ends everywhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_users_sign_in_ends_the_session_before_it() {
    let world = after(&[Op::BeginAtB(0), Op::Continue(0, User::Bob), ON, Op::FirstCall(0), Op::Advance(1)]).await;
    assert_ended(&world, 1);
    assert_eq!(world.model.access_tokens[2].session, 2, "Bob has a token of his own");
    assert_eq!(world.wire.heard().done.len(), 2, "both apps of Alice's session know");
    settled(world).await;
}

/// T-10: a login form that was to renew the session goes with it: it signs nobody in when it is sent later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_form_ends_with_the_session_that_it_was_to_renew() {
    let world = after(&[Op::BeginAtB(0), Op::SignOutAtA(0), ON, ON]).await;
    assert_ended(&world, 1);
    assert_eq!(world.model.sessions.len(), 2, "nobody has signed in anew");
    settled(world).await;
}

/// What App B has signed out by itself stays so over a restart, though the provider never hears of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_access_token_that_its_app_signed_out_stays_dead() {
    let world = after(&[Op::SignOutAtB(0), Op::Restart(Party::AppB)]).await;
    assert!(world.model.access_tokens[1].revoked && !world.model.has_ended(1));
    settled(world).await;
}

/// An ID token is good for ten minutes, and a minute more because clocks differ, by App A's clock and however long App A waited
/// for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_that_expired_on_its_way_signs_nobody_in() {
    let world = after(&[Op::BeginAtA(0), Op::Pause(0, When::AfterExchange), Op::Advance(660), ON]).await;
    assert_eq!(world.model.web_sessions.len(), 2, "those of the beginning");
    settled(world).await;
}

/// Bound, then signed out, then over a restart; and signed out before App B knew of the session at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_access_token_without_sid_ends_with_its_session_whichever_comes_first() {
    let (restart, present) = (Op::Restart(Party::AppB), Op::Present(0));
    let bound_first = [&[Op::Unnamed(0), Op::CallByUnnamed(0), present][..], &SIGN_OUT, &[restart, present]].concat();
    let ended_first = [&[Op::Unnamed(0), Op::CallByUnnamed(0)][..], &SIGN_OUT, &[present, restart, present]].concat();
    let never_used = [&[Op::Unnamed(0)][..], &SIGN_OUT, &[restart, present, restart]].concat();
    for (steps, admitted) in [(bound_first, true), (ended_first, false), (never_used, false)] {
        let world = after(&steps).await;
        assert_ended(&world, 1);
        let unnamed = &world.model.unnamed[0];
        assert_eq!((unnamed.session, unnamed.presented, unnamed.admitted), (1, true, admitted));
        let (status, body) = world.call_api(&unnamed.token).await;
        assert_eq!((status.as_u16(), &body["reason"]), (401, &"session_ended".into()));
        world.check_rows().await;
        settled(world).await;
    }
}

/// App B has not heard when the ID token is presented; when it hears, the token is bound already, and ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_access_token_that_was_bound_before_its_app_heard_ends_when_it_hears() {
    let dark = [Op::Unnamed(0), Op::Weather(App::B, Weather::NothingArrives)];
    let mut world = after(&[&dark[..], &SIGN_OUT, &[Op::Present(0)]].concat()).await;
    assert_ended(&world, 1);
    assert!(world.model.unnamed[0].admitted, "App B knows of no end yet");
    for op in [Op::Weather(App::B, Weather::Fair), Op::Advance(31), Op::Restart(Party::AppB)] {
        world.apply(op).await;
        world.check().await;
    }
    assert_eq!(world.call_api(&world.model.unnamed[0].token).await.1["reason"], "session_ended");
    settled(world).await;
}
