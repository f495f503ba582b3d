//! Renewal by refresh tokens.

use axum::http::StatusCode;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Answer, START, TestBrowser, TestProvider, Tokens, authorize, claims, code_of, config_with, path};

const RENEWS: &[&str] = &["authorization_code", "refresh_token"];

async fn init() -> TestProvider {
    TestProvider::with(config_with(&[
        ("app-a", json!({"grant_types": RENEWS})),
        ("app-b", json!({"grant_types": RENEWS})),
    ]))
    .await
}

async fn signed_in_at_b(provider: &TestProvider) -> (TestBrowser, Tokens) {
    let (mut browser, _) = provider.signed_in("alice").await;
    let tokens = provider.visit(&mut browser, "app-b").await;
    (browser, tokens)
}

fn refresh_token(answer: &Value) -> String {
    answer["refresh_token"].as_str().unwrap_or_else(|| panic!("no refresh token in {answer}")).to_owned()
}

async fn refresh(provider: &TestProvider, client_id: &str, token: &str, changes: &[(&str, &str)]) -> Answer {
    let mut form =
        vec![("grant_type", "refresh_token"), ("refresh_token", token), ("redirect_uri", ""), ("code_verifier", "")];
    form.extend(changes);
    provider.token(client_id, &form).await
}

async fn refreshed(provider: &TestProvider, token: &str) -> Value {
    let answer = refresh(provider, "app-b", token, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn assert_refused(provider: &TestProvider, token: &str, why: &str) {
    let answer = refresh(provider, "app-b", token, &[]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{why}: {}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error"], "invalid_grant", "{why}");
    assert!(body["error_description"].as_str().unwrap().contains(why), "{why}: {body}");
}

/// BCP-01: a new refresh token each time; OpenID Connect Core 1.0 section 12.2 for the ID token.
#[tokio::test]
async fn a_renewal_gives_the_next_tokens_of_the_same_session() {
    let provider = init().await;
    let (_, tokens) = signed_in_at_b(&provider).await;
    provider.clock.advance(200);
    let first = refresh_token(&tokens.answer);
    let renewed = refreshed(&provider, &first).await;
    assert_ne!(refresh_token(&renewed), first);
    assert_eq!((&renewed["token_type"], &renewed["expires_in"]), (&json!("Bearer"), &json!(300)));
    assert_eq!(renewed["scope"], "openid profile notes");

    let [old, new] = [&tokens.answer, &renewed].map(|answer| claims(answer["access_token"].as_str().unwrap()));
    assert_eq!((&new["iat"], &new["exp"]), (&json!(START + 200), &json!(START + 500)));
    for same in ["iss", "sub", "aud", "sid", "auth_time", "client_id", "scope"] {
        assert_eq!(new[same], old[same], "{same}");
    }
    assert_ne!(new["jti"], old["jti"]);
    let [old, new] = [&tokens.answer, &renewed].map(|answer| claims(answer["id_token"].as_str().unwrap()));
    for same in ["iss", "sub", "aud", "sid", "auth_time"] {
        assert_eq!(new[same], old[same], "{same}");
    }
    assert!(new.get("nonce").is_none());
    assert_eq!(provider.userinfo(renewed["access_token"].as_str().unwrap()).await.status, StatusCode::OK);
}

/// T-11, BCL-42, BCP-04: whoever signs out, at which app ever, no app of the session renews any more.
#[tokio::test]
async fn the_end_of_the_session_ends_renewal_for_every_app() {
    let provider = init().await;
    let (mut browser, a) = provider.signed_in("alice").await;
    let b = provider.visit(&mut browser, "app-b").await;
    let (mut elsewhere, _) = provider.signed_in("alice").await;
    let other = provider.visit(&mut elsewhere, "app-b").await;
    browser.get(&path("/end_session", &[("id_token_hint", b.id_token.as_str())])).await;

    assert_refused(&provider, &refresh_token(&b.answer), "session has ended").await;
    let answer = refresh(&provider, "app-a", &refresh_token(&a.answer), &[]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let kept = refreshed(&provider, &refresh_token(&other.answer)).await;
    assert_eq!(provider.userinfo(kept["access_token"].as_str().unwrap()).await.status, StatusCode::OK);
}

/// T-11: whichever comes first, no live credential of the ended session is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_against_a_sign_out() {
    let provider = init().await;
    let mut orders = [0, 0];
    for _ in 0..20 {
        let (browser, tokens) = signed_in_at_b(&provider).await;
        let first = refresh_token(&tokens.answer);
        let sign_out = {
            let mut browser = browser.clone();
            let hint = tokens.id_token.clone();
            async move { browser.get(&path("/end_session", &[("id_token_hint", hint)])).await }
        };
        let (_, renewed) = tokio::join!(sign_out, refresh(&provider, "app-b", &first, &[]));
        orders[usize::from(renewed.status == StatusCode::OK)] += 1;
        if renewed.status == StatusCode::OK {
            let answer: Value = serde_json::from_str(&renewed.body).unwrap();
            assert_refused(&provider, &refresh_token(&answer), "session has ended").await;
            let access_token = answer["access_token"].as_str().unwrap();
            assert_eq!(provider.userinfo(access_token).await.status, StatusCode::UNAUTHORIZED);
        }
    }
    println!("refused {}, renewed first {}", orders[0], orders[1]);
}

/// BCP-02, T-23: of two who hold a token one should not, so neither gets anything more.
#[tokio::test]
async fn a_second_use_ends_everything_that_came_of_the_token() {
    let provider = init().await;
    let (mut browser, tokens) = signed_in_at_b(&provider).await;
    let first = refresh_token(&tokens.answer);
    let second = refreshed(&provider, &first).await;
    let third = refreshed(&provider, &refresh_token(&second)).await;
    assert_refused(&provider, &first, "used before").await;
    assert_refused(&provider, &refresh_token(&third), "revoked").await;
    for answer in [&tokens.answer, &second, &third] {
        let access_token = answer["access_token"].as_str().unwrap();
        assert_eq!(provider.userinfo(access_token).await.status, StatusCode::UNAUTHORIZED);
    }
    // The session itself is in the right hands: its browser may sign in again.
    provider.visit(&mut browser, "app-b").await;
}

/// BCP-02: an answer that got lost is not a theft, as long as nobody has used it.
#[tokio::test]
async fn a_retry_soon_after_is_answered_and_outdates_the_lost_answer() {
    let provider = init().await;
    let (_, tokens) = signed_in_at_b(&provider).await;
    let first = refresh_token(&tokens.answer);
    let lost = refreshed(&provider, &first).await;
    provider.clock.advance(10);
    let second = refreshed(&provider, &first).await;
    let third = refreshed(&provider, &refresh_token(&second)).await;
    assert_refused(&provider, &refresh_token(&lost), "used before").await;
    assert_refused(&provider, &refresh_token(&third), "revoked").await;

    let (_, tokens) = signed_in_at_b(&provider).await;
    let first = refresh_token(&tokens.answer);
    refreshed(&provider, &first).await;
    provider.clock.advance(11);
    assert_refused(&provider, &first, "used before").await;
}

/// BCP-05, BCP-06: unused for too long, or simply too old.
#[tokio::test]
async fn refresh_tokens_expire() {
    let mut config = config_with(&[("app-b", json!({"grant_types": RENEWS}))]);
    config["refresh_token_idle_lifetime"] = json!(1_000);
    config["refresh_token_lifetime"] = json!(2_500);
    let provider = TestProvider::with(config).await;
    let (_, idle) = signed_in_at_b(&provider).await;
    let (_, busy) = signed_in_at_b(&provider).await;
    provider.clock.advance(999);
    let busy = refreshed(&provider, &refresh_token(&busy.answer)).await;
    provider.clock.advance(1);
    assert_refused(&provider, &refresh_token(&idle.answer), "expired").await;
    provider.clock.advance(998);
    let busy = refreshed(&provider, &refresh_token(&busy)).await;
    provider.clock.advance(501);
    let last = refreshed(&provider, &refresh_token(&busy)).await;
    provider.clock.advance(1);
    assert_refused(&provider, &refresh_token(&last), "expired").await;
}

/// BCP-06: the user signs in again, which prolongs the session, but not what was given before.
#[tokio::test]
async fn what_a_session_gave_does_not_outlive_its_first_end() {
    let mut config = config_with(&[("app-b", json!({"grant_types": RENEWS}))]);
    config["session_lifetime"] = json!(1_000);
    config["refresh_token_lifetime"] = json!(5_000);
    let provider = TestProvider::with(config).await;
    let (mut browser, tokens) = signed_in_at_b(&provider).await;
    provider.clock.advance(900);
    let page = browser.get(&authorize("app-a", &[("prompt", "login")])).await;
    let page = browser.follow(page).await;
    browser.fill_in(&page, "alice", "alice").await;
    let kept = refreshed(&provider, &refresh_token(&tokens.answer)).await;
    assert_eq!(claims(kept["id_token"].as_str().unwrap())["auth_time"], START, "the first sign-in's");
    provider.clock.advance(100);
    assert_refused(&provider, &refresh_token(&kept), "expired").await;
    let again = provider.visit(&mut browser, "app-b").await;
    refreshed(&provider, &refresh_token(&again.answer)).await;
}

/// BCP-03, and RFC 6749 sections 5.2 and 6.
#[tokio::test]
async fn refused_renewals_change_nothing() {
    let provider = init().await;
    let (mut browser, tokens) = signed_in_at_b(&provider).await;
    let token = refresh_token(&tokens.answer);
    type Changes<'a> = &'a [(&'a str, &'a str)];
    let table: &[(&str, &str, Changes<'_>, &str)] = &[
        ("app-b", "", &[], "invalid_request"),
        ("app-b", "x", &[], "invalid_grant"),
        ("app-a", &token, &[], "invalid_grant"),
        ("app-b", &token, &[("scope", "openid email")], "invalid_scope"),
        ("app-b", &token, &[("scope", "notes")], "invalid_scope"),
        ("app-b", &token, &[("refresh_token", &token)], "invalid_request"),
    ];
    for (client_id, token, changes, expected) in table {
        let answer = refresh(&provider, client_id, token, changes).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status, &body["error"]), (StatusCode::BAD_REQUEST, &json!(expected)), "{changes:?}");
    }
    let narrow = refresh(&provider, "app-b", &token, &[("scope", "openid notes")]).await;
    let narrow: Value = serde_json::from_str(&narrow.body).unwrap();
    assert_eq!(narrow["scope"], "openid notes");
    let wide = refreshed(&provider, &refresh_token(&narrow)).await;
    assert_eq!(wide["scope"], "openid profile notes", "what was granted at first is kept");

    let plain = TestProvider::init().await;
    let tokens = plain.visit(&mut plain.signed_in("alice").await.0, "app-b").await;
    assert!(tokens.answer.get("refresh_token").is_none());
    let answer = refresh(&plain, "app-b", &token, &[]).await;
    assert!(answer.body.contains("unauthorized_client"), "{}", answer.body);
    provider.visit(&mut browser, "app-b").await;
}

/// A restart forgets neither the family nor which of its tokens was used.
#[tokio::test]
async fn a_restart_keeps_the_family() {
    let provider = init().await;
    let (_, tokens) = signed_in_at_b(&provider).await;
    let first = refresh_token(&tokens.answer);
    let second = refreshed(&provider, &first).await;
    let config = config_with(&[("app-b", json!({"grant_types": RENEWS}))]);
    let provider = provider.restart_at(config, START + 60).await;
    let third = refreshed(&provider, &refresh_token(&second)).await;
    assert_refused(&provider, &first, "used before").await;
    assert_refused(&provider, &refresh_token(&third), "revoked").await;
}

#[derive(Clone, Debug)]
enum Step {
    /// Presents the n-th token that was ever given, counted from the newest.
    Present(usize),
    Wait(u64),
    SignOut,
    /// The app takes back the newest token.
    Revoke,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..4_usize).prop_map(Step::Present),
        3 => prop_oneof![Just(1), Just(9), Just(11), Just(700), Just(1_001)].prop_map(Step::Wait),
        2 => Just(Step::SignOut),
        1 => Just(Step::Revoke),
    ];
    proptest::collection::vec(step, 1..16)
}

