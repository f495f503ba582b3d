//! Access while the user is away (OpenID Connect Core 1.0 section 11), and how it ends.

mod consent;
mod withdrawal;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    Answer, START, TestApp, TestBrowser, TestProvider, Tokens, authorize, claims, code_of, config_with, path,
    redirected,
};

const SCOPE: (&str, &str) = ("scope", "openid profile offline_access");
const MORE: (&str, &str) = ("scope", "openid profile notes offline_access");
const SILENT: (&str, &str) = ("prompt", "none");
const DAY: u64 = 24 * 60 * 60;

/// App B may ask for it; App A renews, and may not.
fn config() -> Value {
    let mut config = config_with(&[
        ("app-a", json!({"grant_types": ["authorization_code", "refresh_token"]})),
        (
            "app-b",
            json!({
                "grant_types": ["authorization_code", "refresh_token"],
                "scopes": ["openid", "profile", "notes", "offline_access"],
            }),
        ),
    ]);
    config["resource_servers"] = json!([
        {"id": "api", "secret": "an-api-secret-for-tests", "audience": "http://127.0.0.1:4002/api"},
    ]);
    config
}

async fn init() -> TestProvider {
    TestProvider::with(config()).await
}

/// What App B's request leads to, as far as the provider goes by itself.
async fn ask(browser: &mut TestBrowser, changes: &[(&str, &str)]) -> Answer {
    let answer = browser.get(&authorize("app-b", changes)).await;
    browser.follow(answer).await
}

/// A browser whose user has allowed App B offline access, and what App B got.
async fn allowed(provider: &TestProvider) -> (TestBrowser, Tokens) {
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = ask(&mut browser, &[SCOPE]).await;
    let answer = browser.consent(&page, "allow").await;
    let tokens = provider.exchange("app-b", &code_of(&answer)).await;
    (browser, tokens)
}

fn refresh_token(answer: &Value) -> String {
    answer["refresh_token"].as_str().unwrap_or_else(|| panic!("no refresh token in {answer}")).to_owned()
}

async fn refresh(provider: &TestProvider, client_id: &str, answer: &Value) -> Answer {
    let token = refresh_token(answer);
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", &*token), ("redirect_uri", ""), ("code_verifier", "")];
    provider.token(client_id, &form).await
}

