//! One attempt at an app: beside the others, no longer than it may take, and said in the log.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tracing::subscriber::NoSubscriber;

use crate::support::{LEASE, START, TestApp, TestProvider, authorize, claims, config_with, path};

/// The outcomes that the provider shows after a sign-out at App A.
async fn outcomes(provider: &TestProvider) -> Vec<(String, String)> {
    let (mut browser, a) = provider.signed_in("alice").await;
    provider.visit(&mut browser, "app-b").await;
    browser.get(&path("/end_session", &[("id_token_hint", a.id_token)])).await.outcomes()
}

/// BCL-07: the next app in the row is told while the first one hangs.
#[tokio::test]
async fn apps_are_told_in_parallel() {
    let (mut a, mut b) = (TestApp::hanging().await, TestApp::answering(200).await);
    let provider = TestProvider::with(config_with(&[("app-a", a.back_channel()), ("app-b", b.back_channel())])).await;
    let being_told = async {
        a.next().await;
        b.next().await;
        assert!(a.is_answering(), "at the same time");
        a.let_go(503);
    };
    let (shown, ()) = tokio::join!(outcomes(&provider), being_told);
    assert_eq!(shown, [("app-a", "pending"), ("app-b", "ended")].map(|(a, o)| (a.to_owned(), o.to_owned())));
}

/// BCL-52: an app that answers drop by drop gets no more time than one that does not answer.
#[tokio::test]
async fn an_answer_that_drips_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let back_channel = format!("http://{}/", listener.local_addr().unwrap());
    let dripping = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.write_all(b"HTTP/1.1 200 OK\r\nx-drops: ").await.unwrap();
        // Until the provider closes the connection. The pause is part of what is being tried.
        while connection.write_all(b".").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut config = config_with(&[("app-b", json!({"backchannel_logout_uri": back_channel}))]);
    config["back_channel_timeout_ms"] = json!(500);
    let provider = TestProvider::with(config).await;
    assert_eq!(outcomes(&provider).await[1].1, "pending");
    tokio::time::timeout(Duration::from_secs(60), dripping).await.expect("the attempt comes to an end").unwrap();
    provider.deliver_after(0).await;
    provider.state.shutdown().await;
    let kept: String = provider.stored("SELECT concat_ws(' ', attempts, last_error) FROM outbox").await;
    assert_eq!(kept, "1 no answer in time");
}

/// T-03, T-12: what nobody waits for outlives the process as well; here, the end of a session that another user's sign-in has
/// replaced.
#[tokio::test]
async fn a_session_that_was_replaced_is_told_of_after_a_kill() {
    let mut b = TestApp::hanging().await;
    let config = config_with(&[("app-b", b.back_channel())]);
    let provider = TestProvider::with(config.clone()).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    provider.visit(&mut browser, "app-b").await;
    let page = browser.get(&authorize("app-a", &[("prompt", "login")])).await;
    let page = browser.follow(page).await;
    browser.fill_in(&page, "bob", "bob").await;
    let before = claims(b.next().await.logout_token());
    b.answer(200);
    let later = provider.killed(config, START + LEASE).await;
    let after = claims(b.next().await.logout_token());
    assert_eq!((&after["sid"], &after["toe"]), (&before["sid"], &before["toe"]));
    assert_ne!(after["jti"], before["jti"]);
    later.deliver_after(60).await;
    assert!(b.is_quiet(), "once");
}

/// Where the log goes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is given up is in the log with its app and its reason, and without anything that could be used.
#[tokio::test]
async fn what_is_given_up_is_logged() {
    for (status, attempts, reason) in
        [(400, 4, "answered 400"), (503, 1, "not delivered while a session could be left")]
    {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        // Tests without a subscriber of their own would have the log's places switched off for all, if there were only one.
        let _ = tracing::subscriber::set_global_default(NoSubscriber::new());
        // The provider's tasks run in this thread.
        let _logging = tracing::subscriber::set_default(subscriber);
        let mut b = TestApp::answering(status).await;
        let mut members = b.back_channel();
        members["session_lifetime"] = json!(60);
        let provider = TestProvider::with(config_with(&[("app-b", members)])).await;
        outcomes(&provider).await;
        let token = claims(b.next().await.logout_token());
        let given_up = || {
            let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
            log.lines().find(|line| line.contains("logout token given up")).map(str::to_owned)
        };
        for _ in 1..attempts {
            assert_eq!(given_up(), None);
            provider.deliver_after(8).await;
            b.next().await;
        }
        if given_up().is_none() {
            provider.deliver_after(60).await;
        }
        let line = given_up().unwrap();
        assert!(line.contains("WARN") && line.contains("client.id=\"app-b\"") && line.contains(reason), "{line}");
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        for secret in ["sid", "sub", "jti"] {
            assert!(!log.contains(token[secret].as_str().unwrap()), "the log has the {secret}: {log}");
        }
    }
}
