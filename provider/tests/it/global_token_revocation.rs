//! Global Token Revocation: what an administrator's software can end, and what it cannot do.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{
    Answer, ISSUER, SECRET, TestApp, TestBrowser, TestProvider, Tokens, authorize, claims, code_of, config_with,
    redirected,
};

const ADMINISTRATOR: (&str, &str) = ("incident-desk", "an-administrators-secret");
const API: (&str, &str) = ("api", "an-api-secret-for-tests");
const SCOPE: (&str, &str) = ("scope", "openid profile offline_access");

/// App B may keep access while the user is away, and `changes` to it.
fn config(changes: Value) -> Value {
    let mut app_b = json!({
        "grant_types": ["authorization_code", "refresh_token"],
        "scopes": ["openid", "profile", "notes", "offline_access"],
    });
    app_b.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let app_a = json!({"grant_types": ["authorization_code", "refresh_token"]});
    let mut config = config_with(&[("app-a", app_a), ("app-b", app_b)]);
    config["administrators"] = json!([{"id": ADMINISTRATOR.0, "secret": ADMINISTRATOR.1}]);
    config["resource_servers"] = json!([{"id": API.0, "secret": API.1, "audience": "http://127.0.0.1:4002/api"}]);
    config["users"][0]["email"] = json!("Alice@example.com");
    config["users"][1]["email"] = json!("bob@example.com");
    config
}

fn basic((id, secret): (&str, &str)) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

async fn post(provider: &TestProvider, credentials: (&str, &str), body: &str) -> Answer {
    let authorization = basic(credentials);
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    provider.browser().request("POST", "/global-token-revocation", &headers, body.to_owned()).await
}

fn by_email(email: &str) -> String {
    json!({"sub_id": {"format": "email", "email": email}}).to_string()
}

fn by_sub(iss: &str, sub: &str) -> String {
    json!({"sub_id": {"format": "iss_sub", "iss": iss, "sub": sub}}).to_string()
}

/// The user lets App B keep access while they are away; what it got.
async fn allow(provider: &TestProvider, browser: &mut TestBrowser) -> Tokens {
    let page = browser.get(&authorize("app-b", &[SCOPE])).await;
    let page = browser.follow(page).await;
    let answer = browser.consent(&page, "allow").await;
    provider.exchange("app-b", &code_of(&answer)).await
}

async fn is_live(provider: &TestProvider, client_id: &str, tokens: &Tokens) -> bool {
    let userinfo = provider.userinfo(&tokens.access_token).await.status == 200;
    let refresh = provider.refresh(client_id, &tokens.answer).await.status == 200;
    assert_eq!(userinfo, refresh);
    refresh
}

