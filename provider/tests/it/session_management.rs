use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Answer, TestBrowser, TestProvider, authorize, config, config_with, redirect_uri, redirected};

const COOKIE: &str = "curfew-op-4000-state";

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

fn state_of(browser: &TestBrowser) -> String {
    browser.cookies[COOKIE].clone()
}

fn origin(client_id: &str) -> &'static str {
    redirect_uri(client_id).strip_suffix("/callback").unwrap()
}

/// Whether the frame would find that nothing has changed since this answer: computed here, as section 3.2 says.
#[track_caller]
fn is_unchanged(answer: &Answer, client_id: &str, browser: &TestBrowser) -> bool {
    let session_state = redirected(answer, "session_state").expect("a session_state");
    assert!(!session_state.is_empty() && !session_state.contains(' '), "SM-03: {session_state}");
    let salt = session_state.split_once('.').unwrap().1;
    let (origin, state) = (origin(client_id), state_of(browser));
    session_state == format!("{}.{salt}", hash(&format!("{client_id} {origin} {state} {salt}")))
}

async fn silently(browser: &mut TestBrowser, client_id: &str) -> Answer {
    browser.get(&authorize(client_id, &[("prompt", "none")])).await
}

/// The answer to a sign-in by form.
async fn sign_in(browser: &mut TestBrowser, client_id: &str, username: &str, prompt: &str) -> Answer {
    let page = browser.get(&authorize(client_id, &[("prompt", prompt)])).await;
    let page = browser.follow(page).await;
    browser.fill_in(&page, username, username).await
}

/// SM-01, SM-03, SM-04
#[tokio::test]
async fn a_successful_answer_has_a_session_state_by_every_way() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let by_form = sign_in(&mut browser, "app-a", "alice", "").await;
    assert!(redirected(&by_form, "code").is_some() && is_unchanged(&by_form, "app-a", &browser));

    let by_session = silently(&mut browser, "app-b").await;
    assert!(redirected(&by_session, "code").is_some() && is_unchanged(&by_session, "app-b", &browser));
    assert!(!is_unchanged(&by_session, "app-a", &browser), "it is bound to the app and its origin");

    let question = browser.get(&authorize("app-b", &[("prompt", "consent")])).await;
    let question = browser.follow(question).await;
    let by_consent = browser.consent(&question, "allow").await;
    assert!(redirected(&by_consent, "code").is_some() && is_unchanged(&by_consent, "app-b", &browser));
}

/// A sign-in that leads to the question first: the state is the one that the sign-in gave.
#[tokio::test]
async fn a_sign_in_and_a_consent_after_it_agree_on_the_state() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let question = sign_in(&mut browser, "app-b", "alice", "consent").await;
    let question = browser.follow(question).await;
    let answer = browser.consent(&question, "allow").await;
    assert!(redirected(&answer, "code").is_some() && is_unchanged(&answer, "app-b", &browser));
}

