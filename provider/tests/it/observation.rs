//! What observers are told, in which order.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderValue;
use provider::observation::{AccountAction, Attempt, EndCause, Next, Sid};
use provider::{Observation, Observer, Observers};
use serde_json::json;

use crate::support::{
    CALLBACK, DownApp, TestApp, TestProvider, authorize, claims, config_registering, config_with, path,
};

/// Writes down what it is told, without what differs from run to run.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Recorder {
    fn observe(&self, observation: &Observation<'_>) {
        let line = line(observation);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

fn line(observation: &Observation<'_>) -> String {
    match observation {
        Observation::SignedIn { client, .. } => format!("signed in {}", client.unwrap_or("-")),
        Observation::CodeIssued { client, .. } => format!("code {client}"),
        Observation::TokensIssued { grant, client, sid, .. } => {
            format!("tokens {client} {} sid={}", grant.as_str(), sid.is_some())
        }
        Observation::TokensRefused { grant, client, error } => {
            let grant = grant.map_or("-", |grant| grant.as_str());
            format!("no tokens {} {grant} {error}", client.unwrap_or("-"))
        }
        Observation::SignOutRequested { method, client, with_hint } => {
            format!("asked {method:?} {} hint={with_hint}", client.unwrap_or("-"))
        }
        Observation::SessionEnded { cause: EndCause { reason, actor, actor_id }, apps, .. } => {
            let apps: Vec<_> = apps
                .iter()
                .map(|app| format!("{} back={} front={}", app.client, app.back_channel, app.front_channel))
                .collect();
            format!("ended by {actor} {} {reason}: {}", actor_id.unwrap_or("-"), apps.join(", "))
        }
        Observation::LogoutTokenSent { attempt } => format!("sent {} {}", attempt.client, attempt.number),
        Observation::LogoutTokenAnswered { attempt, status, error, next, .. } => {
            let next = match next {
                Next::Delivered => "delivered",
                Next::TryAgain { .. } => "again",
                Next::GiveUp => "give up",
            };
            format!("answered {} {} {status:?} {} {next}", attempt.client, attempt.number, error.unwrap_or("-"))
        }
        Observation::GivenUp { client, attempts, reason, .. } => format!("given up {client} {attempts} {reason}"),
        Observation::SignOutAnswered { answer, apps, keep_access, .. } => {
            let apps: Vec<_> = apps
                .iter()
                .map(|app| format!("{}={}{}", app.client, app.outcome.as_str(), if app.framed { " frame" } else { "" }))
                .collect();
            format!("{answer:?} {} keep={keep_access}", apps.join(" "))
        }
        Observation::FrameReported { client, acknowledged, outcome, .. } => {
            format!("frame {client} {acknowledged} {}", outcome.as_str())
        }
        Observation::AccountUsed { action, .. } => match action {
            AccountAction::EndedSessions => "account: ended".to_owned(),
            other => format!("account: {other:?}"),
        },
        other => format!("{other:?}"),
    }
}

async fn observed(changes: &[(&str, serde_json::Value)]) -> (TestProvider, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::default());
    let observers = Observers::default().and(recorder.clone());
    (TestProvider::observed(config_with(changes), observers).await, recorder)
}

