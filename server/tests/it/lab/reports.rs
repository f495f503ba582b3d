//! What the parties tell the lab.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::world::{Demo, carried, is_like, like};
use crate::curfew::{access_token, claims};
use crate::sign_out::{assert_ended, sign_out_at_a, signed_in};

/// What nobody but its owner may have: tokens, cookies, `sid`s.
fn secrets(demo: &Demo, alice: &crate::sign_out::Both) -> Vec<String> {
    let mut secrets =
        vec!["lab-demo-secret-known-to-everybody".to_owned(), "app-a-demo-secret-known-to-everybody".to_owned()];
    for token in ["access_token", "id_token", "refresh_token"] {
        let Some(token) = alice.tokens[token].as_str() else { continue };
        // Also by itself, a signature is worth nothing to anybody and a part of a token to nobody.
        secrets.extend(token.split('.').map(str::to_owned));
        if token.contains('.') {
            secrets.push(claims(token)["sid"].as_str().unwrap().to_owned());
        }
    }
    for name in alice.browser.cookie_names() {
        secrets.push(alice.browser.cookie(&name).unwrap());
    }
    assert!(secrets.len() > 8 && secrets.iter().all(|secret| secret.len() > 8), "{} of {}", secrets.len(), demo.lab);
    secrets
}

