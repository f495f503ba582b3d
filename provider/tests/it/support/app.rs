use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use url::form_urlencoded;

/// An app that listens at its back-channel on a real port.
pub(crate) struct TestApp {
    address: SocketAddr,
    received: mpsc::UnboundedReceiver<Received>,
    server: tokio::task::JoinHandle<()>,
}

/// A request to the back-channel.
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) form: Vec<(String, String)>,
}

/// How an app answers.
#[derive(Clone, Copy)]
enum Behaviour {
    Status(StatusCode),
    /// It redirects to itself, which would be a second request.
    Redirect,
    /// It never answers.
    Hang,
}

impl TestApp {
    pub(crate) async fn answering(status: u16) -> Self {
        Self::start(Behaviour::Status(StatusCode::from_u16(status).unwrap())).await
    }

    pub(crate) async fn redirecting() -> Self {
        Self::start(Behaviour::Redirect).await
    }

    pub(crate) async fn hanging() -> Self {
        Self::start(Behaviour::Hang).await
    }

    async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, received) = mpsc::unbounded_channel();
        let router = Router::new().route("/back-channel", post(receive)).with_state((behaviour, sender));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, received, server }
    }

    /// The members of the client's configuration that lead here.
    pub(crate) fn back_channel(&self) -> Value {
        json!({"backchannel_logout_uri": format!("http://{}/back-channel?tenant=1", self.address)})
    }

    /// The next logout token that arrives.
    pub(crate) async fn next(&mut self) -> Received {
        self.received.recv().await.unwrap()
    }

    /// Whether nothing more has arrived.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.received.try_recv().is_err()
    }
}

impl Received {
    pub(crate) fn logout_token(&self) -> &str {
        assert_eq!(self.form.len(), 1);
        assert_eq!(self.form[0].0, "logout_token");
        &self.form[0].1
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(
    State((behaviour, sender)): State<(Behaviour, mpsc::UnboundedSender<Received>)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = form_urlencoded::parse(&body).into_owned().collect();
    sender.send(Received { headers, form }).unwrap();
    match behaviour {
        Behaviour::Status(status) => status.into_response(),
        Behaviour::Redirect => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/back-channel")]).into_response(),
        Behaviour::Hang => std::future::pending().await,
    }
}
