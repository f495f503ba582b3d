//! A restart, or a party that is not there: what is kept, and what a user is told.

use reqwest::{Method, StatusCode};
use server::cli::PartyKind;

use super::{Processes, eventually};
use crate::browser::{Browser, client};
use crate::curfew::{access_token, claims};
use crate::sign_out::{assert_ended, sign_out_at_a, signed_in};

/// What ended stays ended, and what did not stays, over a `kill -9` of each party.
#[tokio::test]
async fn a_restart_forgets_no_end_and_no_session() {
    let mut processes = Processes::start().await;
    let mut alice = signed_in(&processes, "alice").await;
    let mut bob = signed_in(&processes, "bob").await;
    sign_out_at_a(&processes, &mut alice.browser).await;

    for party in [PartyKind::Provider, PartyKind::AppA, PartyKind::AppB] {
        processes.kill(party);
    }
    // The apps' keys are on their disks, so they serve before the provider is back.
    processes.restart(PartyKind::AppA).await;
    processes.restart(PartyKind::AppB).await;

    assert_ended(&processes.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
    assert_eq!(processes.call(Method::GET, "/notes", access_token(&bob.tokens), None).await.status, StatusCode::OK);
    assert!(alice.browser.open(&processes.app_a).await.body.contains("data-session=\"signed-out\""));
    assert!(bob.browser.open(&processes.app_a).await.body.contains("data-session=\"signed-in\""));

    processes.restart(PartyKind::Provider).await;
    assert_eq!(processes.try_to_sign_in_at_b(&mut alice.browser).await.unwrap_err(), "login_required");
    let tokens = processes.sign_in_at_b(&mut bob.browser).await;
    let sid = |tokens: &serde_json::Value| claims(access_token(tokens))["sid"].clone();
    assert_eq!(sid(&tokens), sid(&bob.tokens), "the same session as before the restart");
}

/// An app without its provider starts, says that it is not ready, and shows a clear page.
#[tokio::test]
async fn an_app_without_its_provider_says_so() {
    let mut processes = Processes::start().await;
    processes.kill(PartyKind::Provider);
    processes.kill(PartyKind::AppA);
    // Its copy of the keys is gone as well: a machine that has never seen the provider.
    std::fs::remove_dir_all(processes.folder(PartyKind::AppA)).unwrap();
    processes.spawn(PartyKind::AppA);
    let mut browser = Browser::new();
    let healthz = format!("{}/healthz", processes.app_a);
    eventually("App A listens", async || client().get(&healthz).send().await.is_ok()).await;
    assert_eq!(browser.open(&healthz).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let login = browser.open(&format!("{}/login", processes.app_a)).await;
    assert_eq!(login.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(login.body.contains("role=\"alert\"") && login.body.contains("cannot be reached"), "{}", login.body);
    assert_eq!(browser.open(&processes.app_a).await.status, StatusCode::OK, "the start page needs no provider");

    processes.spawn(PartyKind::Provider);
    processes.until_healthy(&processes.app_a).await;
    processes.sign_in_at_a(&mut browser, "alice").await;
}

/// A sign-out while the provider is down ends App A's own session, and says what it could not do.
#[tokio::test]
async fn a_sign_out_without_the_provider_says_what_is_missing() {
    let mut processes = Processes::start().await;
    let mut alice = signed_in(&processes, "alice").await;
    processes.kill(PartyKind::Provider);
    let page = sign_out_at_a(&processes, &mut alice.browser).await;
    assert!(page.body.contains("other apps may still be signed in"), "{}", page.body);
    assert!(page.body.contains("data-testid=\"try-again\""), "{}", page.body);
    assert!(alice.browser.open(&processes.app_a).await.body.contains("data-session=\"signed-out\""));
    assert_eq!(processes.call(Method::GET, "/notes", access_token(&alice.tokens), None).await.status, StatusCode::OK);
}
