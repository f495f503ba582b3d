//! Changing the demo while it runs.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{Demo, like};
use crate::browser::client;
use crate::curfew::{access_token, claims};
use crate::sign_out::{assert_ended, sign_out_at_a, signed_in};

/// Every party is started again by these.
#[tokio::test]
async fn a_party_that_is_started_again_keeps_sessions_and_remembers_their_end() {
    let demo = Demo::start().await;
    let mut alice = signed_in(&demo, "alice").await;
    let mut bob = signed_in(&demo, "bob").await;
    demo.switch(&json!({ "push": false, "access_token_lifetime": 60 })).await;

    assert!(alice.browser.open(&demo.app_a).await.body.contains("data-session=\"signed-in\""));
    let notes = demo.call(Method::GET, "/notes", access_token(&alice.tokens), None).await;
    assert_eq!(notes.status, StatusCode::OK);
    let renewed = demo.sign_in_at_b(&mut alice.browser).await;
    let renewed = claims(access_token(&renewed));
    assert_eq!(renewed["exp"].as_u64().unwrap() - renewed["iat"].as_u64().unwrap(), 60);

    sign_out_at_a(&demo, &mut alice.browser).await;
    assert_ended(&demo.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
    demo.switch(&json!({ "push": true, "access_token_lifetime": 300 })).await;
    assert_ended(&demo.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
    assert!(bob.browser.open(&demo.app_a).await.body.contains("data-session=\"signed-in\""));
    demo.stop().await;
}

/// Whoever connects while a party is started again waits; what was sent to the one that stops may be cut off.
#[tokio::test]
async fn nobody_is_refused_while_a_party_is_started_again() {
    let demo = Demo::start().await;
    let asking = async {
        let mut answers = 0;
        while answers < 30 {
            let answer = client().get(format!("{}/healthz", demo.app_a)).send().await;
            match answer {
                Ok(answer) => assert_eq!(answer.status(), StatusCode::OK),
                Err(error) => assert!(!error.is_connect(), "{error}"),
            }
            answers += 1;
        }
    };
    let switching = async {
        for push in [false, true, false, true] {
            demo.switch(&json!({ "push": push })).await;
        }
    };
    tokio::join!(asking, switching);
    demo.stop().await;
}

#[tokio::test]
async fn an_app_that_is_down_refuses_connections_and_learns_of_a_sign_out_when_it_is_back() {
    let demo = Demo::start().await;
    let mut alice = signed_in(&demo, "alice").await;
    demo.switch(&json!({ "app_b": false })).await;
    let gone = client().get(format!("{}/healthz", demo.app_b)).send().await;
    assert!(gone.is_err_and(|error| error.is_connect()));
    let (status, answer) = demo.send(Method::POST, "/stolen", &json!({ "token": "anything" })).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(answer["error"].as_str().unwrap().contains("App B"), "{answer}");

    let mut events = demo.events(None).await;
    sign_out_at_a(&demo, &mut alice.browser).await;
    events.until(&[like("provider", "app-b", "back-channel", "unreachable")]).await;
    demo.switch(&json!({ "app_b": true })).await;
    events.until(&[like("app-b", "app-b", "ended", "done"), like("app-b", "provider", "back-channel", "done")]).await;
    assert_ended(&demo.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
    demo.stop().await;
}

/// What went before the party that does not start has been done, and is shown as it is; so is that it is down.
#[tokio::test]
async fn half_a_change_is_shown_as_it_is_and_can_be_made_whole() {
    let demo = Demo::start().await;
    demo.switch(&json!({ "app_b": false })).await;
    // Somebody else takes its place.
    let address = demo.app_b.strip_prefix("http://").unwrap();
    let other = std::net::TcpListener::bind(address).unwrap();
    let mut events = demo.events(None).await;
    let before = demo.switches().await;
    let wanted = with(&before, json!({ "front_channel": false, "push": false, "renew": "off", "app_b": true }));
    let (status, answer) = demo.send(Method::PUT, "/switches", &wanted).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let error = answer["error"].as_str().unwrap();
    for said in ["App B did not start", "switch App B on", "is in use"] {
        assert!(error.contains(said), "{error}");
    }
    let standing = with(&before, json!({ "front_channel": false, "push": false }));
    assert_eq!(demo.switches().await, standing);
    let last = events.until_state().await;
    assert_eq!(last["switches"], standing, "whoever watches is told");

    drop(other);
    demo.switch(&json!({ "app_b": true })).await;
    demo.until_all_healthy().await;
    demo.stop().await;
}

/// It was running, and cannot be started again with the change.
#[tokio::test]
async fn a_party_that_does_not_start_again_is_shown_as_down_and_starts_when_it_can() {
    let demo = Demo::start().await;
    let before = demo.switches().await;
    for (party, change) in [("provider", json!({ "back_channel": false })), ("app-a", json!({ "push": false }))] {
        let (data, aside) = (demo.data(party), demo.data("aside"));
        std::fs::rename(&data, &aside).unwrap();
        std::fs::write(&data, "no folder").unwrap();
        let (status, answer) = demo.send(Method::PUT, "/switches", &with(&before, change.clone())).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{party}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains("is down now"), "{answer}");
        // App B serves as it did.
        let standing = with(&before, json!({ "app_a": party != "app-a" }));
        assert_eq!(demo.switches().await, standing, "{party}");

        std::fs::remove_file(&data).unwrap();
        std::fs::rename(&aside, &data).unwrap();
        demo.switch(&with(&before, change)).await;
        demo.until_all_healthy().await;
        demo.switch(&before).await;
    }
    demo.stop().await;
}

fn with(switches: &Value, changes: Value) -> Value {
    let mut changed = switches.clone();
    for (name, value) in changes.as_object().unwrap() {
        changed[name] = value.clone();
    }
    changed
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_a_sentence_and_changes_nothing() {
    let demo = Demo::start().await;
    let before = demo.switches().await;
    let mut events = demo.events(None).await;
    let bad: [(&str, Value, StatusCode); 7] = [
        ("access_token_lifetime", json!(9), StatusCode::UNPROCESSABLE_ENTITY),
        ("access_token_lifetime", json!(3_601), StatusCode::UNPROCESSABLE_ENTITY),
        ("access_token_lifetime", json!(-1), StatusCode::UNPROCESSABLE_ENTITY),
        ("slow_app_b", json!(5_001), StatusCode::UNPROCESSABLE_ENTITY),
        ("renew", json!("sometimes"), StatusCode::UNPROCESSABLE_ENTITY),
        ("push", json!("no"), StatusCode::UNPROCESSABLE_ENTITY),
        ("colour", json!("red"), StatusCode::UNPROCESSABLE_ENTITY),
    ];
    for (name, value, expected) in bad {
        let mut wanted = before.clone();
        wanted[name] = value.clone();
        // Nothing of it is done, not what is right either.
        wanted["app_a"] = json!(false);
        let (status, answer) = demo.send(Method::PUT, "/switches", &wanted).await;
        assert_eq!(status, expected, "{name} {value}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|error| !error.is_empty()), "{answer}");
    }
    let too_long = json!({ "push": "x".repeat(20_000) });
    assert_eq!(demo.send(Method::PUT, "/switches", &too_long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(demo.switches().await, before);
    demo.switch(&json!({ "app_a": false })).await;
    assert_eq!(events.next().await["value"]["label"], "is stopped", "the first that happens");
    demo.stop().await;
}

#[tokio::test]
async fn app_b_can_be_slow_where_it_is_told_of_sign_outs() {
    const SLOW: u64 = 300;
    let demo = Demo::start().await;
    demo.switch(&json!({ "slow_app_b": SLOW })).await;
    let begun = Instant::now();
    let refused = client().post(format!("{}/logout/back-channel", demo.app_b)).send().await.unwrap();
    assert!(refused.status().is_client_error());
    assert!(begun.elapsed() >= Duration::from_millis(SLOW));
    demo.stop().await;
}
