//! The provider's keys are rotated while the apps run: OpenID Connect Core 1.0 section 10.1.1.

use std::process::Output;
use std::time::{SystemTime, UNIX_EPOCH};

use provider::SigningKeys;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use server::cli::PartyKind;
use server::config::{Config, Topology};

use super::{Processes, eventually};
use crate::browser::client;
use crate::cli::server;
use crate::curfew::access_token;
use crate::sign_out::{assert_ended, sign_out_at_a, signed_in};

/// `server provider keys ...`, with these words at the end.
fn keys(processes: &Processes, words: &[&str]) -> Output {
    server(processes.data.path()).args(["provider", "keys"]).args(words).args(&processes.arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn published(processes: &Processes) -> Vec<String> {
    let answer = client().get(format!("{}/jwks", processes.provider)).send().await.unwrap();
    let keys: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// What an operator types, while the provider runs.
#[tokio::test]
async fn a_running_provider_publishes_what_its_operator_makes() {
    let processes = Processes::start().await;
    let before = published(&processes).await;
    let listed = said(&keys(&processes, &["list"]));
    assert!(before.iter().all(|kid| listed.contains(kid)), "{listed}");
    assert_eq!((listed.matches("active").count(), listed.matches("next").count()), (2, 0), "{listed}");

    let rotated = said(&keys(&processes, &["rotate"]));
    assert_eq!((rotated.matches("active").count(), rotated.matches("next").count()), (2, 2), "{rotated}");
    eventually("the new keys are published", async || published(&processes).await.len() == 4).await;
    assert!(published(&processes).await.iter().all(|kid| rotated.contains(kid)));

    let again = keys(&processes, &["rotate"]);
    let error = String::from_utf8_lossy(&again.stderr);
    assert!(again.status.code() == Some(1) && error.contains("under way"), "{error}");

    let replaced = said(&keys(&processes, &["replace"]));
    assert!(before.iter().all(|kid| !replaced.contains(kid)), "{replaced}");
    eventually("only the newest are published", async || {
        let published = published(&processes).await;
        published.len() == 2 && published.iter().all(|kid| replaced.contains(kid))
    })
    .await;
    processes.stop().await;
}

/// BCL-39, RPI-16: a hint that the old key signed signs out, by logout tokens of a key that the apps have not seen yet.
#[tokio::test]
async fn a_sign_out_works_across_a_rotation() {
    let mut processes = Processes::start().await;
    let mut alice = signed_in(&processes, "alice").await;
    let mut bob = signed_in(&processes, "bob").await;
    let before = published(&processes).await;

    // The rotation began so long ago that its keys sign from now on.
    let mut config = Config::demo(Topology::CrossSite, 4000).unwrap().provider.unwrap();
    config.issuer.clone_from(&processes.provider);
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let folder = processes.folder(PartyKind::Provider);
    SigningKeys::of(&config, &folder).unwrap().rotate(now - 600).unwrap();
    processes.kill(PartyKind::Provider);
    processes.restart(PartyKind::Provider).await;
    assert_eq!(published(&processes).await.len(), 4);

    sign_out_at_a(&processes, &mut alice.browser).await;
    let ended = async || {
        let answer = processes.call(Method::GET, "/notes", access_token(&alice.tokens), None).await;
        answer.status == StatusCode::UNAUTHORIZED
    };
    eventually("App B has the logout token", ended).await;
    let answer = processes.call(Method::GET, "/notes", access_token(&alice.tokens), None).await;
    assert_ended(&answer);
    assert_eq!(answer.body["channel"], "back-channel");
    assert_eq!(processes.try_to_sign_in_at_b(&mut alice.browser).await.unwrap_err(), "login_required");

    // Another session goes on, with what the old key signed and with what the new one does.
    let renewed = processes.sign_in_at_b(&mut bob.browser).await;
    assert!(before.contains(&kid(access_token(&bob.tokens))) && !before.contains(&kid(access_token(&renewed))));
    for tokens in [&bob.tokens, &renewed] {
        let answer = processes.call(Method::GET, "/notes", access_token(tokens), None).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    assert!(bob.browser.open(&processes.app_a).await.body.contains("data-session=\"signed-in\""));
}