/// SM-02, SM-19: an error too, for a browser that nobody has signed in with and for one that somebody has.
#[tokio::test]
async fn an_error_has_a_session_state() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let refused = silently(&mut browser, "app-b").await;
    assert_eq!(redirected(&refused, "error").as_deref(), Some("login_required"));
    assert!(is_unchanged(&refused, "app-b", &browser));
    let state = state_of(&browser);

    let again = silently(&mut browser, "app-b").await;
    assert_eq!(state_of(&browser), state, "SM-17");
    let session_states = [&refused, &again].map(|answer| redirected(answer, "session_state"));
    assert_ne!(session_states[0], session_states[1], "salted: nobody can tell that they are about one state");

    let (mut browser, _) = provider.signed_in("alice").await;
    for (changes, error) in [
        (&[("response_type", "other")][..], "unsupported_response_type"),
        (&[("scope", "profile")], "invalid_scope"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("prompt", "none"), ("max_age", "0")], "login_required"),
        (&[("prompt", "none consent")], "invalid_request"),
    ] {
        let answer = browser.get(&authorize("app-b", changes)).await;
        assert_eq!(redirected(&answer, "error").as_deref(), Some(error));
        assert!(is_unchanged(&answer, "app-b", &browser), "{error}");
    }

    // Refused at the form, at the question, and after it.
    let question = browser.get(&authorize("app-b", &[("prompt", "consent")])).await;
    let question = browser.follow(question).await;
    let denied = browser.consent(&question, "deny").await;
    assert_eq!(redirected(&denied, "error").as_deref(), Some("access_denied"));
    assert!(is_unchanged(&denied, "app-b", &browser));

    let (_, alice) = provider.signed_in("alice").await;
    let mut browser = provider.browser();
    let page = browser.get(&authorize("app-a", &[("id_token_hint", &alice.id_token)])).await;
    let page = browser.follow(page).await;
    let other_user = browser.fill_in(&page, "bob", "bob").await;
    assert_eq!(redirected(&other_user, "error").as_deref(), Some("login_required"));
    assert!(is_unchanged(&other_user, "app-a", &browser));
}

/// SM-15, SM-17
#[tokio::test]
async fn the_state_changes_when_somebody_signs_in_or_out_and_never_else() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let nobody = silently(&mut browser, "app-b").await;
    let first = sign_in(&mut browser, "app-a", "alice", "").await;
    assert!(!is_unchanged(&nobody, "app-b", &browser), "a sign-in");
    assert!(is_unchanged(&first, "app-a", &browser));

    let answer = silently(&mut browser, "app-b").await;
    for path in ["/", "/check_session", "/jwks", "/nowhere", "/end_session/result/x", "/login", "/consent"] {
        browser.get(path).await;
        assert!(is_unchanged(&answer, "app-b", &browser), "{path}");
    }
    let page = browser.get(&authorize("app-a", &[("prompt", "login")])).await;
    let page = browser.follow(page).await;
    browser.fill_in(&page, "alice", "wrong").await;
    assert!(is_unchanged(&answer, "app-b", &browser), "a wrong password");
    let question = browser.get("/end_session").await;
    assert!(is_unchanged(&answer, "app-b", &browser), "the question whether to sign out");
    browser.answer(&question, "stay").await;
    assert!(is_unchanged(&answer, "app-b", &browser), "the answer to stay");

    let alice = sign_in(&mut browser, "app-a", "alice", "login").await;
    assert!(!is_unchanged(&answer, "app-b", &browser), "another sign-in of the same user");
    let bob = sign_in(&mut browser, "app-a", "bob", "login").await;
    assert!(!is_unchanged(&alice, "app-a", &browser) && is_unchanged(&bob, "app-a", &browser), "another user");

    let question = browser.get("/end_session").await;
    browser.answer(&question, "sign-out").await;
    assert!(!is_unchanged(&bob, "app-a", &browser), "a sign-out");
    let signed_out = silently(&mut browser, "app-a").await;
    assert_eq!(redirected(&signed_out, "error").as_deref(), Some("login_required"));
    assert!(is_unchanged(&signed_out, "app-a", &browser), "and the frame has a state to compare with");
}

/// A POST from another site comes without cookies, which does not mean that there are none.
#[tokio::test]
async fn a_post_from_another_site_does_not_change_the_state() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let answer = sign_in(&mut browser, "app-a", "alice", "").await;
    let form = crate::support::authorize_form("app-b", &[("prompt", "none")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let posted = browser.submit_cross_site("/authorize", &form).await;
    assert!(posted.headers.get("set-cookie").is_none());
    let posted = browser.follow(posted).await;
    assert!(redirected(&posted, "code").is_some());
    assert!(is_unchanged(&posted, "app-b", &browser) && is_unchanged(&answer, "app-a", &browser));
}

/// SM-18: no more than a random value; and it signs nobody in.
#[tokio::test]
async fn the_state_is_worth_nothing() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let state = state_of(&browser);
    assert_eq!(URL_SAFE_NO_PAD.decode(&state).unwrap().len(), 32);
    for (name, value) in &browser.cookies {
        assert!(name == COOKIE || *value != state && hash(value) != state, "{name}");
    }
    for claim in ["sub", "sid"] {
        let claim = &crate::support::claims(&tokens.id_token)[claim];
        assert!(!state.contains(claim.as_str().unwrap()));
    }
    browser.cookies.retain(|name, _| name == COOKIE);
    let answer = silently(&mut browser, "app-a").await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"));
}

