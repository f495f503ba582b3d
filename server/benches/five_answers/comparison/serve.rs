//! A router on a free port, until it is stopped.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

pub(crate) struct Server {
    stop: CancellationToken,
    running: AbortOnDropHandle<io::Result<()>>,
}

/// A listener on a free port, and its origin.
pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    (listener, origin)
}

impl Server {
    pub(crate) fn start(listener: TcpListener, router: Router) -> Self {
        // As the parties are served: small answers do not wait for more bytes.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let stop = CancellationToken::new();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
        Self { stop, running: AbortOnDropHandle::new(tokio::spawn(async move { server.await })) }
    }

    /// From then on nobody listens there.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(5), self.running).await.expect("stopped in time").unwrap().unwrap();
    }
}
