//! What an app can do, and what becomes of it, that has registered itself.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{
    Answer, CALLBACK, START, TestApp, TestProvider, claims, code_of, config_registering, path, redirected,
    refresh_token,
};

fn danger() -> Value {
    config_registering(json!({"danger_allow_loopback": true}))
}

fn tokens(answer: &Answer) -> Value {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

fn outcome(answer: &Answer, client_id: &str) -> String {
    answer.outcomes().into_iter().find(|(found, _)| found == client_id).unwrap().1
}

/// RPI-03, RPI-12, FCL-05, BCL-03, BCL-05, BCL-08: from the registration to the logout token.
#[tokio::test]
async fn from_the_registration_to_the_logout_token() {
    let mut listening = TestApp::answering(200).await;
    let provider = TestProvider::with(danger()).await;
    let mut members = listening.back_channel();
    members["post_logout_redirect_uris"] = json!(["https://app.example.com/signed-out"]);
    members["id_token_signed_response_alg"] = json!("ES256");
    let app = provider.registered(&members).await;

    let mut browser = provider.browser();
    let login = browser.get(&app.authorize(&[])).await;
    let login = browser.follow(login).await;
    let page = browser.fill_in(&login, "alice", "alice").await;
    let page = browser.follow(page).await;
    assert!(page.body.contains("<strong>Notes</strong>"), "{}", page.body);
    assert!(page.body.contains("data-testid=\"third-party\""), "{}", page.body);
    assert!(page.body.contains("<strong>https://app.example.com</strong>"), "{}", page.body);
    let code = code_of(&browser.consent(&page, "allow").await);
    let tokens = tokens(&app.exchange(&provider, &code).await);
    let id_token = tokens["id_token"].as_str().unwrap();

    let hint = [("id_token_hint", id_token), ("post_logout_redirect_uri", "https://app.example.com/signed-out")];
    let answer = browser.get(&path("/end_session", &hint)).await;
    assert_eq!(answer.location().as_str(), "https://app.example.com/signed-out");
    let logout = claims(listening.next().await.logout_token());
    assert_eq!(logout["aud"], app.client_id);
    assert_eq!(logout["sid"], claims(id_token)["sid"]);
}

/// OpenID Connect Dynamic Client Registration 1.0 section 2: where users sign in and where they are asked, they find what the
/// app says of itself. Its logo, which may look like anything, is not loaded unless the configuration says so.
#[tokio::test]
async fn users_find_what_the_app_says_of_itself() {
    let members = json!({
        "client_uri": "https://app.example.com/", "policy_uri": "https://app.example.com/privacy?a=b&c=d",
        "tos_uri": "https://app.example.com/terms", "logo_uri": "https://cdn.example.com/logo.png",
    });
    for (how, shows_logo) in [(json!(true), false), (json!({"show_logos": true}), true)] {
        let provider = TestProvider::with(config_registering(how)).await;
        let app = provider.registered(&members).await;
        let mut browser = provider.browser();
        let login = browser.get(&app.authorize(&[])).await;
        let login = browser.follow(login).await;
        let consent = browser.fill_in(&login, "alice", "alice").await;
        let consent = browser.follow(consent).await;
        for page in [login, consent] {
            for link in ["", "privacy?a=b&amp;c=d", "terms"] {
                let link = format!("<a href=\"https://app.example.com/{link}\" rel=\"noreferrer\" target=\"_blank\">");
                assert!(page.body.contains(&link), "{link}: {}", page.body);
            }
            let policy = page.header("content-security-policy");
            assert_eq!(page.body.contains("https://cdn.example.com/logo.png"), shows_logo);
            assert_eq!(policy.contains("img-src 'self' https://cdn.example.com;"), shows_logo, "{policy}");
        }
    }
}

/// FCL-05: with `iss` and `sid` in the frame's address.
#[tokio::test]
async fn its_frame_is_told() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&json!({"frontchannel_logout_uri": "https://app.example.com/front?tenant=1"})).await;
    let (mut browser, a) = provider.signed_in("alice").await;
    let code = app.allowed_by(&mut browser, &[]).await;
    let id = claims(tokens(&app.exchange(&provider, &code).await)["id_token"].as_str().unwrap());
    let answer = browser.get(&path("/end_session", &[("id_token_hint", a.id_token)])).await;
    let sid = id["sid"].as_str().unwrap();
    let frame = format!("https://app.example.com/front?tenant=1&amp;iss=http%3A%2F%2Flocalhost%3A4000&amp;sid={sid}");
    assert!(answer.body.contains(&frame), "{}", answer.body);
    assert!(answer.header("content-security-policy").contains("frame-src https://app.example.com"));
}