async fn refreshed(provider: &TestProvider, answer: &Value) -> Value {
    let answer = refresh(provider, "app-b", answer).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn assert_refused(provider: &TestProvider, answer: &Value) {
    let answer = refresh(provider, "app-b", answer).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert!(answer.body.contains("\"invalid_grant\""), "{}", answer.body);
}

async fn sign_out(browser: &mut TestBrowser, tokens: &Tokens) {
    browser.get(&path("/end_session", &[("id_token_hint", tokens.id_token.as_str())])).await;
}

fn access_token(answer: &Value) -> &str {
    answer["access_token"].as_str().unwrap()
}

async fn userinfo(provider: &TestProvider, answer: &Value) -> StatusCode {
    provider.userinfo(access_token(answer)).await.status
}

async fn introspect(provider: &TestProvider, answer: &Value) -> Value {
    // api:an-api-secret-for-tests
    let basic = [("authorization", "Basic YXBpOmFuLWFwaS1zZWNyZXQtZm9yLXRlc3Rz")];
    let form = [("token", access_token(answer))];
    let answer = provider.browser().send("POST", "/introspect", &basic, Some(&form)).await;
    serde_json::from_str(&answer.body).unwrap()
}

/// BCL-43: the family goes on; the tokens of the session do not, and no new one is of any session.
#[tokio::test]
async fn it_outlives_the_session_and_revives_none() {
    let provider = init().await;
    let (mut browser, first) = allowed(&provider).await;
    let within = refreshed(&provider, &first.answer).await;
    assert_eq!(claims(access_token(&within))["sid"], claims(&first.access_token)["sid"]);
    assert!(within.get("id_token").is_some());
    sign_out(&mut browser, &first).await;
    for of_session in [&first.answer, &within] {
        assert_eq!(userinfo(&provider, of_session).await, StatusCode::UNAUTHORIZED);
        assert_eq!(introspect(&provider, of_session).await, json!({"active": false}));
    }

    provider.clock.advance(3 * DAY);
    provider.state.sweep().await.unwrap();
    let away = refreshed(&provider, &within).await;
    let said = claims(access_token(&away));
    assert_eq!(said.get("sid"), None, "no session");
    assert_eq!(away.get("id_token"), None, "nobody begins one by it");
    assert_eq!((&said["auth_time"], &said["sub"]), (&json!(START), &claims(&first.access_token)["sub"]));
    assert_eq!(away["scope"], SCOPE.1);
    assert_eq!(userinfo(&provider, &away).await, StatusCode::OK);
    let introspected = introspect(&provider, &away).await;
    assert_eq!((&introspected["active"], introspected.get("sid")), (&json!(true), None));

    let answer = ask(&mut browser, &[SILENT]).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"), "the user is signed out");
    browser.sign_in("app-b", "alice").await;
    let later = refreshed(&provider, &away).await;
    assert_eq!(claims(access_token(&later)).get("sid"), None, "a later session is another");
}

/// BCL-42, BCL-43: of one app and one session, only what the user allowed goes on.
#[tokio::test]
async fn what_was_not_asked_for_ends_with_the_session() {
    let provider = init().await;
    let (mut browser, offline) = allowed(&provider).await;
    let online = provider.visit(&mut browser, "app-b").await;
    sign_out(&mut browser, &online).await;
    assert_refused(&provider, &online.answer).await;
    refreshed(&provider, &offline.answer).await;
}

/// BCL-43: a session that expires ends no other way.
#[tokio::test]
async fn it_outlives_a_session_that_expires() {
    let provider = init().await;
    let (_, tokens) = allowed(&provider).await;
    provider.clock.advance(8 * 60 * 60);
    let before = refreshed(&provider, &tokens.answer).await;
    assert_eq!(claims(access_token(&before)).get("sid"), None, "expired, and nobody has looked yet");
    provider.state.sweep().await.unwrap();
    refreshed(&provider, &before).await;
    assert_eq!(userinfo(&provider, &before).await, StatusCode::OK);
}

/// BCP-02, and RFC 7009 section 2.1: after the session's end as before it.
#[tokio::test]
async fn revocation_and_reuse_end_it() {
    let provider = init().await;
    for revokes in [true, false] {
        let (mut browser, tokens) = allowed_again(&provider).await;
        sign_out(&mut browser, &tokens).await;
        let away = refreshed(&provider, &tokens.answer).await;
        assert_eq!(userinfo(&provider, &away).await, StatusCode::OK);
        if revokes {
            let token = refresh_token(&away);
            let form = [("client_id", "app-b"), ("token", &*token)];
            assert_eq!(provider.browser().send("POST", "/revoke", &[], Some(&form)).await.status, StatusCode::OK);
        } else {
            provider.clock.advance(11);
            assert_refused(&provider, &tokens.answer).await;
        }
        assert_refused(&provider, &away).await;
        assert_eq!(userinfo(&provider, &away).await, StatusCode::UNAUTHORIZED);
        assert_eq!(introspect(&provider, &away).await, json!({"active": false}));
        assert_on_record(&provider, if revokes { ("client", Some("app-b"), "revocation") } else { REUSED }).await;
        // What has ended does not end again.
        let entries = provider.audit().await.len();
        assert_refused(&provider, &tokens.answer).await;
        assert_eq!(provider.audit().await.len(), entries);
    }
}

const REUSED: (&str, Option<&str>, &str) = ("provider", None, "reuse");

/// The log's last entry: at whose word App B lost what it could do while alice is away.
async fn assert_on_record(provider: &TestProvider, who: (&str, Option<&str>, &str)) {
    let entry = provider.audit().await.pop().unwrap();
    assert_eq!((entry.event.as_str(), entry.client_id.as_deref()), ("offline_access_ended", Some("app-b")));
    assert_eq!((entry.actor.as_str(), entry.actor_id.as_deref(), entry.reason.as_deref().unwrap()), who);
    assert_eq!(entry.user.as_deref(), Some("alice"));
}

/// [`allowed`], whether the user is asked or was before.
async fn allowed_again(provider: &TestProvider) -> (TestBrowser, Tokens) {
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = ask(&mut browser, &[SCOPE, ("prompt", "consent")]).await;
    let answer = browser.consent(&page, "allow").await;
    let tokens = provider.exchange("app-b", &code_of(&answer)).await;
    (browser, tokens)
}

/// BCP-05, BCP-06: it has lifetimes of its own, and those of a session's tokens do not apply.
#[tokio::test]
async fn it_ends_in_time() {
    let mut config = config();
    config["refresh_token_lifetime"] = json!(100);
    config["refresh_token_idle_lifetime"] = json!(50);
    config["offline_access_lifetime"] = json!(2_500);
    config["offline_access_idle_lifetime"] = json!(1_000);
    let provider = TestProvider::with(config).await;
    let (_, idle) = allowed(&provider).await;
    let (_, busy) = allowed_again(&provider).await;
    provider.clock.advance(999);
    let busy = refreshed(&provider, &busy.answer).await;
    provider.clock.advance(1);
    assert_refused(&provider, &idle.answer).await;
    provider.clock.advance(998);
    let busy = refreshed(&provider, &busy).await;
    provider.clock.advance(501);
    let last = refreshed(&provider, &busy).await;
    provider.clock.advance(1);
    assert_refused(&provider, &last).await;
}

/// Who or what is taken out of the configuration has lost it for good, also when it is put back.
#[tokio::test]
async fn it_does_not_come_back_with_the_configuration() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 4] = [
        ("the user", |config| drop(config["users"].as_array_mut().unwrap().remove(0))),
        ("the app", |config| drop(config["clients"].as_array_mut().unwrap().remove(1))),
        ("the scope", |config| config["clients"][1]["scopes"] = json!(["openid", "profile"])),
        ("nothing", |config| config["access_token_lifetime"] = json!(60)),
    ];
    for (what, change) in changes {
        let provider = init().await;
        let (mut browser, tokens) = allowed(&provider).await;
        sign_out(&mut browser, &tokens).await;
        let mut without = config();
        change(&mut without);
        let provider = provider.restart(without).await.restart(config()).await;
        let goes_on = refresh(&provider, "app-b", &tokens.answer).await.status == StatusCode::OK;
        assert_eq!(goes_on, what == "nothing", "{what}");
        let (mut browser, _) = provider.signed_in("alice").await;
        let is_remembered = redirected(&ask(&mut browser, &[SCOPE, SILENT]).await, "code").is_some();
        assert_eq!(is_remembered, what == "nothing", "{what}");
    }
}

