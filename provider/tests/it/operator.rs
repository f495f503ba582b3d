//! What an operator does beside a provider that runs.

use provider::{Clock, Operator, ProviderConfig, SigningKeys};
use serde_json::{Value, json};

use crate::support::{
    START, TestApp, TestBrowser, TestProvider, authorize, claims, code_of, config, config_with, redirected,
};

async fn is_signed_in(browser: &mut TestBrowser) -> bool {
    redirected(&browser.get(&authorize("app-a", &[("prompt", "none")])).await, "code").is_some()
}

#[tokio::test]
async fn sessions_are_listed_with_their_users_and_apps() {
    let provider = TestProvider::init().await;
    let (mut alice, tokens) = provider.signed_in("alice").await;
    provider.visit(&mut alice, "app-b").await;
    provider.clock.advance(60);
    provider.signed_in("bob").await;
    let (_, ended) = provider.signed_in("bob").await;
    let mut gone = provider.browser();
    gone.get(&format!("/end_session?id_token_hint={}", ended.id_token)).await;

    let operator = provider.operator(config()).await;
    let all = operator.sessions(None).await.unwrap().unwrap();
    let users: Vec<&str> = all.iter().map(|session| session.user.as_str()).collect();
    assert_eq!(users, ["bob", "bob", "alice"], "what was used last comes first");
    let hers = operator.sessions(Some("alice")).await.unwrap().unwrap();
    assert_eq!(hers[..], all[2..]);
    let json = serde_json::to_value(&hers[0]).unwrap();
    let id = alice.get("/account").await.sessions()[0].0.clone();
    assert_eq!(
        json,
        json!({
            "session": id, "user": "alice", "browser": null, "since": START, "last_used": START,
            "apps": ["app-a", "app-b"],
        })
    );
    assert!(!json.to_string().contains(claims(&tokens.id_token)["sid"].as_str().unwrap()));
    assert_eq!(operator.sessions(Some("carol")).await.unwrap(), None, "who never signed in");
    operator.close().await;
}

/// T-18: whatever ends, the apps hear of it; here from a worker of another process, which nobody woke.
#[tokio::test]
async fn the_running_provider_tells_the_apps_of_what_an_operator_ends() {
    let mut app = TestApp::answering(200).await;
    let config = config_with(&[("app-a", app.back_channel())]);
    let provider = TestProvider::with(config.clone()).await;
    let (mut here, at_here) = provider.signed_in("alice").await;
    let (mut there, _) = provider.signed_in("alice").await;
    let (mut bob, _) = provider.signed_in("bob").await;
    let id = here.get("/account").await.sessions().into_iter().find(|(_, here)| *here).unwrap().0;

    let operator = provider.operator(config).await;
    assert!(operator.end_session(&id).await.unwrap());
    assert_eq!(claims(app.next().await.logout_token())["sid"], claims(&at_here.id_token)["sid"]);
    assert!(!is_signed_in(&mut here).await && is_signed_in(&mut there).await);
    assert!(!operator.end_session(&id).await.unwrap(), "it has ended");
    assert!(!operator.end_session("x").await.unwrap(), "there is none");

    assert_eq!(operator.end_sessions_of("alice", false).await.unwrap(), Some(1));
    app.next().await;
    assert!(!is_signed_in(&mut there).await && is_signed_in(&mut bob).await);
    assert_eq!(operator.end_sessions_of("alice", false).await.unwrap(), Some(0));
    assert_eq!(operator.end_sessions_of("carol", false).await.unwrap(), None);
    let ended: Vec<_> =
        operator.audit_page(0, 0).await.unwrap().into_iter().filter(|entry| entry.event == "session_ended").collect();
    assert_eq!(ended.len(), 2);
    assert!(ended.iter().all(|entry| entry.actor == "operator" && entry.reason.as_deref() == Some("command")));
    operator.close().await;
}

/// What had expired before is not said to have been ended.
#[tokio::test]
async fn expired_sessions_are_not_counted() {
    let mut config = config();
    config["session_lifetime"] = json!(1000);
    let provider = TestProvider::with(config.clone()).await;
    provider.signed_in("alice").await;
    provider.clock.advance(999);
    provider.signed_in("alice").await;
    let config: ProviderConfig = serde_json::from_value(config).unwrap();
    let operator = Operator::open(config, provider.folder.path(), Clock::from_fn(|| START + 1000)).await.unwrap();
    assert_eq!(operator.sessions(Some("alice")).await.unwrap().unwrap().len(), 1);
    assert_eq!(operator.end_sessions_of("alice", false).await.unwrap(), Some(1));
    operator.close().await;
}

