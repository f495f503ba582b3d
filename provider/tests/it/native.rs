//! Native apps that register themselves: RFC 8252.

use serde_json::{Value, json};

use crate::support::{TestProvider, authorize, config_registering, redirected};

fn app(redirect_uri: &str) -> Value {
    json!({
        "application_type": "native", "token_endpoint_auth_method": "none", "redirect_uris": [redirect_uri],
    })
}

/// Section 7.3: the port is whichever is free when the user signs in, and the code is for that very address.
#[tokio::test]
async fn a_port_is_chosen_at_each_sign_in() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&app("http://127.0.0.1/callback")).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let address = "http://127.0.0.1:50123/callback";
    let page = browser.get(&app.authorize(&[("redirect_uri", address)])).await;
    let page = browser.follow(page).await;
    assert!(page.header("content-security-policy").contains("form-action 'self' http://127.0.0.1:50123"));
    let answer = browser.consent(&page, "allow").await;
    assert!(answer.location().as_str().starts_with(address), "{}", answer.location());
    let code = redirected(&answer, "code").unwrap();
    for (uri, status) in [("http://127.0.0.1/callback", 400), (address, 200)] {
        let form = [("client_id", app.client_id.as_str()), ("code", &code), ("redirect_uri", uri)];
        let form: Vec<_> = form.into_iter().chain([VERIFIED, ("grant_type", "authorization_code")]).collect();
        let answer = provider.browser().send("POST", "/token", &[], Some(&form)).await;
        assert_eq!(answer.status, status, "{uri}: {}", answer.body);
    }
    // Section 8.6: another program can listen there the next time, so the user is asked each time, and never passed over.
    let silent = app.authorize(&[("redirect_uri", "http://127.0.0.1:50124/callback"), ("prompt", "none")]);
    let answer = browser.get(&silent).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("consent_required"));
    let other = app.authorize(&[("redirect_uri", "http://127.0.0.1:50123/other")]);
    browser.get(&other).await.assert_error_page(400);
}

const VERIFIED: (&str, &str) = ("code_verifier", crate::support::VERIFIER);

/// Section 7.1: a scheme of the app's own, which no policy takes for an origin.
#[tokio::test]
async fn an_app_has_a_scheme_of_its_own() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&app("com.example.app:/callback")).await;
    assert_eq!(app.information["redirect_uris"], json!(["com.example.app:/callback"]));
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = browser.get(&app.authorize(&[])).await;
    let page = browser.follow(page).await;
    assert!(page.header("content-security-policy").contains("form-action 'self' com.example.app:;"));
    assert!(page.body.contains("<strong>com.example.app:</strong>"), "{}", page.body);
    let answer = browser.consent(&page, "allow").await;
    assert!(answer.header("location").starts_with("com.example.app:/callback?code="), "{}", answer.header("location"));

    // Pages without an origin of their own all say that theirs is `null`.
    let answer = provider.browser().send("GET", "/jwks", &[("origin", "null")], None).await;
    assert!(answer.headers.get("access-control-allow-origin").is_none());
    let frame = provider.browser().get("/check_session").await;
    assert!(!frame.header("content-security-policy").contains("null"));
}

/// Section 8.1: PKCE, as of every public client.
#[tokio::test]
async fn a_native_app_must_use_pkce() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&app("com.example.app:/callback")).await;
    let answer = provider.browser().get(&app.authorize(&[("code_challenge", ""), ("code_challenge_method", "")])).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("invalid_request"));
    // The port of an app that is none is its own.
    let web = authorize("app-a", &[("redirect_uri", "http://127.0.0.1:4009/callback")]);
    provider.browser().get(&web).await.assert_error_page(400);
}
