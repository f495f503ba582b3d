//! What an open page of App A asks its server, and what it is told.

use std::sync::atomic::Ordering;

use relying_party::Clock;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::browser::{Browser, Page};
use crate::curfew::Curfew;
use crate::sign_out::{read_stream, sign_out_at_a};

/// An address that the page tells its script.
fn told(curfew: &Curfew, home: &Page, name: &str) -> String {
    let data = home.body.split("data-tab=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let data: Value = serde_json::from_str(&data.replace("&quot;", "\"")).unwrap();
    format!("{}{}", curfew.app_a, data[name].as_str().unwrap())
}

async fn check(browser: &mut Browser, url: &str) -> StatusCode {
    let answer = browser.send(Method::GET, url, None).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.status == StatusCode::UNAUTHORIZED, !answer.header("www-authenticate").is_empty());
    answer.status
}

/// T-24, T-25
#[tokio::test]
async fn a_page_that_asks_hears_whether_its_own_session_lives() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    let alices = curfew.sign_in_at_a(&mut browser, "alice").await;
    let url = told(&curfew, &alices, "check");
    let before = curfew.provider_requests.load(Ordering::SeqCst);
    assert_eq!(check(&mut browser, &url).await, StatusCode::OK);
    for other in [format!("{}/session", curfew.app_a), format!("{url}0")] {
        assert_eq!(check(&mut browser, &other).await, StatusCode::UNAUTHORIZED, "{other}");
    }
    assert_eq!(check(&mut Browser::new(), &url).await, StatusCode::UNAUTHORIZED, "another browser's");
    assert_eq!(curfew.provider_requests.load(Ordering::SeqCst), before, "rule 4");

    sign_out_at_a(&curfew, &mut browser).await;
    assert_eq!(check(&mut browser, &url).await, StatusCode::UNAUTHORIZED);
    let bobs = curfew.sign_in_at_a(&mut browser, "bob").await;
    assert_eq!(check(&mut browser, &url).await, StatusCode::UNAUTHORIZED, "somebody else has signed in");
    assert_eq!(check(&mut browser, &told(&curfew, &bobs, "check")).await, StatusCode::OK);
    curfew.stop().await;
}

/// T-25: the stream of a session ends when App A's own record of it expires, and the page that asks again is told.
#[tokio::test]
async fn a_stream_does_not_outlive_its_session() {
    const LIFETIME: u64 = 1;
    let configure = |config: &mut server::config::Config| {
        config.app_a.as_mut().unwrap().session_lifetime = LIFETIME;
    };
    // Ahead of the machine's, by which cookies expire.
    let clock = Clock::manual(Clock::system().now() + 120);
    let curfew = Curfew::start_at(configure, clock.clone()).await;
    let mut browser = Browser::new();
    let home = curfew.sign_in_at_a(&mut browser, "alice").await;
    let (events, url) = (told(&curfew, &home, "events"), told(&curfew, &home, "check"));
    let stream = browser.stream(&events).await;
    assert_eq!(check(&mut browser, &url).await, StatusCode::OK);

    clock.advance(LIFETIME);
    let text = read_stream(stream).await;
    assert!(text.starts_with(':') && !text.contains("sign-out"), "nobody has signed out: {text}");
    assert_eq!(check(&mut browser, &url).await, StatusCode::UNAUTHORIZED);
    let again = browser.send(Method::GET, &events, None).await;
    assert_eq!(again.body, "event: sign-out\ndata: {}\n\n");
    curfew.stop().await;
}
