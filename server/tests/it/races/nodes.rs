//! An app on two nodes: the sign-out arrives at the one that knows nothing of the sign-in.

use reqwest::StatusCode;

use super::op::{App, Op, Party, User, signed_in};
use super::world::World;

const SIGN_OUT: [Op; 2] = [Op::SignOutAtB(0), Op::Continue(0, User::Alice)];

/// BCL-44, T-08: App A on two nodes over one store. One signs the user in, the other is told, and both obey.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_that_is_told_is_not_the_one_that_signed_the_user_in() {
    let mut world = World::new().await;
    for op in signed_in(0, User::Alice) {
        world.apply(op).await;
    }
    let first = world.wire.router(Party::AppA);
    let second = world.open_second_a().await;
    assert!(world.home(&world.model.web_sessions[0].cookie).await.contains("data-user=\"alice\""), "at the second too");

    for op in SIGN_OUT {
        world.apply(op).await;
    }
    assert!(world.wire.heard().done.iter().any(|(app, _)| *app == App::A));
    world.check().await;
    world.wire.connect(Party::AppA, first);
    world.check().await;
    second.closed().await;
    world.settle().await;
    world.stop().await;
}

/// BCL-44, T-08: App B's API on two nodes with a ledger each. The `sid` in the access token is the provider's, so the
/// node that never saw it refuses it all the same, for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_never_saw_a_token_refuses_it_after_the_sign_out() {
    let mut world = World::new().await;
    for op in [signed_in(1, User::Alice), signed_in(0, User::Alice)].concat() {
        world.apply(op).await;
    }
    let first = world.wire.router(Party::AppB);
    let second = world.open_second_b().await;
    for op in SIGN_OUT {
        world.apply(op).await;
    }
    let [kept, ended] = [0, 1].map(|at| &world.model.access_tokens[at]);
    let (status, body) = world.call_api(&ended.token).await;
    assert_eq!((status, &body["reason"]), (StatusCode::UNAUTHORIZED, &"session_ended".into()));
    assert_eq!(world.call_api(&kept.token).await.0, StatusCode::OK, "T-13: the user's other session");
    world.wire.connect(Party::AppB, first);
    second.closed().await;
    world.stop().await;
}
