//! Tokens without a code, where the configuration lets apps have them: OpenID Connect Core 1.0 section 3.2.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use provider::{Clock, Observation, Observer, Observers, Operator, ProviderConfig};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::support::{
    Answer, CALLBACK, DpopKey, Registered, START, TestBrowser, TestProvider, claims, config_registering, path,
    redirected,
};

fn config() -> Value {
    config_registering(json!({"danger_allow_implicit_flow": true}))
}

async fn app(provider: &TestProvider) -> Registered {
    provider
        .registered(&json!({
            "response_types": ["id_token", "id_token token"], "scope": "openid profile",
            "post_logout_redirect_uris": [CALLBACK],
        }))
        .await
}

fn fragment(answer: &Answer) -> BTreeMap<String, String> {
    let location = answer.location();
    assert!(location.query().is_none(), "nothing travels in the query: {location}");
    form_urlencoded::parse(location.fragment().unwrap_or_default().as_bytes()).into_owned().collect()
}

async fn allowed(browser: &mut TestBrowser, app: &Registered, response_type: &str) -> BTreeMap<String, String> {
    let changes = [("response_type", response_type), ("code_challenge", ""), ("code_challenge_method", "")];
    let answer = browser.get(&app.authorize(&changes)).await;
    match answer.header("location").starts_with("/consent") {
        true => {
            let page = browser.follow(answer).await;
            fragment(&browser.consent(&page, "allow").await)
        }
        false => fragment(&answer),
    }
}

/// Off, unless whoever runs the provider says otherwise.
#[tokio::test]
async fn it_cannot_be_had_by_default() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&json!({})).await;
    let answer = provider.browser().get(&app.authorize(&[("response_type", "id_token")])).await;
    assert_eq!(fragment(&answer)["error"], "unsupported_response_type");
    for types in [json!(["id_token"]), json!(["code", "id_token token"])] {
        let answer = provider.register(&json!({"redirect_uris": [CALLBACK], "response_types": types})).await;
        assert_eq!(answer.status, 400, "{types}");
    }
    let provider = TestProvider::with(config()).await;
    // RFC 6749 sections 4.1.2.1 and 4.2.2.1: what others have here is another error than what nobody has.
    let code = provider.registered(&json!({})).await;
    for (response_type, error) in [("id_token", "unauthorized_client"), ("token", "unsupported_response_type")] {
        let answer = provider.browser().get(&code.authorize(&[("response_type", response_type)])).await;
        assert_eq!(fragment(&answer)["error"], error);
    }
    for metadata in [
        json!({"response_types": ["token"]}),
        json!({"response_types": ["code id_token"]}),
        json!({"response_types": ["id_token"], "grant_types": ["authorization_code"]}),
        json!({"response_types": ["code"], "grant_types": ["authorization_code", "implicit"]}),
        json!({"response_types": ["id_token token"], "dpop_bound_access_tokens": true}),
    ] {
        let mut metadata = metadata;
        metadata["redirect_uris"] = json!([CALLBACK]);
        assert_eq!(provider.register(&metadata).await.status, 400, "{metadata}");
    }
}

/// Sections 3.2.2.5 and 5.4, and what a sign-out ends.
#[tokio::test]
async fn tokens_come_in_the_fragment_and_end_with_the_session() {
    let provider = TestProvider::with(config()).await;
    let app = app(&provider).await;
    assert_eq!(app.information["grant_types"], json!(["implicit"]));
    let (mut browser, _) = provider.signed_in("alice").await;

    let alone = allowed(&mut browser, &app, "id_token").await;
    let id = claims(&alone["id_token"]);
    assert_eq!((&id["nonce"], &id["name"], id.get("at_hash")), (&json!("n-1"), &json!("Alice"), None));
    assert_eq!(alone["state"], "s/t&a=t e");
    assert!(!alone.contains_key("access_token") && !alone.contains_key("code"));

    let both = allowed(&mut browser, &app, "token id_token").await;
    assert_eq!((both["token_type"].as_str(), both["expires_in"].as_str()), ("Bearer", "300"));
    assert_eq!(claims(&both["id_token"])["sid"], id["sid"]);
    assert!(claims(&both["id_token"])["at_hash"].is_string());
    assert!(!both.contains_key("refresh_token"));
    assert_eq!(provider.userinfo(&both["access_token"]).await.status, 200);

    let hint = [("id_token_hint", both["id_token"].as_str()), ("post_logout_redirect_uri", CALLBACK)];
    let answer = browser.get(&path("/end_session", &hint)).await;
    assert_eq!(answer.status, 200, "an app that cannot be told is shown");
    assert_eq!(provider.userinfo(&both["access_token"]).await.status, 401);
}

