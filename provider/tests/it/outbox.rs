//! What is not delivered at once: retries, restarts, and apps that never answer.

use serde_json::{Value, json};

use crate::support::{
    Answer, DownApp, LEASE, START, TestApp, TestBrowser, TestProvider, claims, config_with, impatient_config_with, path,
};

/// Longer than the gap after so many failed attempts, whatever its jitter, in seconds.
const LONGER_THAN_GAP: [u64; 7] = [2, 3, 6, 12, 24, 27, 27];

/// A sign-out whose result somebody looks at.
struct SignOut {
    browser: TestBrowser,
    result: String,
    /// The claims of App B's ID token.
    id_b: Value,
}

impl SignOut {
    /// Signs in to both apps, and out of App A.
    async fn of(provider: &TestProvider) -> Self {
        let (mut browser, a) = provider.signed_in("alice").await;
        let b = provider.visit(&mut browser, "app-b").await;
        let answer = browser.get(&path("/end_session", &[("id_token_hint", a.id_token)])).await;
        let result = answer.between("data-report=\"", "/report\"").unwrap();
        Self { browser, result, id_b: claims(&b.id_token) }
    }

    async fn page(&mut self) -> Answer {
        self.browser.get(&self.result).await
    }

    async fn outcome(&mut self, client_id: &str) -> String {
        self.page().await.outcomes().into_iter().find(|(found, _)| found == client_id).unwrap().1
    }
}

async fn with_b(members: Value) -> TestProvider {
    TestProvider::with(config_with(&[("app-b", members)])).await
}

/// T-05, BCL-10, BCL-11: a new token and `jti` each time, of the same instant; not at once, and no more after success.
#[tokio::test]
async fn an_attempt_that_failed_is_repeated_until_it_succeeds() {
    let mut b = TestApp::answering(500).await;
    let provider = with_b(b.back_channel()).await;
    let mut sign_out = SignOut::of(&provider).await;
    let mut tokens = vec![b.next().await];
    for seconds in &LONGER_THAN_GAP[..4] {
        provider.deliver_after(0).await;
        assert!(b.is_quiet(), "BCL-11: not at once");
        assert_eq!(sign_out.outcome("app-b").await, "pending");
        provider.deliver_after(*seconds).await;
        tokens.push(b.next().await);
    }
    b.answer(204);
    provider.deliver_after(LONGER_THAN_GAP[4]).await;
    tokens.push(b.next().await);
    assert_eq!(sign_out.outcome("app-b").await, "ended");
    provider.deliver_after(60 * 60).await;
    assert!(b.is_quiet(), "BCL-10: delivered is delivered");

    let tokens: Vec<Value> = tokens.iter().map(|received| claims(received.logout_token())).collect();
    let mut jtis: Vec<&str> = tokens.iter().map(|token| token["jti"].as_str().unwrap()).collect();
    jtis.sort_unstable();
    jtis.dedup();
    assert_eq!(jtis.len(), 6);
    for (token, iat) in tokens.iter().zip([0, 2, 5, 11, 23, 47]) {
        assert_eq!((&token["toe"], &token["iat"]), (&json!(START), &json!(START + iat)));
        assert_eq!((&token["sid"], &token["sub"]), (&sign_out.id_b["sid"], &sign_out.id_b["sub"]));
    }
}

/// BCL-11: the shortest gaps, too, double.
#[tokio::test]
async fn gaps_grow() {
    let mut b = TestApp::answering(500).await;
    let provider = with_b(b.back_channel()).await;
    SignOut::of(&provider).await;
    b.next().await;
    for (too_soon, seconds) in [(0, 2), (1, 2), (3, 3), (7, 5), (15, 9), (17, 10), (17, 10)] {
        provider.deliver_after(too_soon).await;
        assert!(b.is_quiet(), "{too_soon} s are too soon");
        provider.deliver_after(seconds).await;
        b.next().await;
        assert!(b.is_quiet(), "one attempt");
    }
}

