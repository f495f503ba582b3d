//! What `/metrics` says, and that the page for operators says the same.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use reqwest::{Method, StatusCode};
use server::config::{Config, MetricsConfig};
use server::metrics::{FAMILIES, Family};
use server::{Folders, Metrics};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::browser::client;
use crate::cli::port_base;
use crate::curfew::{Curfew, access_token};
use crate::sign_out::{read_stream, sign_out_at_a, signed_in, stream_of_b};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operating.md");
const BEGIN: &str = "<!-- metrics: written by the test -->\n";
const END: &str = "<!-- end of metrics -->\n";

async fn scrape(metrics: &Metrics) -> String {
    let request = Request::get("/metrics").header("host", "127.0.0.1:9464").body(Body::empty()).unwrap();
    let response = metrics.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4");
    assert_eq!(response.headers()["cache-control"], "no-store");
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

/// T-19: a sign-out of three real parties, to the number.
#[tokio::test]
async fn a_sign_out_is_counted_at_every_party() {
    let metrics = Metrics::new(&[]).unwrap();
    let curfew = Curfew::start_counted(&metrics).await;
    let mut alice = signed_in(&curfew, "alice").await;
    let token = access_token(&alice.tokens);
    assert_eq!(curfew.call(Method::GET, "/notes", token, None).await.status, StatusCode::OK);
    let stream = stream_of_b(&curfew, &alice.tokens).await;
    assert!(scrape(&metrics).await.contains("\ncurfew_streams{party=\"app-b\"} 1\n"));
    sign_out_at_a(&curfew, &mut alice.browser).await;
    read_stream(stream).await;
    assert_eq!(curfew.call(Method::GET, "/notes", token, None).await.status, StatusCode::UNAUTHORIZED);

    let text = scrape(&metrics).await;
    let expected = [
        r#"curfew_sessions_ended_total{party="provider",reason="sign_out"} 1"#,
        r#"curfew_sign_outs_total{answer="back",party="provider"} 1"#,
        r#"curfew_app_outcomes_total{client="app-a",outcome="ended",party="provider"} 1"#,
        r#"curfew_app_outcomes_total{client="app-b",outcome="ended",party="provider"} 1"#,
        r#"curfew_logout_tokens_total{client="app-a",party="provider",result="delivered"} 1"#,
        r#"curfew_logout_tokens_total{client="app-b",party="provider",result="delivered"} 1"#,
        r#"curfew_given_up_total{client="app-a",party="provider"} 0"#,
        r#"curfew_given_up_total{client="other",party="provider"} 0"#,
        r#"curfew_app_end_seconds_count{channel="back-channel",client="app-b",party="provider"} 1"#,
        r#"curfew_token_requests_total{grant="authorization_code",party="provider",result="issued"} 2"#,
        r#"curfew_outbox_entries{party="provider"} 0"#,
        r#"curfew_outbox_oldest_seconds{party="provider"} 0"#,
        r#"curfew_ends_total{channel="back-channel",party="app-a",result="recorded"} 1"#,
        r#"curfew_ends_total{channel="back-channel",party="app-b",result="recorded"} 1"#,
        r#"curfew_ends_total{channel="back-channel",party="app-b",result="refused"} 0"#,
        r#"curfew_end_seconds_count{channel="back-channel",party="app-b"} 1"#,
        r#"curfew_end_record_seconds_count{channel="back-channel",party="app-b"} 1"#,
        r#"curfew_pushes_total{party="app-b"} 1"#,
        r#"curfew_streams{party="app-b"} 0"#,
        r#"curfew_requests_total{party="app-b",result="session-ended"} 1"#,
        r#"curfew_requests_total{party="app-b",result="accepted"} 2"#,
        r#"curfew_sign_ins_total{party="app-a",result="accepted"} 1"#,
        r#"curfew_ledger_entries{kind="verified",party="app-a"} 1"#,
        r#"curfew_ledger_entries{kind="unverified",party="app-b"} 0"#,
        r#"curfew_unavailable_total{party="app-b",what="request"} 0"#,
    ];
    let missing: Vec<_> = expected.iter().filter(|line| !text.lines().any(|found| found == **line)).collect();
    assert!(missing.is_empty(), "{missing:#?} in {text}");
    let sid = crate::curfew::claims(token)["sid"].as_str().unwrap().to_owned();
    let sub = crate::curfew::claims(token)["sub"].as_str().unwrap().to_owned();
    assert!(!text.contains(&sid) && !text.contains(&sub) && !text.contains("alice"), "nothing of the user");
    curfew.stop().await;
}

/// A web page that leads its own name to this machine (DNS rebinding) reads nothing; Prometheus does, by address and by the
/// names that are configured.
#[tokio::test]
async fn the_numbers_are_to_be_had_by_the_machines_own_names_only() {
    let port = port_base();
    let listen: SocketAddr = ([127, 0, 0, 1], port).into();
    let mut config =
        Config::demo_at("http://localhost:4000", "http://127.0.0.1:4001", "http://127.0.0.1:4002").unwrap();
    let hosts = vec!["curfew.internal".to_owned()];
    config.metrics = Some(MetricsConfig { listen: vec![listen], hosts, danger_allow_other_machines: false });
    config.lab = None;
    let (folder, stop) = (tempfile::tempdir().unwrap(), CancellationToken::new());
    let folders = Folders { data: folder.path().join("data"), site: folder.path().join("site") };
    let started = server::start(&[], &config, folders, stop.clone()).await.unwrap();
    let asked = async |host: &str| {
        let request = client().get(format!("http://{listen}/metrics")).header("host", host);
        let answer = request.send().await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let (kind, caching) = (header("content-type"), header("cache-control"));
        (answer.status(), kind, caching, answer.text().await.unwrap())
    };
    for host in [listen.to_string(), format!("localhost:{port}"), format!("curfew.internal:{port}"), "10.0.0.9".into()]
    {
        let (status, kind, ..) = asked(&host).await;
        assert_eq!((status, kind.as_str()), (StatusCode::OK, "text/plain; version=0.0.4"), "{host}");
    }
    for host in [format!("evil.example:{port}"), "localhost.evil.example".into()] {
        let (status, _, caching, text) = asked(&host).await;
        assert_eq!((status, caching.as_str()), (StatusCode::MISDIRECTED_REQUEST, "no-store"), "{host}");
        assert!(text.contains("`hosts` in [metrics]") && !text.contains("curfew_"), "{host}: {text}");
    }
    stop.cancel();
    started.ended().await.unwrap();
}

/// A name ends with its unit, as Prometheus wants it, and every metric says what it is.
#[test]
fn every_metric_has_a_unit_and_a_help() {
    for Family { name, kind, labels, help } in FAMILIES {
        assert!(name.starts_with("curfew_") && labels.first() == Some(&"party"), "{name}");
        assert!(help.ends_with('.') && help.len() > 20, "{name}");
        let fits = match *kind {
            "counter" => name.ends_with("_total"),
            "histogram" => name.ends_with("_seconds"),
            _ => ["_seconds", "_entries", "_streams"].iter().any(|unit| name.ends_with(unit)),
        };
        assert!(fits, "{name}: a {kind}");
    }
}

/// The page has this table, and speaks of no metric and no label that there is not. `CURFEW_UPDATE=1` writes the table.
#[test]
fn the_page_for_operators_knows_the_metrics() {
    let mut table = String::from("| metric | kind | labels | what it says |\n| --- | --- | --- | --- |\n");
    for Family { name, kind, labels, help } in FAMILIES {
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        table.push_str(&format!("| `{name}` | {kind} | {} | {help} |\n", labels.join(", ")));
    }
    let mut page = fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has the mark where the table begins");
    let (written, after) = rest.split_once(END).expect("the page has the mark where the table ends");
    if std::env::var_os("CURFEW_UPDATE").is_some() {
        page = format!("{before}{BEGIN}{table}{END}{after}");
        fs::write(PAGE, &page).unwrap();
    } else {
        assert_eq!(written, table, "the table of docs/operating.md is stale: CURFEW_UPDATE=1 writes it");
    }

    let names: BTreeSet<String> = FAMILIES.iter().flat_map(series).collect();
    let is_part = |c: char| c.is_ascii_lowercase() || c == '_';
    let mut spoken_of = 0;
    for (start, _) in page.match_indices("curfew_") {
        let named: String = page[start..].chars().take_while(|c| is_part(*c)).collect();
        assert!(names.contains(&named), "docs/operating.md speaks of {named}, and there is no such metric");
        spoken_of += 1;
        let Some(selector) = page[start + named.len()..].strip_prefix('{') else { continue };
        let family = FAMILIES.iter().find(|family| series(family).contains(&named)).unwrap();
        for matcher in selector.split('}').next().unwrap().split(',') {
            let label = matcher.split(['=', '!']).next().unwrap().trim();
            assert!(family.labels.contains(&label), "docs/operating.md: {named} has no label {label}");
        }
    }
    assert!(spoken_of > FAMILIES.len(), "the table, and the alerts");
}

/// What Prometheus stores of it.
fn series(family: &Family) -> Vec<String> {
    let suffixes: &[&str] = if family.kind == "histogram" { &["_bucket", "_sum", "_count", ""] } else { &[""] };
    suffixes.iter().map(|suffix| format!("{}{suffix}", family.name)).collect()
}