/// RPI-30, BCL-07, T-19: from the sign-in to the way back, each step once and in its order.
#[tokio::test]
async fn a_sign_out_that_every_app_confirms() {
    let mut b = TestApp::answering(200).await;
    let (provider, recorder) = observed(&[("app-b", b.back_channel())]).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    assert_eq!(recorder.taken(), ["signed in app-a", "code app-a", "tokens app-a authorization_code sid=true"]);
    let tokens = provider.visit(&mut browser, "app-b").await;
    assert_eq!(recorder.taken(), ["code app-b", "tokens app-b authorization_code sid=true"]);

    // At App B: App A has no back-channel here, and would have to be shown.
    let (mut browser, _) = (provider.browser(), browser);
    let code = browser.sign_in("app-b", "alice").await;
    let own = provider.exchange("app-b", &code).await;
    recorder.taken();
    let back = [("id_token_hint", own.id_token.as_str()), ("post_logout_redirect_uri", "http://127.0.0.1:4002/")];
    browser.get(&path("/end_session", &back)).await.location();
    b.next().await;
    assert_eq!(
        recorder.taken(),
        [
            "asked Get app-b hint=true",
            "ended by client app-b sign_out: app-b back=true front=false",
            "sent app-b 1",
            "answered app-b 1 Some(200) - delivered",
            "Back app-b=ended keep=0",
        ]
    );
    let refused = provider.userinfo(&own.access_token).await;
    assert_eq!(refused.status, 401);
    assert_eq!(recorder.taken(), [r#"UserinfoRefused { reason: "ended" }"#]);
    assert_eq!(provider.userinfo(&tokens.access_token).await.status, 200, "another session of the user");
    assert_eq!(recorder.taken(), [""; 0]);
}

/// RPI-23, BCL-11, FCL-26: an app that cannot be reached, its frame, and the attempts up to the last.
#[tokio::test]
async fn a_sign_out_that_an_app_does_not_confirm() {
    let down = DownApp::new();
    let mut a = down.back_channel();
    a["frontchannel_logout_uri"] = json!("http://127.0.0.1:4001/logout/front-channel");
    a["session_lifetime"] = json!(60);
    let (provider, recorder) = observed(&[("app-a", a)]).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    recorder.taken();

    let question = browser.get("/end_session").await;
    assert!(recorder.taken()[1].starts_with("SignOutQuestioned"));
    let page = browser.answer(&question, "sign-out").await;
    let mut expected = vec![
        "ended by user - sign_out: app-a back=true front=true".to_owned(),
        "sent app-a 1".to_owned(),
        "answered app-a 1 None connection refused again".to_owned(),
        "Frames app-a=pending frame keep=0".to_owned(),
    ];
    assert_eq!(recorder.taken(), expected);

    let report = page.between("data-report=\"", "\"").unwrap_or_else(|| panic!("no report in {}", page.body));
    let ended = [("client_id", "app-a"), ("outcome", "ended")];
    assert_eq!(browser.submit(&report, &ended).await.status, 204);
    assert_eq!(recorder.taken(), ["frame app-a true ended"]);

    provider.deliver_after(2).await;
    expected = vec!["sent app-a 2".into(), "answered app-a 2 None connection refused again".into()];
    assert_eq!(recorder.taken(), expected);
    provider.deliver_after(60).await;
    assert_eq!(recorder.taken(), ["given up app-a 2 not delivered while a session could be left there"]);
    browser.get("/end_session").await;
    assert_eq!(recorder.taken(), ["asked Get - hint=false", "NothingToEnd"]);
}

/// T-12: what ends without a request to sign out is told of as well, and by whom.
#[tokio::test]
async fn ends_of_other_kinds() {
    let (provider, recorder) =
        observed(&[("app-b", json!({"grant_types": ["authorization_code", "refresh_token"]}))]).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let b = provider.visit(&mut browser, "app-b").await;
    recorder.taken();
    assert_eq!(provider.refresh("app-b", &b.answer).await.status, 200);
    assert_eq!(recorder.taken(), ["tokens app-b refresh_token sid=true"]);

    // Another user signs in, in the same browser.
    let page = browser.get(&authorize("app-a", &[("prompt", "login")])).await;
    let page = browser.follow(page).await;
    browser.fill_in(&page, "bob", "bob").await;
    let told = recorder.taken();
    assert!(told[0].starts_with("ended by user") && told[0].contains("another_sign_in: app-a"), "{told:?}");
    assert_eq!(told[1..], ["signed in app-a", "code app-a"]);

    assert_eq!(provider.refresh("app-b", &b.answer).await.status, 400);
    assert_eq!(recorder.taken(), ["no tokens app-b refresh_token invalid_grant"]);
    browser.end_sessions(("which", "all")).await;
    let told = recorder.taken();
    assert!(told[0].starts_with("ended by user - account"), "{told:?}");
    assert_eq!(told.last().unwrap(), "account: ended");

    provider.signed_in("alice").await;
    recorder.taken();
    provider.clock.advance(100 * 24 * 60 * 60);
    provider.state.sweep().await.unwrap();
    assert!(recorder.taken()[0].starts_with("ended by provider - expiry: app-a"));
}

/// An app that gives up its registration, or its back-channel, gives up what it is owed: which is said once it is so, and not
/// when the commit fails.
#[tokio::test]
async fn what_an_app_gives_up_is_told_of_after_the_commit() {
    let recorder = Arc::new(Recorder::default());
    let config = config_registering(json!({"danger_allow_loopback": true}));
    let provider = TestProvider::observed(config, Observers::default().and(recorder.clone())).await;
    let told = || recorder.taken().into_iter().filter(|line| line.starts_with("given up")).collect::<Vec<_>>();
    for method in ["DELETE", "PUT"] {
        let down = TestApp::answering(503).await;
        let app = provider.registered(&down.back_channel()).await;
        let (mut browser, a) = provider.signed_in("alice").await;
        app.allowed_by(&mut browser, &[]).await;
        browser.get(&path("/end_session", &[("id_token_hint", a.id_token)])).await;
        assert_eq!(told(), [""; 0]);

        let without = json!({"client_id": app.client_id, "redirect_uris": [CALLBACK]});
        let body = (method == "PUT").then_some(&without);
        provider.fail_commits_after("UPDATE OF given_up_at ON outbox").await;
        assert_eq!(provider.manage(method, &app, body).await.status, 503, "{method}");
        assert_eq!(told(), [""; 0], "{method}: it is owed still");
        provider.fail_no_commits().await;
        assert!(provider.manage(method, &app, body).await.status.is_success(), "{method}");
        let given_up = "1 the app has given up its registration, or its back-channel";
        assert_eq!(told(), [format!("given up {} {given_up}", app.client_id)], "{method}");
    }
}

/// What observers hold of a `sid` is the app's, and does not print.
#[tokio::test]
async fn a_sid_is_the_apps_and_is_not_shown() {
    #[derive(Default)]
    struct Sids(Mutex<Vec<(String, String)>>);
    impl Observer for Sids {
        fn observe(&self, observation: &Observation<'_>) {
            if let Observation::TokensIssued { sid: Some(sid), .. } = observation {
                let shown = format!("{observation:?}");
                self.0.lock().unwrap_or_else(PoisonError::into_inner).push((sid.expose().to_owned(), shown));
            }
        }
    }
    let sids = Arc::new(Sids::default());
    let provider = TestProvider::observed(config_with(&[]), Observers::default().and(sids.clone())).await;
    let (_browser, tokens) = provider.signed_in("alice").await;
    let observed = sids.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (sid, shown) = &observed[0];
    assert_eq!(claims(&tokens.id_token)["sid"], **sid);
    assert!(!shown.contains(sid.as_str()) && shown.contains(&Sid::new(sid).fingerprint().to_string()), "{shown}");
}

/// Sends the number of the attempt along, as a trace would be.
struct Tracer;

impl Observer for Tracer {
    fn observe(&self, _observation: &Observation<'_>) {}

    fn traceparent(&self, attempt: &Attempt<'_>) -> Option<HeaderValue> {
        Some(HeaderValue::from(attempt.number))
    }
}

/// BCL-08: it changes nothing about the request but for the header; an app that registered itself is told of nobody else.
#[tokio::test]
async fn a_trace_is_continued_at_configured_apps_alone() {
    let (mut configured, mut registered) = (TestApp::answering(200).await, TestApp::answering(200).await);
    let mut config = config_registering(json!({"danger_allow_loopback": true}));
    let clients = config["clients"].as_array_mut().unwrap();
    let b = clients.iter_mut().find(|client| client["client_id"] == "app-b").unwrap();
    b.as_object_mut().unwrap().extend(configured.back_channel().as_object().unwrap().clone());
    let provider = TestProvider::observed(config, Observers::default().and(Arc::new(Tracer))).await;
    let app = provider.registered(&registered.back_channel()).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let tokens = provider.visit(&mut browser, "app-b").await;
    let code = app.allowed_by(&mut browser, &[]).await;
    app.exchange(&provider, &code).await;
    browser.get(&path("/end_session", &[("id_token_hint", &tokens.id_token)])).await;
    let told = configured.next().await;
    assert_eq!(told.headers["traceparent"], "1");
    assert_eq!(claims(told.logout_token())["aud"], "app-b");
    let told = registered.next().await;
    assert!(!told.headers.contains_key("traceparent"), "{:?}", told.headers);
    assert_eq!(claims(told.logout_token())["aud"], app.client_id);
}
