use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::serve::Listener;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::TlsListener;

/// What an app keeps at an address of its own, on a real port: its keys, or a request.
pub(crate) struct TestSite {
    origin: String,
    served: Arc<Served>,
    server: tokio::task::JoinHandle<()>,
}

struct Served {
    /// `None`: not yet.
    answer: watch::Sender<Option<(StatusCode, String)>>,
    count: watch::Sender<usize>,
}

impl TestSite {
    pub(crate) async fn serving(body: String) -> Self {
        let site = Self::silent().await;
        site.serve(200, body);
        site
    }

    /// It takes requests, and answers them when there is something to [`serve`](Self::serve).
    pub(crate) async fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        Self::at(listener, origin)
    }

    /// Behind TLS.
    pub(crate) fn behind(listener: TlsListener, body: String) -> Self {
        let origin = listener.origin();
        let site = Self::at(listener, origin);
        site.serve(200, body);
        site
    }

    fn at(listener: impl Listener<Addr = SocketAddr>, origin: String) -> Self {
        let served = Arc::new(Served { answer: watch::Sender::new(None), count: watch::Sender::new(0) });
        let router = Router::new().route("/it", get(serve)).with_state(Arc::clone(&served));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, served, server }
    }

    /// From now on it answers this.
    pub(crate) fn serve(&self, status: u16, body: String) {
        self.served.answer.send_replace(Some((StatusCode::from_u16(status).unwrap(), body)));
    }

    /// From now on it answers nobody.
    pub(crate) fn fall_silent(&self) {
        self.served.answer.send_replace(None);
    }

    pub(crate) fn uri(&self) -> String {
        format!("{}/it", self.origin)
    }

    /// How often it was asked.
    pub(crate) fn count(&self) -> usize {
        *self.served.count.borrow()
    }

    /// Waits until it was asked so often.
    pub(crate) async fn reached(&self, count: usize) {
        self.served.count.subscribe().wait_for(|counted| *counted >= count).await.unwrap();
    }
}

impl Drop for TestSite {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(State(served): State<Arc<Served>>) -> (StatusCode, String) {
    served.count.send_modify(|count| *count += 1);
    let mut answer = served.answer.subscribe();
    let answer = answer.wait_for(Option::is_some).await.unwrap();
    answer.clone().unwrap()
}