/// BCL-10: a rejection may pass, but the same token does not get better; then it is final, and visible.
#[tokio::test]
async fn an_app_that_answers_400_is_asked_three_more_times() {
    let mut b = TestApp::answering(400).await;
    let provider = with_b(b.back_channel()).await;
    let mut sign_out = SignOut::of(&provider).await;
    b.next().await;
    for seconds in &LONGER_THAN_GAP[..3] {
        assert_eq!(sign_out.outcome("app-b").await, "pending");
        provider.deliver_after(*seconds).await;
        b.next().await;
    }
    assert_eq!(sign_out.outcome("app-b").await, "unreachable");
    let page = sign_out.page().await;
    assert!(page.body.contains("could not be signed out from here: sign out there yourself"), "{}", page.body);
    b.answer(200);
    provider.deliver_after(60).await;
    assert!(b.is_quiet());
    provider.state.shutdown().await;
    let kept: String = provider
        .stored(
            "SELECT concat_ws(' ', attempts, rejections, delivered_at IS NULL, given_up_at, last_error) FROM outbox",
        )
        .await;
    assert_eq!(kept, format!("4 4 1 {} answered 400", START + 11));
}

#[tokio::test]
async fn other_failures_in_between_do_not_count_as_rejections() {
    let mut b = TestApp::answering(400).await;
    let provider = with_b(b.back_channel()).await;
    let mut sign_out = SignOut::of(&provider).await;
    b.next().await;
    for (status, seconds) in [401, 404, 500, 400, 400].into_iter().zip(LONGER_THAN_GAP) {
        b.answer(status);
        provider.deliver_after(seconds).await;
        b.next().await;
        assert_eq!(sign_out.outcome("app-b").await, "pending", "{status}");
    }
    b.answer(400);
    provider.deliver_after(LONGER_THAN_GAP[5]).await;
    b.next().await;
    assert_eq!(sign_out.outcome("app-b").await, "unreachable");
}

/// BCL-11: an app that says when is asked then, be it in seconds or by a date, and within bounds.
#[tokio::test]
async fn retry_after_is_honoured() {
    // START is 2027-01-15 08:00:00 UTC.
    let table = [("60", 60), ("Fri, 15 Jan 2027 08:01:00 GMT", 60), ("86400", 300), ("0", 2), ("nonsense", 2)];
    for (retry_after, seconds) in table {
        let mut b = TestApp::busy(retry_after).await;
        let provider = with_b(b.back_channel()).await;
        SignOut::of(&provider).await;
        b.next().await;
        let too_soon = if seconds > 2 { seconds - 1 } else { 0 };
        provider.deliver_after(too_soon).await;
        assert!(b.is_quiet(), "{retry_after}");
        provider.deliver_after(seconds - too_soon).await;
        b.next().await;
    }
}

/// T-03: an app that was down is told when it is up again, without anybody asking; by the background task alone.
#[tokio::test]
async fn an_app_that_was_down_is_told_when_it_is_up() {
    let b = DownApp::new();
    let provider = with_b(b.back_channel()).await;
    let mut sign_out = SignOut::of(&provider).await;
    assert_eq!(sign_out.outcome("app-b").await, "pending");
    // It has failed by the clock as it stands.
    provider.deliver_after(0).await;
    let mut b = b.start(200);
    provider.clock.advance(2);
    // The task's timer runs by the machine's clock, for a second or two.
    b.next().await.logout_token();
}

/// T-03: what was not delivered is delivered after a restart.
#[tokio::test]
async fn what_was_not_delivered_is_delivered_after_a_restart() {
    let mut b = TestApp::answering(503).await;
    let config = config_with(&[("app-b", b.back_channel())]);
    let provider = TestProvider::with(config.clone()).await;
    let mut sign_out = SignOut::of(&provider).await;
    let before = claims(b.next().await.logout_token());
    b.answer(200);
    let provider = provider.restart_at(config, START + 2).await;
    let after = claims(b.next().await.logout_token());
    assert_eq!(after["toe"], before["toe"]);
    assert_ne!(after["jti"], before["jti"]);
    provider.deliver_after(0).await;
    sign_out.browser = provider.browser();
    assert_eq!(sign_out.outcome("app-b").await, "ended");
}

/// BCL-11: a provider that starts again and again does not hammer.
#[tokio::test]
async fn a_restart_does_not_shorten_the_gap() {
    let mut b = TestApp::busy("60").await;
    let config = config_with(&[("app-b", b.back_channel())]);
    let provider = TestProvider::with(config.clone()).await;
    SignOut::of(&provider).await;
    b.next().await;
    let provider = provider.restart_at(config, START + 59).await;
    provider.deliver_after(0).await;
    assert!(b.is_quiet());
    provider.deliver_after(1).await;
    b.next().await;
}

