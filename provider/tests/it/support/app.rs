use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::Listener;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{mpsc, watch};
use url::form_urlencoded;

use super::TlsListener;

/// How long a logout token may take to come, once it is due.
const PATIENCE: Duration = Duration::from_secs(60);

/// An app that listens at its back-channel on a real port.
pub(crate) struct TestApp {
    origin: String,
    received: mpsc::UnboundedReceiver<Received>,
    behaviour: Arc<Mutex<Behaviour>>,
    let_go: watch::Sender<Option<StatusCode>>,
    at_once: Arc<AtOnce>,
    server: tokio::task::JoinHandle<()>,
}

/// How many requests are being answered, and how many were at most.
#[derive(Default)]
struct AtOnce {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// A request that is being answered, until it is dropped.
struct BeingAnswered(Arc<AtOnce>);

/// An app that is not running. Its port stays its own, and nobody listens there.
pub(crate) struct DownApp {
    socket: TcpSocket,
    address: SocketAddr,
}

/// A request to the back-channel.
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) form: Vec<(String, String)>,
}

/// How an app answers.
#[derive(Clone)]
enum Behaviour {
    Status(StatusCode),
    /// With a `Retry-After`.
    Busy(String),
    /// It redirects to itself, which would be a second request.
    Redirect,
    /// It does not answer until it is let go.
    Hang,
}

impl TestApp {
    pub(crate) async fn answering(status: u16) -> Self {
        Self::start(Behaviour::Status(StatusCode::from_u16(status).unwrap())).await
    }

    /// 503 with this `Retry-After`.
    pub(crate) async fn busy(retry_after: &str) -> Self {
        Self::start(Behaviour::Busy(retry_after.to_owned())).await
    }

    pub(crate) async fn redirecting() -> Self {
        Self::start(Behaviour::Redirect).await
    }

    pub(crate) async fn hanging() -> Self {
        Self::start(Behaviour::Hang).await
    }

    async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        Self::serve(listener, origin, behaviour)
    }

    /// Behind TLS.
    pub(crate) fn at(listener: TlsListener, status: u16) -> Self {
        let origin = listener.origin();
        Self::serve(listener, origin, Behaviour::Status(StatusCode::from_u16(status).unwrap()))
    }

    fn serve(listener: impl Listener<Addr = SocketAddr>, origin: String, behaviour: Behaviour) -> Self {
        let behaviour = Arc::new(Mutex::new(behaviour));
        let at_once = Arc::<AtOnce>::default();
        let (sender, received) = mpsc::unbounded_channel();
        let let_go = watch::Sender::new(None);
        let state = (Arc::clone(&behaviour), let_go.clone(), Arc::clone(&at_once), sender);
        let router = Router::new().route("/back-channel", post(receive)).with_state(state);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, received, behaviour, let_go, at_once, server }
    }

    /// From now on it answers this.
    pub(crate) fn answer(&self, status: u16) {
        *self.behaviour.lock().unwrap() = Behaviour::Status(StatusCode::from_u16(status).unwrap());
    }

    /// It answers this to what hangs, and to what will.
    pub(crate) fn let_go(&self, status: u16) {
        self.let_go.send_replace(Some(StatusCode::from_u16(status).unwrap()));
    }

    /// The members of the client's configuration that lead here.
    pub(crate) fn back_channel(&self) -> Value {
        back_channel(&self.origin)
    }

    /// The next logout token that arrives.
    pub(crate) async fn next(&mut self) -> Received {
        let next = tokio::time::timeout(PATIENCE, self.received.recv()).await;
        next.expect("a logout token arrives").unwrap()
    }

    /// How many requests waited for an answer at the same time, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.at_once.most.load(Ordering::SeqCst)
    }

    /// Whether it has still to answer a request.
    pub(crate) fn is_answering(&self) -> bool {
        self.at_once.now.load(Ordering::SeqCst) > 0
    }

    /// Whether nothing more has arrived.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.received.try_recv().is_err()
    }
}

impl DownApp {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        Self { socket, address }
    }

    pub(crate) fn back_channel(&self) -> Value {
        back_channel(&self.origin())
    }

    /// It starts, and answers this.
    pub(crate) fn start(self, status: u16) -> TestApp {
        let behaviour = Behaviour::Status(StatusCode::from_u16(status).unwrap());
        let origin = self.origin();
        TestApp::serve(self.socket.listen(16).unwrap(), origin, behaviour)
    }

    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn back_channel(origin: &str) -> Value {
    json!({"backchannel_logout_uri": format!("{origin}/back-channel?tenant=1")})
}

impl Received {
    pub(crate) fn logout_token(&self) -> &str {
        assert_eq!(self.form.len(), 1);
        assert_eq!(self.form[0].0, "logout_token");
        &self.form[0].1
    }
}

impl BeingAnswered {
    fn new(at_once: Arc<AtOnce>) -> Self {
        let now = at_once.now.fetch_add(1, Ordering::SeqCst) + 1;
        at_once.most.fetch_max(now, Ordering::SeqCst);
        Self(at_once)
    }
}

impl Drop for BeingAnswered {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.server.abort();
    }
}

type Receiver =
    (Arc<Mutex<Behaviour>>, watch::Sender<Option<StatusCode>>, Arc<AtOnce>, mpsc::UnboundedSender<Received>);

async fn receive(
    State((behaviour, let_go, at_once, sender)): State<Receiver>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let _being_answered = BeingAnswered::new(at_once);
    let form = form_urlencoded::parse(&body).into_owned().collect();
    sender.send(Received { headers, form }).unwrap();
    let behaviour = behaviour.lock().unwrap().clone();
    match behaviour {
        Behaviour::Status(status) => status.into_response(),
        Behaviour::Busy(retry_after) => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, retry_after)]).into_response()
        }
        Behaviour::Redirect => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/back-channel")]).into_response(),
        Behaviour::Hang => {
            let status = *let_go.subscribe().wait_for(Option::is_some).await.unwrap();
            status.unwrap().into_response()
        }
    }
}
