//! The demo with its lab, on ports of its own.

use std::ops::Deref;
use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use server::cli::PartyKind;
use server::config::{Config, Topology};
use server::{Folders, Started};
use tokio_util::sync::CancellationToken;

use crate::browser::client;
use crate::cli::port_base;
use crate::curfew::{GRACE, Parties, patient, site};

/// How long something that will come may take to come, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(90);

pub(super) struct Demo {
    parties: Parties,
    pub(super) lab: String,
    stop: CancellationToken,
    started: Started,
    data: tempfile::TempDir,
}

impl Deref for Demo {
    type Target = Parties;

    fn deref(&self) -> &Parties {
        &self.parties
    }
}

impl Demo {
    pub(super) async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let config = patient(Config::demo(Topology::CrossSite, port_base()).unwrap());
        let folders = Folders { data: data.path().join("data"), site: site(data.path()) };
        let stop = CancellationToken::new();
        let kinds = [PartyKind::Provider, PartyKind::AppA, PartyKind::AppB];
        let started = server::start(&kinds, &config, folders, stop.clone()).await.unwrap();
        let parties = Parties {
            provider: config.provider.unwrap().issuer,
            app_a: config.app_a.unwrap().origin.to_string(),
            app_b: config.app_b.unwrap().origin.to_string(),
        };
        parties.until_all_healthy().await;
        Self { parties, lab: config.lab.unwrap().origin.to_string(), stop, started, data }
    }

    /// A party's data folder.
    pub(super) fn data(&self, party: &str) -> std::path::PathBuf {
        self.data.path().join("data").join(party)
    }

    /// As a signal would; all must come to their end by themselves.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(GRACE, self.started.ended()).await.expect("stopped by itself").unwrap();
    }

    /// A request of the lab's own page.
    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        client().request(method, format!("{}/api{path}", self.lab)).header("sec-fetch-site", "same-origin")
    }

    /// The same with a body; returns the status and what was answered.
    pub(super) async fn send(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.request(method, path).header("content-type", "application/json").body(body.to_string());
        answer(request.send().await.unwrap()).await
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub(super) async fn switches(&self) -> Value {
        self.get("/state").await.1["switches"].clone()
    }

    /// Changes these switches; it must be accepted, and be so from then on.
    pub(super) async fn switch(&self, changes: &Value) {
        let mut wanted = self.switches().await;
        for (name, value) in changes.as_object().unwrap() {
            wanted[name] = value.clone();
        }
        let (status, state) = self.send(Method::PUT, "/switches", &wanted).await;
        assert_eq!((status, &state["switches"]), (StatusCode::OK, &wanted), "{state}");
        assert_eq!(self.switches().await, wanted);
    }

    /// Events from now on; `after` also those after this one.
    pub(super) async fn events(&self, after: Option<&str>) -> Events {
        let mut request = self.request(Method::GET, "/events");
        if let Some(id) = after {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut events = Events { response, text: String::new() };
        let first = events.next().await;
        assert_eq!(first["type"], "state", "how things stand comes first: {first}");
        events
    }
}

async fn answer(response: Response) -> (StatusCode, Value) {
    assert_eq!(response.headers()["cache-control"], "no-store");
    (response.status(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or(Value::Null))
}

/// An open stream.
pub(super) struct Events {
    response: Response,
    text: String,
}

impl Events {
    /// The next event, or what the stream's end is: nothing.
    pub(super) async fn try_next(&mut self) -> Option<Value> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let data = message.lines().find_map(|line| line.strip_prefix("data: ")).map(str::to_owned);
                self.text = rest.to_owned();
                if let Some(data) = data {
                    return Some(serde_json::from_str(&data).unwrap());
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("something comes");
            self.text.push_str(std::str::from_utf8(&chunk.unwrap_or(None)?).unwrap());
        }
    }

    pub(super) async fn next(&mut self) -> Value {
        self.try_next().await.expect("the stream is open")
    }

    /// Reads until the next state.
    pub(super) async fn until_state(&mut self) -> Value {
        loop {
            let event = self.next().await;
            if event["type"] == "state" {
                return event["value"].clone();
            }
        }
    }

    /// Reads reports until there was one like each of these, in any order; returns all that were read.
    pub(super) async fn until(&mut self, expected: &[Value]) -> Vec<Value> {
        let mut read: Vec<Value> = Vec::new();
        loop {
            let missing: Vec<_> =
                expected.iter().filter(|like| !read.iter().any(|report| is_like(report, like))).collect();
            if missing.is_empty() {
                return read;
            }
            let next = tokio::time::timeout(PATIENCE, self.next());
            let event = next.await.unwrap_or_else(|_| panic!("{missing:?} is not in {read:#?}"));
            if event["type"] == "report" {
                read.push(event["value"].clone());
            }
        }
    }
}

/// Whether it has these members.
pub(super) fn is_like(report: &Value, like: &Value) -> bool {
    like.as_object().unwrap().iter().all(|(name, value)| report[name] == *value)
}

pub(super) fn like(from: &str, to: &str, kind: &str, outcome: &str) -> Value {
    json!({ "from": from, "to": to, "kind": kind, "outcome": outcome })
}

/// What a report carries by this name.
pub(super) fn carried<'r>(report: &'r Value, name: &str) -> Option<&'r str> {
    report["carries"].as_array().unwrap().iter().find(|pair| pair[0] == name)?[1].as_str()
}