/// What a family is, said another way than the store does: one token to use, and the one before it for a retry.
struct Model {
    /// Every token that was given, and when.
    given: Vec<(String, u64)>,
    current: usize,
    /// The token whose use gave the current one, and when it was used first.
    previous: Option<(usize, u64)>,
    is_dead: bool,
    /// BCL-43: whether it goes on when its session has ended.
    is_offline: bool,
    session_has_ended: bool,
}

const IDLE: u64 = 1_000;
const ABSOLUTE: u64 = 3_000;

impl Model {
    /// Whether presenting this token gives new ones.
    fn present(&mut self, token: usize, now: u64) -> bool {
        let is_retry = self.previous.is_some_and(|(previous, used_at)| previous == token && now - used_at <= 10);
        if self.is_dead {
            return false;
        }
        if token != self.current && !is_retry {
            self.is_dead = true;
            return false;
        }
        if now >= self.given[token].1 + IDLE || now >= ABSOLUTE {
            return false;
        }
        if !is_retry {
            self.previous = Some((token, now));
        }
        true
    }

    fn sign_out(&mut self) {
        self.session_has_ended = true;
        self.is_dead |= !self.is_offline;
    }
}

/// A family at App B, and the browser of its session.
async fn family(provider: &TestProvider, is_offline: bool) -> (TestBrowser, Tokens) {
    let (mut browser, _) = provider.signed_in("alice").await;
    let answer = if is_offline {
        let answer = browser.get(&authorize("app-b", &[("scope", "openid profile offline_access")])).await;
        let page = browser.follow(answer).await;
        browser.consent(&page, "allow").await
    } else {
        browser.get(&authorize("app-b", &[("prompt", "none")])).await
    };
    let tokens = provider.exchange("app-b", &code_of(&answer)).await;
    (browser, tokens)
}