/// What is kept of the session is kept as long as it is needed, and no longer.
#[tokio::test]
async fn the_record_of_the_session_stays_as_long() {
    let provider = init().await;
    let (mut browser, tokens) = allowed(&provider).await;
    sign_out(&mut browser, &tokens).await;
    let mut last = tokens.answer;
    for _ in 0..4 {
        provider.clock.advance(6 * DAY);
        provider.state.sweep().await.unwrap();
        last = refreshed(&provider, &last).await;
    }
    assert_eq!(userinfo(&provider, &last).await, StatusCode::OK);
    provider.clock.advance(6 * DAY);
    assert_refused(&provider, &last).await;
    provider.clock.advance(7 * DAY);
    provider.state.sweep().await.unwrap();
    provider.state.shutdown().await;
    assert_eq!(provider.stored::<i64>("SELECT count(*) FROM token_family").await, 0);
    assert_eq!(provider.stored::<i64>("SELECT count(*) FROM session").await, 0);
}

/// T-11: whichever comes first, what names the ended session is dead, and what does not is no part of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_against_a_sign_out() {
    let provider = init().await;
    for _ in 0..20 {
        let (browser, tokens) = allowed_again(&provider).await;
        let sign_out = {
            let (mut browser, tokens) = (browser.clone(), tokens.clone());
            async move { sign_out(&mut browser, &tokens).await }
        };
        let ((), renewed) = tokio::join!(sign_out, refreshed(&provider, &tokens.answer));
        let is_of_session = claims(access_token(&renewed)).get("sid").is_some();
        assert_eq!(renewed.get("id_token").is_some(), is_of_session);
        let expected = if is_of_session { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
        assert_eq!(userinfo(&provider, &renewed).await, expected);
        let next = refreshed(&provider, &renewed).await;
        assert_eq!(claims(access_token(&next)).get("sid"), None);
    }
}