/// T-03, T-04, T-05: the entry outlives the process that was killed between the commit and the answer; the app hears it
/// once more, by a token that is no replay.
#[tokio::test]
async fn an_attempt_that_the_process_did_not_survive_is_made_again() {
    let mut b = TestApp::hanging().await;
    let config = impatient_config_with(&[("app-b", b.back_channel())]);
    let provider = TestProvider::with(config.clone()).await;
    let signing_out = SignOut::of(&provider);
    let killing = async {
        let before = claims(b.next().await.logout_token());
        // The app has it, and the provider does not know.
        b.answer(200);
        let early = provider.killed(config.clone(), START + LEASE - 1).await;
        early.deliver_after(0).await;
        assert!(b.is_quiet(), "for all that is known, it is still being sent");
        let later = provider.killed(config, START + LEASE).await;
        let after = claims(b.next().await.logout_token());
        assert_eq!((&after["toe"], &after["sid"]), (&before["toe"], &before["sid"]));
        assert_ne!(after["jti"], before["jti"]);
        later.deliver_after(0).await;
        later.state.shutdown().await;
        let delivered: i64 = later.stored("SELECT count(*) FROM outbox WHERE delivered_at IS NOT NULL").await;
        assert_eq!(delivered, 1);
    };
    tokio::join!(signing_out, killing);
}

/// The first attempt is under way: nobody else makes another at the same time.
#[tokio::test]
async fn what_is_being_sent_is_not_sent_again() {
    let mut b = TestApp::hanging().await;
    let provider = TestProvider::with(impatient_config_with(&[("app-b", b.back_channel())])).await;
    SignOut::of(&provider).await;
    b.next().await;
    // Its request has stopped waiting; the attempt goes on.
    provider.clock.advance(LEASE - 1);
    provider.state.begin_due().await.unwrap();
    b.let_go(500);
    provider.state.deliver_due().await.unwrap();
    assert!(b.is_quiet());
    // Then it has failed, like any other.
    b.answer(200);
    provider.deliver_after(2).await;
    b.next().await;
}

/// BCL-07, BCL-52: attempts at an app that hangs take no turn away from the others, and do not pile up.
#[tokio::test]
async fn an_app_that_hangs_delays_no_other() {
    const SESSIONS: usize = 20;
    const PARALLEL_PER_APP: usize = 8;
    let (mut a, mut b) = (TestApp::hanging().await, TestApp::answering(200).await);
    let mut config = config_with(&[("app-a", a.back_channel()), ("app-b", b.back_channel())]);
    config["session_lifetime"] = json!(60);
    let provider = TestProvider::with(config).await;
    for _ in 0..SESSIONS {
        let (mut browser, _) = provider.signed_in("alice").await;
        provider.visit(&mut browser, "app-b").await;
    }
    provider.clock.advance(60);
    provider.state.sweep().await.unwrap();
    for _ in 0..SESSIONS {
        b.next().await;
    }
    for _ in 0..PARALLEL_PER_APP {
        a.next().await;
    }
    assert!(a.is_quiet(), "all of B's were delivered while A's were waiting for a turn");
    assert_eq!(a.most_at_once(), PARALLEL_PER_APP);
}

/// What cannot be delivered in the app's session lifetime is given up, which is visible for an hour from then.
#[tokio::test]
async fn after_the_apps_session_lifetime_it_is_given_up() {
    let mut b = TestApp::answering(503).await;
    let mut members = b.back_channel();
    members["session_lifetime"] = json!(2 * 60 * 60);
    let provider = with_b(members).await;
    let mut sign_out = SignOut::of(&provider).await;
    b.next().await;
    provider.deliver_after(2 * 60 * 60 - 1).await;
    b.next().await;
    provider.state.sweep().await.unwrap();
    assert_eq!(sign_out.outcome("app-b").await, "pending", "T-04: still owed, and so still to be read");
    b.answer(200);
    provider.deliver_after(1).await;
    assert!(b.is_quiet(), "there is nothing left there that it could end");
    provider.state.sweep().await.unwrap();
    assert_eq!(sign_out.outcome("app-b").await, "unreachable");
    provider.clock.advance(60 * 60);
    provider.state.sweep().await.unwrap();
    sign_out.page().await.assert_error_page(404);
}