/// SM-05, SM-06, SM-14, SM-23: the same page for everybody, in the frames of registered apps.
#[tokio::test]
async fn the_frame() {
    let provider = TestProvider::init().await;
    let discovery = provider.browser().get("/.well-known/openid-configuration").await;
    let discovery: Value = serde_json::from_str(&discovery.body).unwrap();
    assert_eq!(discovery["check_session_iframe"], "http://localhost:4000/check_session");
    assert!(discovery["end_session_endpoint"].is_string());

    let page = provider.browser().get("/check_session").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), "public, max-age=300");
    assert!(page.headers.get("x-frame-options").is_none() && page.headers.get("set-cookie").is_none());
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors http://127.0.0.1:4001 http://127.0.0.1:4002"
    );
    let (mut signed_in, _) = provider.signed_in("alice").await;
    assert_eq!(signed_in.get("/check_session").await.body, page.body);

    assert_eq!(page.between("data-cookie=\"", "\"").as_deref(), Some(COOKIE));
    let registered = page.between("data-registered=\"", "\"").unwrap();
    let mut expected = ["app-a http://127.0.0.1:4001", "app-b http://127.0.0.1:4002"].map(hash);
    expected.sort();
    assert_eq!(registered.split(' ').collect::<Vec<_>>(), expected);

    // An app asks as soon as the frame has loaded, so a script does not wait for another to say that it needs it.
    let script = provider.browser().get("/assets/check-session.js").await.body;
    let imported: Vec<&str> = script.match_indices(" from \"").map(|(at, from)| &script[at + from.len()..]).collect();
    assert!(!imported.is_empty());
    for path in imported.iter().map(|rest| rest.split('"').next().unwrap()) {
        assert!(page.body.contains(&format!("<link rel=\"modulepreload\" href=\"{path}\">")), "{path}");
    }

    for script in ["check-session.js", "session-state.js"] {
        let script = provider.browser().get(&format!("/assets/{script}")).await;
        assert_eq!(script.status, StatusCode::OK);
        assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    }
}

#[tokio::test]
async fn without_apps_nobody_frames_it() {
    let mut config = config();
    config["clients"] = json!([]);
    let page = TestProvider::with(config).await.browser().get("/check_session").await;
    assert!(page.header("content-security-policy").ends_with("; frame-ancestors 'none'"));
}

/// An app is registered at each origin of its own, and at no other's.
#[tokio::test]
async fn every_origin_of_an_app_is_known() {
    let more = json!({"redirect_uris": [
        "http://127.0.0.1:4002/callback", "http://127.0.0.1:4002/callback?kind=b", "https://b.example.com/callback"
    ]});
    let provider = TestProvider::with(config_with(&[("app-b", more)])).await;
    let page = provider.browser().get("/check_session").await;
    let registered = page.between("data-registered=\"", "\"").unwrap();
    let is_registered = |app: &str| registered.split(' ').any(|found| found == hash(app));
    assert_eq!(registered.split(' ').count(), 3);
    assert!(is_registered("app-b http://127.0.0.1:4002") && is_registered("app-b https://b.example.com"));
    assert!(!is_registered("app-a https://b.example.com"));
    assert!(page.header("content-security-policy").ends_with("http://127.0.0.1:4002 https://b.example.com"));
}