/// BCL-43: what was allowed for while the user is away goes on, unless the operator says otherwise.
#[tokio::test]
async fn access_while_away_ends_when_the_operator_says_so() {
    let app_b = json!({
        "grant_types": ["authorization_code", "refresh_token"],
        "scopes": ["openid", "profile", "notes", "offline_access"],
    });
    let config = config_with(&[("app-b", app_b)]);
    let provider = TestProvider::with(config.clone()).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = browser.get(&authorize("app-b", &[("scope", "openid offline_access")])).await;
    let page = browser.follow(page).await;
    let answer = browser.consent(&page, "allow").await;
    let tokens = provider.exchange("app-b", &code_of(&answer)).await;
    let operator = provider.operator(config).await;
    operator.end_sessions_of("alice", false).await.unwrap();
    let renewed = provider.refresh("app-b", &tokens.answer).await;
    assert_eq!(renewed.status, 200);
    let renewed: Value = serde_json::from_str(&renewed.body).unwrap();
    operator.end_sessions_of("alice", true).await.unwrap();
    assert_eq!(provider.refresh("app-b", &renewed).await.status, 400);
    operator.close().await;
}

/// An operator beside a provider changes nothing by looking: not what a start would, such as what is no longer configured.
#[tokio::test]
async fn looking_changes_nothing_and_makes_nothing() {
    let open = async |folder: &std::path::Path| {
        let config: ProviderConfig = serde_json::from_value(config()).unwrap();
        Operator::open(config, folder, Clock::from_fn(|| START)).await
    };
    let folder = tempfile::tempdir().unwrap();
    let refused = open(folder.path()).await.err().unwrap().to_string();
    assert!(refused.contains("the provider has not run there") && refused.contains("--data-dir"), "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    std::fs::write(folder.path().join("provider.sqlite"), "").unwrap();
    let refused = open(folder.path()).await.err().unwrap().to_string();
    assert!(refused.contains("another version"), "{refused}");

    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let csrf = browser.get("/account").await.input("csrf");
    let new = "correct horse battery";
    browser.submit("/account/password", &[("csrf", &csrf), ("current", "alice"), ("new", new), ("again", new)]).await;
    let mut another = config();
    another["users"][0]["password_hash"] = json!(crate::support::cheap_hash("another"));
    provider.operator(another).await.close().await;
    provider.state.shutdown().await;
    assert_eq!(provider.stored::<i64>("SELECT count(*) FROM changed_password").await, 1);

    let keys = provider.folder.path().join("signing-keys.json");
    std::fs::remove_file(&keys).unwrap();
    let refused = open(provider.folder.path()).await.err().unwrap().to_string();
    assert!(refused.contains("signing-keys.json is not there"), "{refused}");
    assert!(!keys.exists(), "by what a provider signs is not decided by whoever looks");
}

/// The configuration of another provider knows neither the apps that are to be told nor how long keys matter.
#[tokio::test]
async fn the_data_of_another_provider_is_left_alone() {
    let provider = TestProvider::init().await;
    let folder = provider.folder.path();
    let mut another = config();
    another["issuer"] = json!("http://localhost:4010");
    let another: ProviderConfig = serde_json::from_value(another).unwrap();
    let says_why = |refused: String| {
        for part in ["http://localhost:4000", "http://localhost:4010", "--config"] {
            assert!(refused.contains(part), "{refused}");
        }
    };
    let clock = Clock::from_fn(|| START);
    says_why(Operator::open(another.clone(), folder, clock.clone()).await.err().unwrap().to_string());
    says_why(SigningKeys::of(&another, folder).unwrap_err().to_string());

    let own: ProviderConfig = serde_json::from_value(config()).unwrap();
    Operator::open(own.clone(), folder, clock.clone()).await.unwrap().close().await;
    SigningKeys::of(&own, folder).unwrap();
    std::fs::remove_file(folder.join("issuer")).unwrap();
    assert!(
        Operator::open(own.clone(), folder, clock).await.err().unwrap().to_string().contains("issuer is not there")
    );
    assert!(SigningKeys::of(&own, folder).is_err(), "data of before, whose provider is not known");
}
