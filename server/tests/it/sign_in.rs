//! Signing in at both apps.

use std::sync::atomic::Ordering;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::browser::Browser;
use crate::curfew::{Curfew, access_token, claims};

#[tokio::test]
async fn a_sign_in_at_a_signs_b_in_without_a_click() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    let start = browser.open(&curfew.app_a).await;
    assert!(start.body.contains("data-session=\"signed-out\"") && start.body.contains("data-testid=\"sign-in\""));

    let home = curfew.sign_in_at_a(&mut browser, "alice").await;
    assert!(home.body.contains("data-user=\"alice\"") && home.body.contains("data-testid=\"sign-out\""));
    let tokens = curfew.sign_in_at_b(&mut browser).await;

    // `sid` is a session's at one client; the token's claims are the ID token's.
    let (id, access) = (claims(tokens["id_token"].as_str().unwrap()), claims(access_token(&tokens)));
    assert_eq!(id["sid"], access["sid"]);
    assert_eq!(id["auth_time"], access["auth_time"]);
    assert!(!home.body.contains(id["sid"].as_str().unwrap()), "App A has a sid of its own");
    curfew.stop().await;
}

#[tokio::test]
async fn notes_are_listed_added_and_deleted_per_user() {
    let curfew = Curfew::start().await;
    let (mut alice, mut bob) = (Browser::new(), Browser::new());
    curfew.sign_in_at_a(&mut alice, "alice").await;
    curfew.sign_in_at_a(&mut bob, "bob").await;
    let (alice, bob) = (curfew.sign_in_at_b(&mut alice).await, curfew.sign_in_at_b(&mut bob).await);
    let (alice, bob) = (access_token(&alice), access_token(&bob));

    let added = curfew.call(Method::POST, "/notes", alice, Some(json!({ "text": " milk " }))).await;
    assert_eq!(added.status, StatusCode::CREATED);
    assert_eq!(added.body["text"], "milk");
    let path = format!("/notes/{}", added.body["id"]);

    assert_eq!(curfew.call(Method::GET, "/notes", alice, None).await.body["notes"][0]["text"], "milk");
    assert_eq!(curfew.call(Method::GET, "/notes", bob, None).await.body["notes"], json!([]));
    assert_eq!(curfew.call(Method::DELETE, &path, bob, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(curfew.call(Method::DELETE, &path, alice, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(curfew.call(Method::DELETE, &path, alice, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(curfew.call(Method::DELETE, "/notes/x", alice, None).await.status, StatusCode::NOT_FOUND);

    for bad in [json!({}), json!({ "text": "" }), json!({ "text": "x".repeat(501) }), json!({ "text": "x", "y": 1 })] {
        let refused = curfew.call(Method::POST, "/notes", alice, Some(bad.clone())).await;
        assert!(refused.status.is_client_error() && refused.body["error"].is_string(), "{bad}: {}", refused.status);
        assert_eq!(refused.headers["cache-control"], "no-store");
    }
    let huge = json!({ "text": "x".repeat(100_000) });
    let refused = curfew.call(Method::POST, "/notes", alice, Some(huge)).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(curfew.call(Method::GET, "/notes", alice, None).await.body["notes"], json!([]));
    curfew.stop().await;
}

#[tokio::test]
async fn working_asks_the_provider_nothing() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    curfew.sign_in_at_a(&mut browser, "alice").await;
    let tokens = curfew.sign_in_at_b(&mut browser).await;
    let before = curfew.provider_requests.load(Ordering::SeqCst);
    for _ in 0..20 {
        assert_eq!(curfew.call(Method::GET, "/notes", access_token(&tokens), None).await.status, StatusCode::OK);
        assert!(browser.open(&curfew.app_a).await.body.contains("data-user=\"alice\""));
    }
    assert_eq!(curfew.provider_requests.load(Ordering::SeqCst), before);
    curfew.stop().await;
}

#[tokio::test]
async fn a_wrong_password_signs_nobody_in() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    let form = browser.open(&format!("{}/login", curfew.app_a)).await;
    let again = curfew.try_to_sign_in(&mut browser, &form, "alice", "wrong").await;
    assert!(again.body.contains("name=\"password\"") && again.body.contains("role=\"alert\""), "{}", again.body);
    assert!(browser.open(&curfew.app_a).await.body.contains("data-session=\"signed-out\""));
    assert_eq!(curfew.try_to_sign_in_at_b(&mut browser).await.unwrap_err(), "login_required");
    curfew.stop().await;
}

#[tokio::test]
async fn a_callback_with_a_tampered_state_or_a_used_one_signs_nobody_in() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    let callback = |parameters: &str| format!("{}/callback?{parameters}", curfew.app_a);
    for parameters in
        ["", "state=x", "code=y", "state=x&code=y", "state=x&state=x&code=y", "state=x&error=access_denied"]
    {
        let page = browser.open(&callback(parameters)).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{parameters}");
        assert!(page.body.contains("role=\"alert\"") && page.body.contains("data-session=\"signed-out\""));
    }

    // The provider's answer, taken to another browser, and then used twice.
    let form = browser.open(&format!("{}/login", curfew.app_a)).await;
    let hidden = form.all_hidden();
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("username", "alice"), ("password", "alice")]);
    let mut answer = browser.send(Method::POST, form.form_action().as_str(), Some(&fields)).await;
    while !answer.location().unwrap().as_str().starts_with(&curfew.app_a) {
        let next = answer.location().unwrap();
        answer = browser.send(Method::GET, next.as_str(), None).await;
    }
    let callback = answer.location().unwrap();
    let mut stranger = Browser::new();
    let page = stranger.open(callback.as_str()).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(stranger.open(&curfew.app_a).await.body.contains("data-session=\"signed-out\""));

    assert!(browser.open(callback.as_str()).await.body.contains("data-session=\"signed-in\""));
    assert_eq!(browser.open(callback.as_str()).await.status, StatusCode::BAD_REQUEST);
    curfew.stop().await;
}

#[tokio::test]
async fn two_tabs_can_sign_in_at_once() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    let first = browser.open(&format!("{}/login", curfew.app_a)).await;
    let second = browser.open(&format!("{}/login", curfew.app_a)).await;
    let home = curfew.sign_in_at_provider(&mut browser, &first, "alice").await;
    assert!(home.body.contains("data-session=\"signed-in\""));
    let home = curfew.sign_in_at_provider(&mut browser, &second, "alice").await;
    assert!(home.body.contains("data-session=\"signed-in\""), "{}", home.body);
    // Cookies ignore ports, so their names carry party and port; none is left of a finished sign-in.
    let port = curfew.app_a.rsplit(':').next().unwrap();
    let of_a: Vec<_> = browser.cookie_names().into_iter().filter(|name| name.starts_with("curfew-a-")).collect();
    assert_eq!(of_a, [format!("curfew-a-{port}")]);
    curfew.stop().await;
}