/// All of the story, and none of what it is about.
#[tokio::test]
async fn a_sign_out_is_told_by_all_who_had_a_part_in_it_and_no_secret_is() {
    let demo = Demo::start().await;
    let mut events = demo.events(None).await;
    let mut alice = signed_in(&demo, "alice").await;
    let used = demo.call(Method::GET, "/notes", access_token(&alice.tokens), None).await;
    assert_eq!(used.status, StatusCode::OK);
    let mut secrets = secrets(&demo, &alice);
    let signing_in = [
        like("provider", "provider", "sign-in", "done"),
        like("provider", "browser", "redirect", "done"),
        like("app-a", "provider", "tokens", "done"),
        like("app-a", "app-a", "sign-in", "done"),
        like("browser", "provider", "tokens", "done"),
        like("app-b", "app-b", "tokens", "done"),
    ];
    let mut heard = events.until(&signing_in).await;

    let home = alice.browser.open(&demo.app_a).await;
    secrets.push(home.hidden("csrf"));
    secrets.push(crate::browser::claim(&home.body, "sid").unwrap());
    sign_out_at_a(&demo, &mut alice.browser).await;
    assert_ended(&demo.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
    let signing_out = [
        json!({ "from": "app-a", "to": "app-a", "kind": "ended", "label": "its own session ended" }),
        like("browser", "provider", "redirect", "done"),
        like("provider", "provider", "ended", "done"),
        like("provider", "app-a", "back-channel", "begun"),
        like("provider", "app-b", "back-channel", "begun"),
        like("app-a", "provider", "back-channel", "done"),
        like("app-b", "provider", "back-channel", "done"),
        like("app-b", "app-b", "ended", "done"),
        like("browser", "app-b", "request", "refused"),
    ];
    heard.extend(events.until(&signing_out).await);

    let find = |like: &Value| heard.iter().find(|report| is_like(report, like)).unwrap();
    let ended = find(&signing_out[7]);
    assert_eq!(carried(ended, "channel"), Some("back-channel"));
    let sent = heard.iter().find(|report| is_like(report, &signing_out[4])).unwrap();
    assert_eq!(carried(ended, "session"), carried(sent, "session"), "one session has one name at both");
    assert_eq!(carried(find(&signing_out[8]), "reason"), Some("session_ended"));
    assert_eq!(carried(find(&signing_out[2]), "asked by"), Some("App A"));
    // The provider ends first and then tells; an app's record is there before it answers.
    let at = |like: &Value| find(like)["at"].as_f64().unwrap();
    assert!(at(&signing_out[2]) <= at(&signing_out[4]) && at(&signing_out[7]) <= at(&signing_out[6]));
    for report in &heard {
        assert!(!report["label"].as_str().unwrap().is_empty(), "{report}");
        let section = &report["section"];
        assert!(section.is_null() || section["url"].as_str().unwrap().starts_with("https://"), "{report}");
    }
    let text = Value::from(heard).to_string();
    for (number, secret) in secrets.iter().enumerate() {
        assert!(!text.contains(secret.as_str()), "secret {number} is in what was reported");
    }
    demo.stop().await;
}

/// GTR-01: the lab's server is an administrator like any other, and calls over HTTP.
#[tokio::test]
async fn the_administrator_ends_all_sessions_of_one_user() {
    let demo = Demo::start().await;
    let (alice, bob) = (signed_in(&demo, "alice").await, signed_in(&demo, "bob").await);
    let mut events = demo.events(None).await;
    for (user, expected) in [("alice", StatusCode::NO_CONTENT), ("nobody", StatusCode::UNPROCESSABLE_ENTITY)] {
        let (status, answer) = demo.send(Method::POST, "/administrator", &json!({ "user": user })).await;
        assert_eq!(status, expected, "{answer}");
    }
    let told = [
        like("lab", "provider", "revocation", "begun"),
        like("provider", "lab", "revocation", "done"),
        like("provider", "provider", "revocation", "done"),
        like("app-b", "app-b", "ended", "done"),
    ];
    events.until(&told).await;
    assert_ended(&demo.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
    let bobs = demo.call(Method::GET, "/notes", access_token(&bob.tokens), None).await;
    assert_eq!(bobs.status, StatusCode::OK);
    demo.stop().await;
}

#[tokio::test]
async fn a_stolen_token_is_good_until_the_sign_out_and_is_never_repeated() {
    let demo = Demo::start().await;
    let mut alice = signed_in(&demo, "alice").await;
    let token = access_token(&alice.tokens).to_owned();
    let mut events = demo.events(None).await;
    let steal = async || demo.send(Method::POST, "/stolen", &json!({ "token": token })).await;
    assert_eq!(steal().await, (StatusCode::OK, json!({ "status": 200, "reason": null })));
    sign_out_at_a(&demo, &mut alice.browser).await;
    assert_eq!(steal().await, (StatusCode::OK, json!({ "status": 401, "reason": "session_ended" })));
    let told = [like("lab", "app-b", "request", "done"), like("lab", "app-b", "request", "refused")];
    let mut heard = events.until(&told).await;

    // App B takes the thief for a browser; the lab knows better. What it hears later it has heard all of before.
    demo.switch(&json!({ "app_a": false })).await;
    heard.extend(events.until(&[like("lab", "app-a", "switched", "done")]).await);
    assert!(!heard.iter().any(|report| is_like(report, &like("browser", "app-b", "request", "refused"))), "{heard:#?}");
    assert!(!Value::from(heard).to_string().contains(&token));

    for bad in ["", " ", "two words", "é", &"x".repeat(8 * 1024 + 1)] {
        let (status, answer) = demo.send(Method::POST, "/stolen", &json!({ "token": bad })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    }
    demo.stop().await;
}

#[tokio::test]
async fn a_thief_whose_page_goes_away_hides_no_refusal_of_anybody_else() {
    let demo = Demo::start().await;
    let mut alice = signed_in(&demo, "alice").await;
    let token = access_token(&alice.tokens).to_owned();
    sign_out_at_a(&demo, &mut alice.browser).await;
    let mut events = demo.events(None).await;
    let authority = demo.lab.strip_prefix("http://").unwrap();
    let body = json!({ "token": token }).to_string();
    let request = format!(
        "POST /api/stolen HTTP/1.1\r\nHost: {authority}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let port = authority.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    drop(socket);
    events.until(&[like("lab", "app-b", "request", "refused")]).await;
    assert_ended(&demo.call(Method::GET, "/notes", &token, None).await);
    events.until(&[like("browser", "app-b", "request", "refused")]).await;
    demo.stop().await;
}

/// By it the lab's page places what is reported among what windows tell.
#[tokio::test]
async fn who_reports_and_who_is_asked_for_the_time_read_one_clock() {
    let demo = Demo::start().await;
    let mut events = demo.events(None).await;
    let clock = async || demo.get("/clock").await.1.as_f64().expect("milliseconds");
    let before = clock().await;
    let _alice = signed_in(&demo, "alice").await;
    let heard = events
        .until(&[like("provider", "provider", "sign-in", "done"), like("app-a", "app-a", "sign-in", "done")])
        .await;
    let after = clock().await;
    for report in &heard {
        assert!((before..=after).contains(&report["at"].as_f64().unwrap()), "{before} to {after}: {report}");
    }
    demo.stop().await;
}

#[tokio::test]
async fn who_comes_back_hears_what_was_missed_and_every_stream_ends_with_the_lab() {
    let demo = Demo::start().await;
    demo.switch(&json!({ "app_a": false })).await;
    let mut again = demo.events(Some("0.of-another-life")).await;
    again.until(&[like("lab", "app-a", "switched", "done")]).await;
    let mut first = demo.events(None).await;
    demo.stop().await;
    while again.try_next().await.is_some() {}
    assert!(first.try_next().await.is_none(), "nothing came, and then the end");
}
