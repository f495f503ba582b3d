//! The network between the parties: a listener in front of each, which the test can make slow, lossy or repetitive.
//!
//! It carries HTTP requests and nothing else. A party that restarts keeps its address.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tower::ServiceExt;
use url::form_urlencoded;

use super::op::{App, Party, Weather, When};
use crate::curfew::{Parties, claims};

/// The three addresses, and what has passed between them.
pub(super) struct Wire {
    pub(super) parties: Parties,
    inner: Arc<Inner>,
    _servers: JoinSet<()>,
}

#[derive(Default)]
struct Inner {
    routers: Mutex<HashMap<Party, Router>>,
    weather: Mutex<HashMap<App, Weather>>,
    exchange: Mutex<Option<Hold>>,
    heard: Mutex<Heard>,
    letters: Mutex<Vec<Letter>>,
}

/// What the apps have been told by the back channel, by app and `sid`.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    /// Handed over; the app may have acted upon it.
    pub(super) begun: HashSet<(App, String)>,
    /// The app has answered 200.
    pub(super) done: HashSet<(App, String)>,
}

/// A logout token that was on its way. It may arrive late, or again.
#[derive(Clone)]
pub(super) struct Letter {
    pub(super) app: App,
    pub(super) logout_token: String,
}

/// Stops App A's next token request on its way there, or the answer on its way back.
struct Hold {
    when: When,
    arrived: oneshot::Sender<Option<String>>,
    release: oneshot::Receiver<()>,
}

/// The other end of a [`Hold`]. Dropped, it lets the request go on.
pub(super) struct Held {
    /// With the `sid` of the tokens, if the provider has made them.
    pub(super) arrived: oneshot::Receiver<Option<String>>,
    pub(super) release: oneshot::Sender<()>,
}

impl Wire {
    pub(super) async fn new() -> Self {
        let inner = Arc::new(Inner::default());
        let mut servers = JoinSet::new();
        let mut origins = Vec::new();
        for (party, host) in [(Party::Provider, "localhost"), (Party::AppA, "127.0.0.1"), (Party::AppB, "127.0.0.1")] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            origins.push(format!("http://{host}:{}", listener.local_addr().unwrap().port()));
            let gate = inner.clone();
            let pass = move |request: Request| {
                let gate = gate.clone();
                async move { gate.pass(party, request).await }
            };
            let router = Router::new().fallback(pass);
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            servers.spawn(async move { axum::serve(listener, service).await.unwrap() });
        }
        let [provider, app_a, app_b] = origins.try_into().unwrap();
        Self { parties: Parties { provider, app_a, app_b }, inner, _servers: servers }
    }

    /// From now on this router answers for the party.
    pub(super) fn connect(&self, party: Party, router: Router) {
        self.inner.routers.lock().unwrap().insert(party, router);
    }

    /// What answers for the party now.
    pub(super) fn router(&self, party: Party) -> Router {
        self.inner.routers.lock().unwrap()[&party].clone()
    }

    pub(super) fn set_weather(&self, app: App, weather: Weather) {
        self.inner.weather.lock().unwrap().insert(app, weather);
    }

    pub(super) fn hold_next_exchange(&self, when: When) -> Held {
        let ((arrived, wait), (go, release)) = (oneshot::channel(), oneshot::channel());
        *self.inner.exchange.lock().unwrap() = Some(Hold { when, arrived, release });
        Held { arrived: wait, release: go }
    }

    /// The next exchange is not to be held after all.
    pub(super) fn hold_nothing(&self) {
        *self.inner.exchange.lock().unwrap() = None;
    }

    pub(super) fn heard(&self) -> Heard {
        self.inner.heard.lock().unwrap().clone()
    }

    /// A tab of App B presents its ID token.
    pub(super) async fn present(
        &self,
        client: &reqwest::Client,
        access_token: &str,
        id_token: &str,
    ) -> (reqwest::StatusCode, Value) {
        let url = format!("{}/api/session", self.parties.app_b);
        let request = client.post(url).bearer_auth(access_token).body(id_token.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    /// Every logout token that the provider has sent.
    pub(super) fn letters(&self) -> Vec<Letter> {
        self.inner.letters.lock().unwrap().clone()
    }

    /// Brings a logout token to its app, now.
    pub(super) async fn deliver(&self, letter: &Letter) -> StatusCode {
        self.inner.hand_over(letter).await.status()
    }
}

impl Inner {
    async fn pass(&self, party: Party, request: Request) -> Response {
        let is_exchange = request.uri().path() == "/token" && request.headers().contains_key(AUTHORIZATION);
        let is_back_channel = request.uri().path() == "/logout/back-channel";
        match party.app() {
            None if is_exchange => self.exchange(request).await,
            Some(app) if is_back_channel => self.back_channel(app, request).await,
            _ => self.call(party, request).await,
        }
    }

    async fn call(&self, party: Party, request: Request) -> Response {
        let router = self.routers.lock().unwrap().get(&party).cloned();
        match router {
            Some(router) => router.oneshot(request).await.unwrap(),
            None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }

    /// App A is the only one that authenticates itself there.
    async fn exchange(&self, request: Request) -> Response {
        let hold = self.exchange.lock().unwrap().take();
        let Some(Hold { when, arrived, release }) = hold else { return self.call(Party::Provider, request).await };
        if when == When::BeforeExchange {
            let _ = arrived.send(None);
            let _ = release.await;
            return self.call(Party::Provider, request).await;
        }
        let (parts, body) = self.call(Party::Provider, request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let tokens: Value = serde_json::from_slice(&body).unwrap();
        let _ =
            arrived.send(tokens["id_token"].as_str().map(|token| claims(token)["sid"].as_str().unwrap().to_owned()));
        let _ = release.await;
        Response::from_parts(parts, Body::from(body))
    }

    async fn back_channel(&self, app: App, request: Request) -> Response {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let form = form_urlencoded::parse(&body).into_owned().find(|(name, _)| name == "logout_token");
        let letter = Letter { app, logout_token: form.unwrap().1 };
        self.letters.lock().unwrap().push(letter.clone());
        let weather = self.weather.lock().unwrap().get(&app).copied().unwrap_or(Weather::Fair);
        match weather {
            Weather::Fair => self.hand_over(&letter).await,
            Weather::NothingArrives => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Weather::AnswersGetLost => {
                self.hand_over(&letter).await;
                StatusCode::BAD_GATEWAY.into_response()
            }
        }
    }

    async fn hand_over(&self, letter: &Letter) -> Response {
        let sid = claims(&letter.logout_token)["sid"].as_str().unwrap().to_owned();
        let about = (letter.app, sid);
        self.heard.lock().unwrap().begun.insert(about.clone());
        let form =
            form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &letter.logout_token).finish();
        let request = Request::post("/logout/back-channel")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        let answer = self.call(letter.app.party(), request).await;
        if answer.status() == StatusCode::OK {
            self.heard.lock().unwrap().done.insert(about);
        }
        answer
    }
}