/// BCL-53: a name that leads to this machine. Nobody is called, and nobody waits for it.
#[tokio::test]
async fn what_is_on_this_machine_is_not_called() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&json!({"backchannel_logout_uri": format!("https://localhost:{port}/back")})).await;
    let (mut browser, a) = provider.signed_in("alice").await;
    app.allowed_by(&mut browser, &[]).await;
    let answer = browser.get(&path("/end_session", &[("id_token_hint", a.id_token)])).await;
    assert_eq!(outcome(&answer, &app.client_id), "unreachable");
    assert!(futures_util::poll!(std::pin::pin!(listener.accept())).is_pending(), "nobody was called");
    let audit = provider.audit().await;
    let given_up = audit.iter().find(|entry| entry.event == "app_given_up").unwrap();
    assert_eq!(given_up.client_id.as_deref(), Some(app.client_id.as_str()));
    provider.state.shutdown().await;
    let reason: String = provider.stored("SELECT last_error FROM outbox").await;
    assert_eq!(reason, "not called: its host is a loopback address");
}

/// OpenID Connect Core 1.0 section 3.1.2.4: a third party is asked about, once in a session and for what it asks for.
#[tokio::test]
async fn its_users_are_asked_once_in_a_session() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&json!({})).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let silent = app.authorize(&[("prompt", "none")]);
    let refused = browser.get(&silent).await;
    assert_eq!(redirected(&refused, "error").as_deref(), Some("consent_required"));

    let page = browser.get(&app.authorize(&[])).await;
    let page = browser.follow(page).await;
    let denied = browser.consent(&page, "deny").await;
    assert_eq!(redirected(&denied, "error").as_deref(), Some("access_denied"));
    assert_eq!(redirected(&browser.get(&silent).await, "error").as_deref(), Some("consent_required"));

    app.allowed_by(&mut browser, &[]).await;
    code_of(&browser.get(&silent).await);
    code_of(&browser.get(&app.authorize(&[])).await);
    let more = browser.get(&app.authorize(&[("prompt", "none"), ("scope", "openid profile email")])).await;
    assert_eq!(redirected(&more, "error").as_deref(), Some("consent_required"));
    let (mut elsewhere, _) = provider.signed_in("alice").await;
    assert_eq!(redirected(&elsewhere.get(&silent).await, "error").as_deref(), Some("consent_required"));

    // By another name it is another app.
    let renamed = json!({"client_id": app.client_id, "client_name": "Bank", "redirect_uris": [CALLBACK]});
    assert_eq!(provider.manage("PUT", &app, Some(&renamed)).await.status, StatusCode::OK);
    assert_eq!(redirected(&browser.get(&silent).await, "error").as_deref(), Some("consent_required"));
}

/// OpenID Connect Dynamic Client Registration 1.0 section 2, `default_max_age`
#[tokio::test]
async fn its_users_sign_in_again_when_it_says_so() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&json!({"default_max_age": 100})).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    app.allowed_by(&mut browser, &[]).await;
    provider.clock.advance(100);
    let silent = browser.get(&app.authorize(&[("prompt", "none")])).await;
    assert_eq!(redirected(&silent, "error").as_deref(), Some("login_required"));
    code_of(&browser.get(&app.authorize(&[("prompt", "none"), ("max_age", "1000")])).await);
}

/// Session Management and CORS: what depends on the origins of registered apps.
#[tokio::test]
async fn its_origin_is_known_as_long_as_it_is() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let origin = "https://app.example.com";
    let is_known = async || {
        let mut browser = provider.browser();
        let frame = browser.get("/check_session").await;
        assert_eq!(frame.header("cache-control"), "no-store", "it changes while the provider runs");
        let may_frame = frame.header("content-security-policy").contains(origin);
        let jwks = browser.send("GET", "/jwks", &[("origin", origin)], None).await;
        assert_eq!(jwks.header("access-control-allow-origin") == origin, may_frame);
        may_frame
    };
    assert!(!is_known().await);
    let app = provider.registered(&json!({})).await;
    assert!(is_known().await);
    assert_eq!(provider.manage("DELETE", &app, None).await.status, StatusCode::NO_CONTENT);
    assert!(!is_known().await);
}

