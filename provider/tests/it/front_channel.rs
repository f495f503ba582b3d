use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, ISSUER, TestApp, TestBrowser, TestProvider, claims, config_with, path};

fn frame(port: u16) -> Value {
    json!({"frontchannel_logout_uri": format!("http://127.0.0.1:{port}/logout/front-channel?tenant=a%26b")})
}

/// A back-channel at which nobody listens.
fn refusing() -> Value {
    json!({"backchannel_logout_uri": "http://127.0.0.1:1/"})
}

fn both(one: Value, other: Value) -> Value {
    let mut members = one;
    members.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    members
}

/// Signs in to both apps, and out of App A.
async fn sign_out(provider: &TestProvider) -> (TestBrowser, Answer, Value) {
    let (mut browser, a) = provider.signed_in("alice").await;
    let b = provider.visit(&mut browser, "app-b").await;
    let parameters =
        [("id_token_hint", a.id_token.as_str()), ("post_logout_redirect_uri", "http://127.0.0.1:4001/signed-out")];
    let answer = browser.get(&path("/end_session", &parameters)).await;
    (browser, answer, claims(&b.id_token))
}

fn outcome(answer: &Answer, client_id: &str) -> String {
    answer.outcomes().into_iter().find(|(found, _)| found == client_id).unwrap().1
}

/// FCL-04, FCL-05, FCL-10..18, RPI-26, T-16: a frame per app, in parallel, allowed by the policy, and nothing else.
#[tokio::test]
async fn a_frame_for_each_app() {
    let provider = TestProvider::with(config_with(&[("app-a", frame(4001)), ("app-b", frame(4002))])).await;
    let (_, page, id_b) = sign_out(&provider).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.body.matches("<iframe ").count(), 2, "both at once");
    assert_eq!(page.body.matches("loading=").count(), 0, "none waits until it is seen");
    let src = page.between("src=\"http://127.0.0.1:4002", "\"").unwrap().replace("&amp;", "&");
    let url: url::Url = format!("http://127.0.0.1:4002{src}").parse().unwrap();
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    // Whether or not the app says that it needs them (FCL-04), which by default it does not.
    let expected = [("tenant", "a&b"), ("iss", ISSUER), ("sid", id_b["sid"].as_str().unwrap())];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("; frame-src http://127.0.0.1:4001 http://127.0.0.1:4002;"), "{policy}");
    assert!(page.body.contains("data-origin=\"http://127.0.0.1:4002\""));
    assert_eq!(outcome(&page, "app-a"), "unconfirmed");
    assert_eq!(outcome(&page, "app-b"), "unconfirmed");
}

/// FCL-28: it works without script: a link goes on, and the script that the page loads is a file of ours.
#[tokio::test]
async fn the_page_goes_on_by_a_link() {
    let provider = TestProvider::with(config_with(&[("app-b", frame(4002))])).await;
    let (_, page, _) = sign_out(&provider).await;
    assert!(page.body.contains("href=\"http://127.0.0.1:4001/signed-out\" data-testid=\"continue\""), "{}", page.body);
    assert!(page.body.contains("<script src=\"/assets/front-channel.js\"></script>"));
    assert_eq!(page.body.matches("<script").count(), 1);
}

#[tokio::test]
async fn an_app_that_is_known_to_have_ended_gets_no_frame() {
    let b = TestApp::answering(200).await;
    let provider =
        TestProvider::with(config_with(&[("app-a", frame(4001)), ("app-b", both(frame(4002), b.back_channel()))]))
            .await;
    let (_, page, _) = sign_out(&provider).await;
    assert_eq!(page.body.matches("<iframe ").count(), 1);
    assert_eq!(page.header("content-security-policy").matches("127.0.0.1:4002").count(), 0);
    assert_eq!(outcome(&page, "app-b"), "ended");
}

