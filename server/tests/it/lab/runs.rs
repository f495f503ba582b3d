//! What was seen is kept.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::Demo;

const ID: &str = "abcdef0123456789";

async fn run(demo: &Demo, id: &str) -> Value {
    json!({
        "id": id, "title": "Sign out at A", "scenario": "sign-out-at-a", "started": 1_000.5, "topology": "cross-site",
        "switches": demo.switches().await, "windows": [["a", "App A"]], "reports": [],
        "verdicts": [{ "expected": "B locks", "found": "it did", "met": true }],
    })
}

#[tokio::test]
async fn a_run_is_kept_listed_read_and_removed() {
    let demo = Demo::start().await;
    let (run, path) = (run(&demo, ID).await, format!("/runs/{ID}"));
    assert_eq!(demo.get("/runs").await, (StatusCode::OK, json!([])));
    assert_eq!(demo.get(&path).await.0, StatusCode::NOT_FOUND);
    let mut events = demo.events(None).await;
    assert_eq!(demo.send(Method::PUT, &path, &run).await.0, StatusCode::NO_CONTENT);
    assert_eq!(events.next().await, json!({ "type": "runs" }), "every tab of the lab has the list");
    let listed = json!([{ "id": ID, "title": "Sign out at A", "started": 1_000.5, "met": true }]);
    assert_eq!(demo.get("/runs").await, (StatusCode::OK, listed));
    assert_eq!(demo.get(&path).await, (StatusCode::OK, run));
    assert_eq!(demo.request(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(events.next().await, json!({ "type": "runs" }));
    assert_eq!(demo.request(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(demo.get("/runs").await, (StatusCode::OK, json!([])));
    demo.stop().await;
}

#[tokio::test]
async fn what_is_no_run_is_not_kept() {
    let demo = Demo::start().await;
    let good = run(&demo, ID).await;
    let mut large = good.clone();
    large["title"] = "x".repeat(256 * 1024).into();
    let mut strange = good.clone();
    strange["started"] = json!("yesterday");
    // JSON has no number that is none; what is too large for one is refused as well.
    let endless = good.to_string().replace("1000.5", "1e400");
    assert_ne!(endless, good.to_string());
    let request = demo.request(Method::PUT, &format!("/runs/{ID}")).header("content-type", "application/json");
    assert_eq!(request.body(endless).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    let table = [
        (ID, large, StatusCode::PAYLOAD_TOO_LARGE),
        (ID, strange, StatusCode::UNPROCESSABLE_ENTITY),
        (ID, json!([]), StatusCode::UNPROCESSABLE_ENTITY),
        ("abcdef0123456780", good.clone(), StatusCode::UNPROCESSABLE_ENTITY),
        ("short", good.clone(), StatusCode::NOT_FOUND),
        ("..%2f..%2f..%2fescape0", good, StatusCode::NOT_FOUND),
    ];
    for (id, run, expected) in table {
        let (status, answer) = demo.send(Method::PUT, &format!("/runs/{id}"), &run).await;
        assert_eq!(status, expected, "{id}: {answer}");
        assert!(answer["error"].is_string(), "{answer}");
    }
    assert_eq!(demo.get("/runs").await.1, json!([]));
    demo.stop().await;
}