async fn follows_the_model(steps: &[Step], is_offline: bool) -> Result<(), TestCaseError> {
    let scopes = ["openid", "profile", "notes", "offline_access"];
    let mut config = config_with(&[("app-b", json!({"grant_types": RENEWS, "scopes": scopes}))]);
    let (these, others) =
        if is_offline { ("offline_access", "refresh_token") } else { ("refresh_token", "offline_access") };
    config[format!("{these}_idle_lifetime")] = json!(IDLE);
    config[format!("{these}_lifetime")] = json!(ABSOLUTE);
    config[format!("{others}_idle_lifetime")] = json!(1);
    config[format!("{others}_lifetime")] = json!(1);
    let provider = TestProvider::with(config).await;
    let (mut browser, tokens) = family(&provider, is_offline).await;
    let given = vec![(refresh_token(&tokens.answer), 0)];
    let mut model = Model { given, current: 0, previous: None, is_dead: false, is_offline, session_has_ended: false };
    let mut now = 0;
    for step in steps {
        match step {
            Step::Wait(seconds) => {
                now += seconds;
                provider.clock.advance(*seconds);
            }
            Step::SignOut => {
                browser.get(&path("/end_session", &[("id_token_hint", tokens.id_token.as_str())])).await;
                model.sign_out();
            }
            Step::Revoke => {
                let form = [("client_id", "app-b"), ("token", model.given[model.current].0.as_str())];
                provider.browser().send("POST", "/revoke", &[], Some(&form)).await;
                model.is_dead = true;
            }
            Step::Present(back) => {
                let Some(token) = (model.given.len() - 1).checked_sub(*back) else { continue };
                let answer = refresh(&provider, "app-b", &model.given[token].0, &[]).await;
                prop_assert_eq!(answer.status == StatusCode::OK, model.present(token, now), "{}", answer.body);
                if answer.status == StatusCode::OK {
                    let body: Value = serde_json::from_str(&answer.body).unwrap();
                    model.current = model.given.len();
                    model.given.push((refresh_token(&body), now));
                    let access_token = body["access_token"].as_str().unwrap();
                    prop_assert_eq!(provider.userinfo(access_token).await.status, StatusCode::OK);
                    let names_a_session = claims(access_token).get("sid").is_some();
                    prop_assert_eq!(names_a_session, !model.session_has_ended);
                    prop_assert_eq!(body.get("id_token").is_some(), !model.session_has_ended);
                }
            }
        }
    }
    provider.state.shutdown().await;
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// T-11, T-23, BCL-42, BCL-43, BCP-01, BCP-02: whatever the order, one token of a family is good, and none after its end.
    #[test]
    fn no_order_of_renewals_gives_two_live_tokens(steps in steps(), is_offline in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(follows_the_model(&steps, is_offline))?;
    }
}