#[tokio::test]
async fn where_nobody_listens_the_page_does_not_wait_for_long() {
    let app_b = both(frame(4002), refusing());
    let provider = TestProvider::with(config_with(&[("app-a", frame(4001)), ("app-b", app_b)])).await;
    let (_, page, _) = sign_out(&provider).await;
    assert_eq!(outcome(&page, "app-b"), "pending");
    let patience = |client_id: &str| page.between(&format!("data-client=\"{client_id}\" data-origin="), ">").unwrap();
    assert!(patience("app-b").ends_with("data-patience=\"500\""), "{}", patience("app-b"));
    assert!(patience("app-a").ends_with("data-patience=\"2000\""), "{}", patience("app-a"));
}

#[tokio::test]
async fn no_frames_when_the_channel_is_off() {
    let mut config = config_with(&[("app-b", frame(4002))]);
    config["front_channel"] = false.into();
    let provider = TestProvider::with(config).await;
    let (_, page, _) = sign_out(&provider).await;
    assert!(!page.body.contains("<iframe"));
    assert!(!page.header("content-security-policy").contains("frame-src"));
    assert_eq!(outcome(&page, "app-b"), "unreachable");
}

/// FCL-26, T-17: the page's reports change what is shown, if they come from the page and are of a frame that was there.
#[tokio::test]
async fn reports_of_the_page() {
    let app_b = both(frame(4002), refusing());
    let provider = TestProvider::with(config_with(&[("app-a", frame(4001)), ("app-b", app_b)])).await;
    let (mut browser, page, _) = sign_out(&provider).await;
    let result = page.between("data-report=\"", "/report\"").unwrap();
    let report = format!("{result}/report");

    let ended = |client_id: &'static str| [("client_id", client_id), ("outcome", "ended")];
    for headers in [&[("sec-fetch-site", "cross-site")], &[("sec-fetch-site", "same-site")], &[("origin", "null")]] {
        let answer = browser.send("POST", &report, headers, Some(&ended("app-b"))).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    let table: &[(&[(&str, &str)], StatusCode)] = &[
        (&[("client_id", "app-x"), ("outcome", "ended")], StatusCode::NOT_FOUND),
        (&[("outcome", "ended")], StatusCode::NOT_FOUND),
        (&[("client_id", "app-b")], StatusCode::BAD_REQUEST),
        (&[("client_id", "app-b"), ("outcome", "pending")], StatusCode::BAD_REQUEST),
        (&[("client_id", "app-b"), ("outcome", "ended"), ("outcome", "ended")], StatusCode::BAD_REQUEST),
    ];
    for (form, expected) in table {
        assert_eq!(browser.submit(&report, form).await.status, *expected, "{form:?}");
    }
    let elsewhere = browser.submit("/end_session/result/x/report", &ended("app-b")).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    assert_eq!(outcome(&browser.get(&result).await, "app-b"), "pending");

    let unreachable = |client_id: &'static str| [("client_id", client_id), ("outcome", "unreachable")];
    assert_eq!(browser.submit(&report, &unreachable("app-a")).await.status, StatusCode::NO_CONTENT);
    browser.submit(&report, &unreachable("app-b")).await;
    let shown = browser.get(&result).await;
    assert_eq!(outcome(&shown, "app-a"), "unreachable");
    assert_eq!(outcome(&shown, "app-b"), "pending", "its logout token is still to be delivered");

    browser.submit(&report, &ended("app-b")).await;
    browser.submit(&report, &unreachable("app-b")).await;
    assert_eq!(outcome(&browser.get(&result).await, "app-b"), "ended");
}

/// A report of an app that had no frame does not count.
#[tokio::test]
async fn an_app_without_frame_cannot_be_reported() {
    let provider = TestProvider::with(config_with(&[("app-a", frame(4001)), ("app-b", refusing())])).await;
    let (mut browser, page, _) = sign_out(&provider).await;
    let report = format!("{}/report", page.between("data-report=\"", "/report\"").unwrap());
    let answer = browser.submit(&report, &[("client_id", "app-b"), ("outcome", "ended")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
