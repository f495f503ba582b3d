use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::{
    Answer, START, TestApp, TestBrowser, TestProvider, claims, config_with, header, impatient_config_with, path,
};

const SIGNED_OUT: &str = "http://127.0.0.1:4001/signed-out";

/// Signs in to both apps, and out of App A.
async fn sign_out(provider: &TestProvider) -> (TestBrowser, Answer, Value, Value) {
    let (mut browser, a) = provider.signed_in("alice").await;
    let b = provider.visit(&mut browser, "app-b").await;
    provider.clock.advance(5);
    let parameters = [("id_token_hint", a.id_token.as_str()), ("post_logout_redirect_uri", SIGNED_OUT)];
    let answer = browser.get(&path("/end_session", &parameters)).await;
    (browser, answer, claims(&a.id_token), claims(&b.id_token))
}

fn outcome(answer: &Answer, client_id: &str) -> String {
    answer.outcomes().into_iter().find(|(found, _)| found == client_id).unwrap().1
}

/// BCL-02, BCL-05, BCL-08, BCL-13 to BCL-20, BCL-22, BCL-24, BCL-26, BCL-27, BCL-28, RPI-26, RPI-30
#[tokio::test]
async fn a_logout_token_is_what_the_specification_asks_for() {
    let (mut a, mut b) = (TestApp::answering(200).await, TestApp::answering(204).await);
    let provider = TestProvider::with(config_with(&[("app-a", a.back_channel()), ("app-b", b.back_channel())])).await;
    let (_, answer, id_a, id_b) = sign_out(&provider).await;
    assert_eq!(answer.location().as_str(), SIGNED_OUT, "both have said that they have ended it");

    let mut jtis = Vec::new();
    for (app, client_id, id) in [(&mut a, "app-a", id_a), (&mut b, "app-b", id_b)] {
        let received = app.next().await;
        assert_eq!(received.headers["content-type"], "application/x-www-form-urlencoded");
        assert!(received.headers.get("cookie").is_none());
        let token = received.logout_token();
        assert_eq!(header(token)["typ"], "logout+jwt");
        assert_eq!(header(token)["alg"], "RS256");
        let claims = claims(token);
        let expected = json!({
            "iss": "http://localhost:4000", "aud": client_id, "iat": START + 5, "exp": START + 125, "toe": START + 5,
            "sub": id["sub"], "sid": id["sid"], "jti": claims["jti"],
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        assert_eq!(claims, expected);
        jtis.push(claims["jti"].clone());
        assert!(app.is_quiet(), "one attempt");
    }
    assert_ne!(jtis[0], jtis[1]);
}

/// BCL-24: the algorithm of the client's ID tokens.
#[tokio::test]
async fn logout_tokens_are_signed_like_id_tokens() {
    let mut b = TestApp::answering(200).await;
    let mut members = b.back_channel();
    members["id_token_signed_response_alg"] = "ES256".into();
    let provider = TestProvider::with(config_with(&[("app-b", members)])).await;
    sign_out(&provider).await;
    assert_eq!(header(b.next().await.logout_token())["alg"], "ES256");
}

/// BCL-28: a logout token is no hint.
#[tokio::test]
async fn a_logout_token_cannot_be_used_as_an_id_token() {
    let mut b = TestApp::answering(200).await;
    let provider = TestProvider::with(config_with(&[("app-b", b.back_channel())])).await;
    let (mut browser, ..) = sign_out(&provider).await;
    let token = b.next().await.logout_token().to_owned();
    browser.get(&path("/end_session", &[("id_token_hint", token)])).await.assert_error_page(400);
}

/// BCL-07, BCL-10, BCL-12, BCL-52, BCL-53: what an app answers decides what is said of it, and nobody waits for long.
#[tokio::test]
async fn outcomes_by_what_the_app_answers() {
    for (status, expected) in [(200, "ended"), (204, "ended"), (400, "pending"), (500, "pending"), (202, "pending")] {
        let mut b = TestApp::answering(status).await;
        let provider = TestProvider::with(config_with(&[("app-b", b.back_channel())])).await;
        let (_, answer, ..) = sign_out(&provider).await;
        assert_eq!(outcome(&answer, "app-b"), expected, "{status}");
        assert_eq!(outcome(&answer, "app-a"), "unreachable", "it has no channel at all");
        b.next().await.logout_token();
        assert!(b.is_quiet(), "{status}");
    }
}

/// BCL-53
#[tokio::test]
async fn redirects_are_not_followed() {
    let mut b = TestApp::redirecting().await;
    let provider = TestProvider::with(config_with(&[("app-b", b.back_channel())])).await;
    let (_, answer, ..) = sign_out(&provider).await;
    assert_eq!(outcome(&answer, "app-b"), "pending");
    b.next().await.logout_token();
    assert!(b.is_quiet());
}

/// BCL-52, T-02: the session is over before anybody is told, and the user does not wait for an app that hangs.
#[tokio::test]
async fn an_app_that_hangs_holds_nobody_up() {
    let mut b = TestApp::hanging().await;
    let provider = TestProvider::with(impatient_config_with(&[("app-b", b.back_channel())])).await;
    let (mut browser, a) = provider.signed_in("alice").await;
    let tokens = provider.visit(&mut browser, "app-b").await;
    let hint = [("id_token_hint", a.id_token)];
    let signing_out = {
        let mut browser = browser.clone();
        tokio::spawn(async move { browser.get(&path("/end_session", &hint)).await })
    };
    b.next().await.logout_token();
    assert_eq!(provider.userinfo(&tokens.access_token).await.status, StatusCode::UNAUTHORIZED, "ended before told");
    let answer = signing_out.await.unwrap();
    assert_eq!(outcome(&answer, "app-b"), "pending");
    assert!(b.is_answering(), "the app still hangs");
}

/// BCL-13: wherever a browser stops waiting, a session that ended is one that the apps hear of.
#[tokio::test]
async fn a_browser_that_goes_away_keeps_nobody_from_being_told() {
    let mut ends = 0;
    for polls in (0..14).map(|n| 1 << n) {
        let mut b = TestApp::answering(200).await;
        let provider = TestProvider::with(config_with(&[("app-b", b.back_channel())])).await;
        let (mut browser, a) = provider.signed_in("alice").await;
        provider.visit(&mut browser, "app-b").await;
        let request = path("/end_session", &[("id_token_hint", a.id_token)]);
        {
            let mut answer = std::pin::pin!(browser.get(&request));
            for _ in 0..polls {
                if futures_util::poll!(&mut answer).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        provider.state.shutdown().await;
        let has_ended: bool = provider.stored("SELECT ended_at IS NOT NULL FROM session").await;
        if has_ended {
            b.next().await.logout_token();
        }
        assert!(b.is_quiet(), "after {polls} polls");
        ends += usize::from(has_ended);
    }
    assert!(ends > 0, "some were answered before they were given up");
}

/// T-12, T-18: a session that another user's sign-in replaces is a session that ended.
#[tokio::test]
async fn another_users_sign_in_notifies() {
    let mut b = TestApp::answering(200).await;
    let provider = TestProvider::with(config_with(&[("app-b", b.back_channel())])).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let tokens = provider.visit(&mut browser, "app-b").await;
    let page = browser.get(&crate::support::authorize("app-a", &[("prompt", "login")])).await;
    let page = browser.follow(page).await;
    browser.fill_in(&page, "bob", "bob").await;
    let received = b.next().await;
    assert_eq!(claims(received.logout_token())["sid"], claims(&tokens.id_token)["sid"]);
}

/// T-09, T-13: only the apps of the session that ended, by their own `sid`.
#[tokio::test]
async fn only_the_session_that_ended() {
    let mut b = TestApp::answering(200).await;
    let provider = TestProvider::with(config_with(&[("app-b", b.back_channel())])).await;
    let (mut elsewhere, _) = provider.signed_in("alice").await;
    provider.visit(&mut elsewhere, "app-b").await;
    let (.., id_b) = sign_out(&provider).await;
    assert_eq!(claims(b.next().await.logout_token())["sid"], id_b["sid"]);
    assert!(b.is_quiet());
}

/// An app closes a connection that is idle when it likes, and a logout token that meets its end waits for the next attempt.
#[tokio::test]
async fn an_idle_connection_to_an_app_is_closed_before_the_app_would() {
    /// Node.js closes after five seconds, this project after ten; a client that is told nothing, after ninety.
    const LONG_BEFORE_OTHERS: Duration = Duration::from_secs(30);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/back-channel", listener.local_addr().unwrap());
    let app = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let (mut received, mut buffer) = (String::new(), [0; 4096]);
        while !received.contains("logout_token=") {
            let count = connection.read(&mut buffer).await.unwrap();
            assert!(count > 0, "it is not closed before it has been used");
            received.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        // The rest of the token, if it came in two parts; and then the end, which is the provider's.
        while connection.read(&mut buffer).await.unwrap() > 0 {}
    });
    let provider = TestProvider::with(config_with(&[("app-b", json!({ "backchannel_logout_uri": uri }))])).await;
    let (_, answer, ..) = sign_out(&provider).await;
    assert_eq!(outcome(&answer, "app-b"), "ended");
    tokio::time::timeout(LONG_BEFORE_OTHERS, app).await.expect("the provider closes it").unwrap();
}

#[tokio::test]
async fn nothing_is_sent_when_the_channel_is_off() {
    let mut b = TestApp::answering(200).await;
    let mut config = config_with(&[("app-b", b.back_channel())]);
    config["back_channel"] = false.into();
    let provider = TestProvider::with(config).await;
    let (_, answer, ..) = sign_out(&provider).await;
    assert_eq!(outcome(&answer, "app-b"), "unreachable");
    provider.state.shutdown().await;
    assert!(b.is_quiet());
}

/// T-03, T-04: what could not be delivered is still owed, and says so.
#[tokio::test]
async fn what_was_not_delivered_stays_in_the_outbox() {
    let b = TestApp::answering(503).await;
    let provider = TestProvider::with(config_with(&[("app-b", b.back_channel())])).await;
    let (_, answer, ..) = sign_out(&provider).await;
    assert_eq!(outcome(&answer, "app-b"), "pending");
    provider.state.shutdown().await;
    let owed: String = provider
        .stored("SELECT concat_ws(' ', client_id, attempts, delivered_at IS NULL, last_error) FROM outbox")
        .await;
    assert_eq!(owed, "app-b 1 1 answered 503");
}
