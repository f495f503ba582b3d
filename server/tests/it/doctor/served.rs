//! The binary, and what answers where a provider should be.

use std::process::Output;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::cli::server;

/// Examines by the binary. It must end by itself, soon, and without a panic.
pub(super) async fn doctor(arguments: &[&str]) -> (Option<i32>, String) {
    let data = tempfile::tempdir().unwrap();
    let mut command = server(data.path());
    // A proxy of the environment is not for the provider's documents.
    command
        .arg("doctor")
        .args(arguments)
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9");
    let Output { status, stdout, stderr } =
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let errors = String::from_utf8(stderr).unwrap();
    assert!(!errors.contains("panicked"), "{errors}");
    (status.code(), String::from_utf8(stdout).unwrap() + &errors)
}

pub(super) async fn report(issuer: &str) -> Value {
    let (code, text) = doctor(&[issuer, "--json"]).await;
    let report: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(report["exit_code"].as_i64(), code.map(i64::from), "{text}");
    report
}

/// Something that listens where the issuer should be.
struct Served {
    issuer: String,
    server: JoinHandle<()>,
}

impl Served {
    /// `documents` are the answers for the metadata and for the keys, made from the issuer.
    async fn new(documents: impl FnOnce(&str) -> [Answer; 2]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let [metadata, keys] = documents(&issuer);
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(|| metadata.send()))
            .route("/jwks", get(|| keys.send()));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { issuer, server }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Clone)]
enum Answer {
    Text(String),
    Redirect,
    Status(StatusCode),
    Never,
}

impl Answer {
    async fn send(self) -> Response {
        match self {
            Self::Text(text) => text.into_response(),
            Self::Redirect => (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
            Self::Status(status) => status.into_response(),
            Self::Never => std::future::pending().await,
        }
    }
}

fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/end_session"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["sid"],
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    })
}

fn keys() -> Answer {
    let key = json!({"kty": "EC", "crv": "P-256", "kid": "k1", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    Answer::Text(json!({ "keys": [key] }).to_string())
}

fn text(document: &Value) -> Answer {
    Answer::Text(document.to_string())
}

#[tokio::test]
async fn the_exit_code_says_what_it_comes_down_to() {
    let good = Served::new(|issuer| [text(&metadata(issuer)), keys()]).await;
    assert_eq!(report(&good.issuer).await["outcome"], "works");

    let gaps = Served::new(|issuer| {
        let mut document = metadata(issuer);
        document["backchannel_logout_session_supported"] = json!(false);
        [text(&document), keys()]
    })
    .await;
    let found = report(&gaps.issuer).await;
    assert_eq!((&found["outcome"], &found["exit_code"]), (&json!("gaps"), &json!(1)));

    let none = Served::new(|issuer| {
        let mut document = metadata(issuer);
        document["backchannel_logout_supported"] = json!(false);
        document.as_object_mut().unwrap().remove("end_session_endpoint");
        [text(&document), keys()]
    })
    .await;
    let found = report(&none.issuer).await;
    assert_eq!((&found["outcome"], &found["exit_code"]), (&json!("cannot-work"), &json!(2)));
}

#[tokio::test]
async fn what_is_no_metadata_is_said_to_be_so() {
    let huge = format!("{{\"issuer\":\"{}\"}}", "x".repeat(300 * 1024));
    for (answer, part) in [
        (Answer::Text("<!doctype html><title>Sign in</title>".to_owned()), "are not JSON"),
        (Answer::Text(String::new()), "are not JSON"),
        (Answer::Text("[]".to_owned()), "not an object"),
        (Answer::Text(huge), "longer than 256 KiB"),
        (Answer::Status(StatusCode::NOT_FOUND), "answered 404"),
        (Answer::Status(StatusCode::SERVICE_UNAVAILABLE), "answered 503"),
        (Answer::Redirect, "answered 302"),
    ] {
        let served = Served::new(|_| [answer, keys()]).await;
        let found = report(&served.issuer).await;
        let error = found["error"].as_str().unwrap();
        assert!(error.contains(part), "{part}: {error}");
        assert_eq!((&found["exit_code"], &found["ways"]), (&json!(2), &json!([])));
        let (code, text) = doctor(&[&served.issuer]).await;
        assert!(code == Some(2) && text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn nobody_there_and_nobody_answering_are_told_apart_from_nothing() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let found = report(&issuer).await;
    let error = found["error"].as_str().unwrap();
    assert!(error.contains("does not answer") && error.contains("refused"), "{error}");

    let silent = Served::new(|_| [Answer::Never, Answer::Never]).await;
    let begun = Instant::now();
    let found = report(&silent.issuer).await;
    assert!(found["error"].as_str().unwrap().contains("does not answer"), "{found}");
    assert!(begun.elapsed() < Duration::from_secs(30), "it does not wait for ever");
}

#[tokio::test]
async fn keys_that_do_not_come_leave_the_rest_of_the_report() {
    for (answer, part) in [
        (Answer::Text("<html>".to_owned()), "not JSON"),
        (Answer::Text("{\"keys\":[]}".to_owned()), "no key"),
        (Answer::Status(StatusCode::NOT_FOUND), "404"),
        (Answer::Never, "does not answer"),
    ] {
        let served = Served::new(|issuer| [text(&metadata(issuer)), answer]).await;
        let found = report(&served.issuer).await;
        let signatures =
            found["checks"].as_array().unwrap().iter().find(|check| check["check"] == "signatures").unwrap();
        assert!(signatures["verdict"] == "no" && signatures["says"].as_str().unwrap().contains(part), "{signatures}");
        assert_eq!((&found["outcome"], &found["ways"][0]["verdict"]), (&json!("cannot-work"), &json!("works")));
    }
}

/// The path of an issuer stays where it is, and a document of another issuer is not taken for this one's.
#[tokio::test]
async fn the_issuer_is_asked_where_it_says_and_must_call_itself_so() {
    let served = Served::new(|issuer| [text(&metadata(&format!("{issuer}/"))), keys()]).await;
    let found = report(&served.issuer).await;
    assert_eq!((&found["outcome"], &found["checks"][0]["verdict"]), (&json!("cannot-work"), &json!("no")));
    assert!(found["checks"][0]["says"].as_str().unwrap().contains("slash"), "{found}");
    // The slash belongs to the issuer, and not to the address.
    let with_slash = report(&format!("{}/", served.issuer)).await;
    assert_eq!(with_slash["checks"][0]["verdict"], "works");
}

#[tokio::test]
async fn an_issuer_that_the_apps_would_refuse_is_sent_nothing() {
    for (issuer, part) in [
        ("http://login.example", "neither https nor http on a loopback host"),
        ("login.example", "is not a URL"),
        ("ftp://localhost/", "neither https"),
        ("https://login.example/?tenant=1", "no query"),
    ] {
        let found = report(issuer).await;
        assert!(found["error"].as_str().unwrap().contains(part), "{issuer}: {found}");
        assert_eq!(found["exit_code"], 2);
    }
    let (code, usage) = doctor(&[]).await;
    assert!(code == Some(2) && usage.contains("<ISSUER>"), "{usage}");
    let (code, help) = doctor(&["--help"]).await;
    assert!(code == Some(0) && help.contains("Exit codes:"), "{help}");
}