/// RFC 7592 section 2.3: codes, tokens and what it is owed end with it, and its users are told so.
#[tokio::test]
async fn everything_ends_with_the_registration() {
    let listening = TestApp::answering(503).await;
    let provider = TestProvider::with(danger()).await;
    let mut members = listening.back_channel();
    members["grant_types"] = json!(["authorization_code", "refresh_token"]);
    let app = provider.registered(&members).await;
    let (mut browser, a) = provider.signed_in("alice").await;
    let offline = [("scope", "openid profile offline_access")];
    let code = app.allowed_by(&mut browser, &offline).await;
    let of_app = tokens(&app.exchange(&provider, &code).await);
    let unused_code = code_of(&browser.get(&app.authorize(&[("prompt", "none"), offline[0]])).await);
    let (mut elsewhere, other) = provider.signed_in("alice").await;
    app.allowed_by(&mut elsewhere, &[]).await;
    let answer = elsewhere.get(&path("/end_session", &[("id_token_hint", other.id_token)])).await;
    assert_eq!(outcome(&answer, &app.client_id), "pending");
    let result = answer.between("href=\"/end_session/result/", "\"").unwrap();

    assert_eq!(provider.manage("DELETE", &app, None).await.status, StatusCode::NO_CONTENT);
    let access_token = of_app["access_token"].as_str().unwrap();
    assert_eq!(provider.userinfo(access_token).await.status, StatusCode::UNAUTHORIZED);
    for form in [
        [("grant_type", "refresh_token"), ("refresh_token", refresh_token(&of_app))],
        [("grant_type", "authorization_code"), ("code", unused_code.as_str())],
    ] {
        assert_eq!(app.token(&provider, &form).await.status, StatusCode::UNAUTHORIZED);
    }
    browser.get(&app.authorize(&[])).await.assert_error_page(400);
    for method in ["GET", "DELETE"] {
        assert_eq!(provider.manage(method, &app, None).await.status, StatusCode::UNAUTHORIZED);
    }
    let result = elsewhere.get(&format!("/end_session/result/{result}")).await;
    assert_eq!(outcome(&result, &app.client_id), "unreachable", "it will not be told any more");
    let answer = browser.get(&path("/end_session", &[("id_token_hint", a.id_token)])).await;
    assert_eq!(outcome(&answer, &app.client_id), "unreachable", "it was reached, and cannot be told");

    provider.state.shutdown().await;
    let left: i64 = provider
        .stored(
            "SELECT (SELECT count(*) FROM registered_client) + (SELECT count(*) FROM session_consent)
                 + (SELECT count(*) FROM offline_consent) + (SELECT count(*) FROM outbox WHERE given_up_at IS NULL)
                 + (SELECT count(*) FROM token_family WHERE scope LIKE '%offline%' AND revoked_at IS NULL)",
        )
        .await;
    assert_eq!(left, 0);
}

/// RFC 7592 section 2.2: a change that takes something from the app ends what it was given; another does not.
#[tokio::test]
async fn what_a_change_ends() {
    let table = [
        (json!({"client_name": "Other notes"}), true),
        (json!({"redirect_uris": [CALLBACK, "https://app.example.com/other"]}), true),
        (json!({"redirect_uris": ["https://app.example.com/other"]}), false),
        (json!({"grant_types": ["authorization_code"]}), false),
        (json!({"scope": "openid"}), false),
        (json!({"token_endpoint_auth_method": "none"}), false),
        (json!({"dpop_bound_access_tokens": true}), false),
    ];
    for (changes, goes_on) in table {
        let provider = TestProvider::with(config_registering(json!(true))).await;
        let members = json!({"grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile"});
        let app = provider.registered(&members).await;
        let (mut browser, _) = provider.signed_in("alice").await;
        let code = app.allowed_by(&mut browser, &[]).await;
        let of_app = tokens(&app.exchange(&provider, &code).await);
        let mut metadata = json!({"client_id": app.client_id, "client_name": "Notes", "redirect_uris": [CALLBACK]});
        let all = metadata.as_object_mut().unwrap();
        all.extend(members.as_object().unwrap().clone());
        all.extend(changes.as_object().unwrap().clone());
        assert_eq!(provider.manage("PUT", &app, Some(&metadata)).await.status, StatusCode::OK, "{changes}");
        let userinfo = provider.userinfo(of_app["access_token"].as_str().unwrap()).await;
        assert_eq!(userinfo.status == StatusCode::OK, goes_on, "{changes}");
        assert_eq!(claims(of_app["id_token"].as_str().unwrap())["auth_time"], START, "{changes}");
    }
}
