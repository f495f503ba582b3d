//! Who may change the demo: the lab's own page.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{Demo, is_like, like};
use crate::browser::client;
use crate::curfew::access_token;
use crate::sign_out::signed_in;

/// A page on a sibling port is of the same site, and no CORS header lets it read anything either.
#[tokio::test]
async fn no_other_page_changes_anything() {
    let demo = Demo::start().await;
    let mut alice = signed_in(&demo, "alice").await;
    let before = demo.switches().await;
    let mut off = before.clone();
    off["app_b"] = json!(false);
    let changes = [
        (Method::PUT, "/switches", off),
        (Method::POST, "/administrator", json!({ "user": "alice" })),
        (Method::POST, "/stolen", json!({ "token": access_token(&alice.tokens) })),
        (Method::PUT, "/runs/abcdef0123456789", json!({})),
        (Method::DELETE, "/runs/abcdef0123456789", Value::Null),
    ];
    for (method, path, body) in &changes {
        let request = || client().request(method.clone(), format!("{}/api{path}", demo.lab)).body(body.to_string());
        let json = |request: reqwest::RequestBuilder| request.header("content-type", "application/json");
        let foreign = [
            json(request()),
            json(request()).header("sec-fetch-site", "same-site"),
            json(request()).header("sec-fetch-site", "cross-site").header("origin", &demo.lab),
            json(request()).header("origin", &demo.provider),
        ];
        for request in foreign {
            let refused = request.send().await.unwrap();
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{method} {path}");
            assert!(!refused.headers().contains_key("access-control-allow-origin"));
        }
        if *method != Method::DELETE {
            for kind in ["text/plain", "application/x-www-form-urlencoded"] {
                let form = request().header("sec-fetch-site", "same-origin").header("content-type", kind);
                assert_eq!(form.send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{method} {path}");
            }
        }
    }
    assert_eq!(demo.switches().await, before);
    assert!(alice.browser.open(&demo.app_a).await.body.contains("data-session=\"signed-in\""));
    demo.stop().await;
}

#[tokio::test]
async fn no_other_page_opens_a_stream() {
    let demo = Demo::start().await;
    for path in ["/events", "/state", "/runs"] {
        let request = |site| client().get(format!("{}/api{path}", demo.lab)).header("sec-fetch-site", site).send();
        for foreign in ["same-site", "cross-site"] {
            assert_eq!(request(foreign).await.unwrap().status(), StatusCode::FORBIDDEN, "{path} {foreign}");
        }
        assert_eq!(request("none").await.unwrap().status(), StatusCode::OK, "{path}");
    }
    demo.stop().await;
}

/// DNS rebinding: a foreign name that leads here is same-origin with itself.
#[tokio::test]
async fn another_name_for_this_machine_is_refused() {
    let demo = Demo::start().await;
    for host in ["lab.example", "lab.example:4003", "127.0.0.1"] {
        for path in ["/", "/api/state", "/api/events"] {
            let request = client().get(format!("{}{path}", demo.lab)).header("host", host);
            assert_eq!(request.send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST, "{host} {path}");
        }
    }
    demo.stop().await;
}

#[tokio::test]
async fn only_the_parties_report() {
    let demo = Demo::start().await;
    let report = json!([{
        "at": 1.0, "from": "app-a", "to": "app-a", "kind": "ended", "outcome": "done", "label": "forged", "carries": [],
        "section": null,
    }]);
    for secret in [None, Some(""), Some("guess")] {
        let request = demo.request(Method::POST, "/reports").header("content-type", "application/json");
        let request = match secret {
            Some(secret) => request.bearer_auth(secret),
            None => request,
        };
        let refused = request.body(report.to_string()).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{secret:?}");
    }
    // What the party says next is the next that is heard.
    let mut events = demo.events(Some("0.another")).await;
    demo.switch(&json!({ "slow_app_b": 0, "app_a": false })).await;
    let heard = events.until(&[like("lab", "app-a", "switched", "done")]).await;
    assert!(!heard.iter().any(|report| is_like(report, &json!({ "label": "forged" }))), "{heard:?}");
    demo.stop().await;
}
