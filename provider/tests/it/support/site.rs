use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;

/// What an app keeps at an address of its own, on a real port: its keys, or a request.
pub(crate) struct TestSite {
    address: SocketAddr,
    served: Arc<Served>,
    server: tokio::task::JoinHandle<()>,
}

struct Served {
    answer: Mutex<(StatusCode, String)>,
    count: AtomicUsize,
}

impl TestSite {
    pub(crate) async fn serving(body: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = Arc::new(Served { answer: Mutex::new((StatusCode::OK, body)), count: AtomicUsize::new(0) });
        let router = Router::new().route("/it", get(serve)).with_state(Arc::clone(&served));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, served, server }
    }

    /// From now on it answers this.
    pub(crate) fn serve(&self, status: u16, body: String) {
        *self.served.answer.lock().unwrap() = (StatusCode::from_u16(status).unwrap(), body);
    }

    pub(crate) fn uri(&self) -> String {
        format!("http://{}/it", self.address)
    }

    /// How often it was asked.
    pub(crate) fn count(&self) -> usize {
        self.served.count.load(Ordering::SeqCst)
    }
}

impl Drop for TestSite {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(State(served): State<Arc<Served>>) -> (StatusCode, String) {
    served.count.fetch_add(1, Ordering::SeqCst);
    served.answer.lock().unwrap().clone()
}