/// Ends the sessions of whoever signs in, from another process as it were, when the sign-in has been committed.
#[derive(Default)]
struct Ender(OnceLock<PathBuf>);

impl Observer for Ender {
    fn observe(&self, observation: &Observation<'_>) {
        let (Observation::SignedIn { .. }, Some(folder)) = (observation, self.0.get()) else { return };
        let end = async {
            let config: ProviderConfig = serde_json::from_value(config()).unwrap();
            let operator = Operator::open(config, folder, Clock::from_fn(|| START)).await.unwrap();
            assert_eq!(operator.end_sessions_of("alice", false).await.unwrap(), Some(1));
            operator.close().await;
        };
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        std::thread::scope(|scope| scope.spawn(|| runtime().block_on(end)).join().unwrap());
    }
}

/// T-10: the sign-out comes when the tokens are granted and not signed yet. Nobody gets them.
#[tokio::test]
async fn tokens_of_a_session_that_ends_while_they_are_signed_are_not_handed_out() {
    let ender = Arc::new(Ender::default());
    let provider = TestProvider::observed(config(), Observers::default().and(ender.clone())).await;
    let app = app(&provider).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    allowed(&mut browser, &app, "id_token token").await;
    ender.0.set(provider.folder.path().to_owned()).unwrap();

    // The same user again: the consent of this session still counts, so the tokens would come at once.
    let changes = [("response_type", "id_token token"), ("code_challenge", ""), ("code_challenge_method", "")];
    let again = [&changes[..], &[("prompt", "login")]].concat();
    let page = browser.get(&app.authorize(&again)).await;
    let page = browser.follow(page).await;
    let answer = fragment(&browser.fill_in(&page, "alice", "alice").await);
    assert_eq!(answer["error"], "login_required");
    assert!(!answer.contains_key("id_token") && !answer.contains_key("access_token"), "{answer:?}");
    let silent = browser.get(&app.authorize(&[&changes[..], &[("prompt", "none")]].concat())).await;
    assert_eq!(fragment(&silent)["error"], "login_required");
}

/// Section 3.2.2.1
#[tokio::test]
async fn a_nonce_is_needed_and_no_query() {
    let provider = TestProvider::with(config()).await;
    let app = app(&provider).await;
    let mut browser = provider.browser();
    let answer = browser.get(&app.authorize(&[("response_type", "id_token"), ("nonce", "")])).await;
    assert_eq!(fragment(&answer)["error"], "invalid_request");
    let answer = browser.get(&app.authorize(&[("response_type", "id_token"), ("response_mode", "query")])).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("invalid_request"));
    let answer = browser.get(&app.authorize(&[])).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("unauthorized_client"), "no code");
}

/// RFC 9449 section 10: who asks for a token that is bound to a key is not given one that is not.
#[tokio::test]
async fn a_token_from_here_is_bound_to_no_key() {
    let provider = TestProvider::with(config()).await;
    let app = app(&provider).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let key = DpopKey::new().thumbprint();
    let answer = browser.get(&app.authorize(&[("response_type", "id_token token"), ("dpop_jkt", &key)])).await;
    let refused = fragment(&answer);
    assert_eq!(refused["error"], "invalid_request");
    assert!(refused["error_description"].contains("dpop_jkt"), "{refused:?}");
    assert!(!refused.contains_key("access_token") && !refused.contains_key("id_token"));
    // An ID token alone is nobody's access.
    let answer = browser.get(&app.authorize(&[("response_type", "id_token"), ("dpop_jkt", &key)])).await;
    assert!(answer.header("location").starts_with("/consent"), "{}", answer.header("location"));
}