#[tokio::test]
async fn it_is_announced_where_an_app_may_have_it() {
    let announced = async |provider: &TestProvider| {
        let answer = provider.browser().send("GET", "/.well-known/openid-configuration", &[], None).await;
        let document: Value = serde_json::from_str(&answer.body).unwrap();
        document["scopes_supported"].as_array().unwrap().contains(&json!("offline_access"))
    };
    assert!(announced(&init().await).await);
    assert!(!announced(&TestProvider::init().await).await);
}

/// RFC 6749 section 4.1.2, BCL-43: a code that comes a second time takes back what outlived its session, too.
#[tokio::test]
async fn a_second_use_of_the_code_ends_it() {
    let provider = init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = ask(&mut browser, &[SCOPE]).await;
    let code = code_of(&browser.consent(&page, "allow").await);
    let tokens = provider.exchange("app-b", &code).await;
    sign_out(&mut browser, &tokens).await;
    provider.clock.advance(30);
    provider.state.sweep().await.unwrap();
    let renewed = refreshed(&provider, &tokens.answer).await;
    let answer = provider.token("app-b", &[("code", &code)]).await;
    assert!(answer.body.contains("\"invalid_grant\""), "{}", answer.body);
    assert_refused(&provider, &renewed).await;
    assert_eq!(userinfo(&provider, &renewed).await, StatusCode::UNAUTHORIZED);
    assert_on_record(&provider, REUSED).await;
}

/// OpenID Connect Core 1.0 section 5.5: what is asked for by name is allowed, and kept, like what is asked for by scope.
#[tokio::test]
async fn claims_by_name_are_asked_for_too() {
    let mut config = config();
    config["clients"][1]["scopes"] = json!(["openid", "profile", "email", "notes", "offline_access"]);
    config["users"][0]["email"] = "alice@example.com".into();
    let provider = TestProvider::with(config).await;
    let (mut browser, _) = allowed(&provider).await;
    code_of(&ask(&mut browser, &[SCOPE, SILENT]).await);
    let email = ("claims", r#"{"userinfo":{"email":null}}"#);
    let answer = ask(&mut browser, &[SCOPE, SILENT, email]).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("consent_required"));
    let page = ask(&mut browser, &[SCOPE, email]).await;
    assert!(page.body.contains("data-scope=\"email\">see your e-mail address"), "{}", page.body);
    let answer = browser.consent(&page, "allow").await;
    let tokens = provider.exchange("app-b", &code_of(&answer)).await;
    assert_eq!(tokens.answer["scope"], SCOPE.1, "by name, and not the scope");
    sign_out(&mut browser, &tokens).await;
    let renewed = refreshed(&provider, &tokens.answer).await;
    let said = provider.userinfo(access_token(&renewed)).await;
    assert!(said.body.contains("alice@example.com"), "{}", said.body);
}