/// GTR-01, GTR-02, GTR-03, T-18, RPI-26
#[tokio::test]
async fn everything_of_the_user_ends_every_app_is_told_and_nobody_else_notices() {
    let mut app = TestApp::answering(200).await;
    let provider = TestProvider::with(config(app.back_channel())).await;
    let (mut here, at_a) = provider.signed_in("alice").await;
    let at_b = provider.visit(&mut here, "app-b").await;
    let (mut there, _) = provider.signed_in("alice").await;
    let offline = allow(&provider, &mut there).await;
    let code = code_of(&there.get(&authorize("app-b", &[])).await);
    let (mut bob, bobs) = provider.signed_in("bob").await;

    let answer = post(&provider, ADMINISTRATOR, &by_email("alice@EXAMPLE.com")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    assert_eq!(answer.header("cache-control"), "no-store");

    let sids = [&at_b, &offline].map(|tokens| claims(&tokens.id_token)["sid"].clone());
    for _ in &sids {
        let token = claims(app.next().await.logout_token());
        assert!(sids.contains(&token["sid"]), "one token for each sid");
        assert_eq!(token["sub"], claims(&at_a.id_token)["sub"]);
    }
    for (client_id, tokens) in [("app-a", &at_a), ("app-b", &at_b), ("app-b", &offline)] {
        assert!(!is_live(&provider, client_id, tokens).await, "{client_id}");
    }
    assert_eq!(provider.token("app-b", &[("code", &code)]).await.status, 400, "a code that was under way");
    for browser in [&mut here, &mut there] {
        let answer = browser.get(&authorize("app-a", &[("prompt", "none")])).await;
        assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"));
    }
    assert!(is_live(&provider, "app-a", &bobs).await);
    code_of(&bob.get(&authorize("app-a", &[("prompt", "none")])).await);

    let (mut again, tokens) = provider.signed_in("alice").await;
    assert!(is_live(&provider, "app-a", &tokens).await, "who signs in anew is let in");
    let page = again.get(&authorize("app-b", &[SCOPE])).await;
    assert_eq!(page.location().path(), "/consent", "and is asked anew what apps may do");
}

/// GTR-02: what goes on after the sign-out ends too, where there is no session left.
#[tokio::test]
async fn access_while_away_ends_when_no_session_is_left() {
    let provider = TestProvider::with(config(json!({}))).await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let offline = allow(&provider, &mut browser).await;
    browser.get(&format!("/end_session?id_token_hint={}", tokens.id_token)).await;
    let renewed = provider.refresh("app-b", &offline.answer).await;
    assert_eq!(renewed.status, 200);
    let renewed: Value = serde_json::from_str(&renewed.body).unwrap();

    let sub = claims(&tokens.id_token)["sub"].as_str().unwrap().to_owned();
    assert_eq!(post(&provider, ADMINISTRATOR, &by_sub(ISSUER, &sub)).await.status, 204);
    assert_eq!(provider.refresh("app-b", &renewed).await.status, 400);
    let audit = provider.audit().await;
    let last = audit.last().unwrap();
    assert_eq!((last.event.as_str(), last.client_id.as_deref()), ("offline_access_ended", Some("app-b")));
    assert_eq!((last.actor.as_str(), last.actor_id.as_deref()), ("administrator", Some("incident-desk")));
    assert_eq!(last.reason.as_deref(), Some("global_token_revocation"));
    let entries = audit.len();
    assert_eq!(post(&provider, ADMINISTRATOR, &by_sub(ISSUER, &sub)).await.status, 204, "again, with nothing left");
    assert_eq!(provider.audit().await.len(), entries);
}

/// GTR-01, GTR-03
#[tokio::test]
async fn what_is_refused_ends_nothing() {
    let mut config = config(json!({}));
    config["users"].as_array_mut().unwrap().push(json!({
        "username": "bob2", "password": "bob2", "name": "Bob", "email": "BOB@example.com",
    }));
    let provider = TestProvider::with(config).await;
    let (_, tokens) = provider.signed_in("alice").await;
    let (_, bobs) = provider.signed_in("bob").await;
    let sub = claims(&tokens.id_token)["sub"].as_str().unwrap().to_owned();
    let right = by_email("alice@example.com");
    let opaque = json!({"sub_id": {"format": "opaque", "id": sub}}).to_string();
    let table = [
        (("incident-desk", "wrong"), &*right, 401),
        (("nobody", ADMINISTRATOR.1), &right, 401),
        (("app-a", "wrong"), &right, 401),
        (("app-b", ""), &right, 401),
        (("app-a", SECRET), &right, 403),
        (API, &right, 403),
        (ADMINISTRATOR, "{", 400),
        (ADMINISTRATOR, "{}", 400),
        (ADMINISTRATOR, &opaque, 400),
        (ADMINISTRATOR, r#"{"sub_id":{"format":"email"}}"#, 400),
        (ADMINISTRATOR, &by_email("nobody@example.com"), 404),
        (ADMINISTRATOR, &by_email(""), 404),
        (ADMINISTRATOR, &by_sub(ISSUER, "nobody"), 404),
        (ADMINISTRATOR, &by_sub("https://op.example.com", &sub), 404),
        (ADMINISTRATOR, &by_email("bob@example.com"), 422),
        (ADMINISTRATOR, &format!("{right}{}", " ".repeat(8 * 1024)), 413),
    ];
    for (credentials, body, status) in table {
        let answer = post(&provider, credentials, body).await;
        assert_eq!(answer.status, status, "{credentials:?} {body:.100}: {}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401);
    }
    let authorization = basic(ADMINISTRATOR);
    let table: [(&[(&str, &str)], u16); 5] = [
        (&[("content-type", "application/json")], 401),
        (&[("authorization", "Bearer x"), ("content-type", "application/json")], 401),
        (&[("authorization", &authorization)], 400),
        (&[("authorization", &authorization), ("content-type", "text/plain")], 400),
        (&[("authorization", &authorization), ("content-type", "application/x-www-form-urlencoded")], 400),
    ];
    for (headers, status) in table {
        let answer = provider.browser().request("POST", "/global-token-revocation", headers, right.clone()).await;
        assert_eq!(answer.status, status, "{headers:?}");
    }
    assert_eq!(provider.browser().get("/global-token-revocation").await.status, 405);
    assert!(is_live(&provider, "app-a", &tokens).await);
    assert!(is_live(&provider, "app-a", &bobs).await);
    assert_eq!(provider.audit().await.len(), 0);
}

/// GTR-03: there is such a user, who has nothing; and unknown members are ignored.
#[tokio::test]
async fn a_user_who_never_signed_in_has_nothing_to_revoke() {
    let provider = TestProvider::with(config(json!({}))).await;
    let body = json!({
        "sub_id": {"format": "email", "email": "bob@example.com", "x": 1}, "reason": {"y": []},
    });
    let authorization = basic(ADMINISTRATOR);
    let headers = [("authorization", authorization.as_str()), ("content-type", "Application/JSON; charset=utf-8")];
    let answer = provider.browser().request("POST", "/global-token-revocation", &headers, body.to_string()).await;
    assert_eq!(answer.status, 204);
}

/// T-18: the credential is good for this and nothing else.
#[tokio::test]
async fn an_administrator_gets_no_tokens_and_may_ask_about_none() {
    let provider = TestProvider::with(config(json!({}))).await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let code = code_of(&browser.get(&authorize("app-a", &[])).await);
    let authorization = basic(ADMINISTRATOR);
    let headers = [("authorization", authorization.as_str())];
    let table: [(&str, &[(&str, &str)]); 5] = [
        ("/token", &[("grant_type", "authorization_code"), ("code", &code)]),
        ("/token", &[("grant_type", "client_credentials")]),
        (
            "/token",
            &[("grant_type", "refresh_token"), ("refresh_token", tokens.answer["refresh_token"].as_str().unwrap())],
        ),
        ("/introspect", &[("token", &tokens.access_token)]),
        ("/revoke", &[("token", &tokens.access_token)]),
    ];
    for (path, form) in table {
        let answer = provider.browser().send("POST", path, &headers, Some(form)).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.body);
    }
    let page = browser.get(&authorize(ADMINISTRATOR.0, &[])).await;
    page.assert_error_page(400);
}

/// GTR-04
#[tokio::test]
async fn it_is_announced_where_somebody_may_use_it() {
    let document = async |config| -> Value {
        let answer = TestProvider::with(config).await.browser().get("/.well-known/openid-configuration").await;
        serde_json::from_str(&answer.body).unwrap()
    };
    let with = document(config(json!({}))).await;
    assert_eq!(with["global_token_revocation_endpoint"], format!("{ISSUER}/global-token-revocation"));
    assert_eq!(with["global_token_revocation_endpoint_auth_methods_supported"], json!(["client_secret_basic"]));
    let without = document(crate::support::config()).await;
    assert!(without.get("global_token_revocation_endpoint").is_none());
}

#[test]
fn administrators_that_are_refused() {
    let table = [
        (json!([{"id": "", "secret": ADMINISTRATOR.1}]), "administrator ``: id"),
        (json!([{"id": "x", "secret": "short"}]), "administrator `x`: secret: must have at least 16"),
        (json!([{"id": "app-a", "secret": ADMINISTRATOR.1}]), "administrator `app-a`: is configured twice"),
        (json!([{"id": "api", "secret": ADMINISTRATOR.1}]), "administrator `api`: is configured twice"),
        (
            json!([{"id": "x", "secret": ADMINISTRATOR.1}, {"id": "x", "secret": ADMINISTRATOR.1}]),
            "administrator `x`: is configured twice",
        ),
    ];
    for (administrators, expected) in table {
        let mut config = config(json!({}));
        config["administrators"] = administrators;
        let config: provider::ProviderConfig = serde_json::from_value(config).unwrap();
        let refused = config.validate().unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
}