/// Rule: a frame's acknowledgement changes what is shown, never what is to be delivered.
#[tokio::test]
async fn an_acknowledgement_by_a_frame_stops_no_delivery() {
    let mut b = TestApp::answering(500).await;
    let mut members = b.back_channel();
    members["frontchannel_logout_uri"] = json!("http://127.0.0.1:4002/logout/front-channel");
    let provider = with_b(members).await;
    let mut sign_out = SignOut::of(&provider).await;
    b.next().await;
    let report = format!("{}/report", sign_out.result);
    sign_out.browser.submit(&report, &[("client_id", "app-b"), ("outcome", "ended")]).await;
    assert_eq!(sign_out.outcome("app-b").await, "ended");
    provider.deliver_after(2).await;
    b.next().await.logout_token();
    b.answer(400);
    for seconds in [3, 6, 12, 24] {
        provider.deliver_after(seconds).await;
        b.next().await;
    }
    assert_eq!(sign_out.outcome("app-b").await, "ended", "what the app said itself stays true");
}

/// An app that is taken out of the configuration is kept in mind: it may come back.
#[tokio::test]
async fn an_app_that_comes_back_into_the_configuration_is_told() {
    let mut b = TestApp::answering(500).await;
    let config = config_with(&[("app-b", b.back_channel())]);
    let mut without = config.clone();
    without["clients"].as_array_mut().unwrap().retain(|client| client["client_id"] != "app-b");
    let provider = TestProvider::with(config.clone()).await;
    SignOut::of(&provider).await;
    b.next().await;
    b.answer(200);
    let provider = provider.restart_at(without, START + 2).await;
    provider.deliver_after(0).await;
    assert!(b.is_quiet());
    let _provider = provider.restart_at(config, START + 60).await;
    b.next().await.logout_token();
}

/// T-18: a session that expired is a session that ended. Also when that happened while the provider was off.
#[tokio::test]
async fn apps_are_told_of_a_session_that_expired() {
    for while_off in [false, true] {
        let mut b = TestApp::answering(200).await;
        let mut config = config_with(&[("app-b", b.back_channel())]);
        config["session_lifetime"] = json!(60);
        let mut provider = TestProvider::with(config.clone()).await;
        let (mut browser, _) = provider.signed_in("alice").await;
        let tokens = provider.visit(&mut browser, "app-b").await;
        if while_off {
            provider = provider.restart_at(config, START + 61).await;
        } else {
            provider.clock.advance(59);
            provider.state.sweep().await.unwrap();
            provider.deliver_after(0).await;
            assert!(b.is_quiet(), "it is live");
            provider.clock.advance(2);
            provider.state.sweep().await.unwrap();
        }
        let token = claims(b.next().await.logout_token());
        assert_eq!(token["sid"], claims(&tokens.id_token)["sid"]);
        assert_eq!(token["toe"], START + 61, "when it was ended, which no later sign-in is before");
        provider.state.sweep().await.unwrap();
        provider.deliver_after(0).await;
        assert!(b.is_quiet(), "once");
        let again = provider.signed_in("alice").await.1;
        assert_eq!(claims(&again.id_token)["auth_time"], START + 62);
    }
}

/// The page keeps itself up to date while there is something to wait for, by a script of ours that the policy allows.
#[tokio::test]
async fn the_result_page_follows_while_something_is_pending() {
    let mut b = TestApp::answering(500).await;
    let provider = with_b(b.back_channel()).await;
    let mut sign_out = SignOut::of(&provider).await;
    b.next().await;
    let page = sign_out.page().await;
    assert!(page.body.contains("<script src=\"/assets/result.js\"></script>"), "{}", page.body);
    assert!(page.body.contains("aria-live=\"polite\""));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self'; ") && policy.contains("connect-src 'self'; "), "{policy}");
    b.answer(200);
    provider.deliver_after(2).await;
    let page = sign_out.page().await;
    assert!(!page.body.contains("<script"), "nothing is pending: {}", page.body);
}
