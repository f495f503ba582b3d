//! The connections of a listener: how many there may be at once, and how long a request may take to arrive.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// What strangers may take of a listener.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// A request whose headers are not there after this is given up, and so is a connection without a further request.
    /// Streams and answers are not cut.
    pub(crate) header_timeout: Duration,
    /// Further connections wait until one closes.
    pub(crate) connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // More connections than an app holds streams, so that tabs do not keep a logout token out.
        Self { header_timeout: Duration::from_secs(10), connections: 16_384 }
    }
}

/// Answers whoever connects until `stop` is cancelled, then lets what has begun come to its end. Dropped, it cuts that off.
pub(crate) async fn accept(mut listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    // Once for all, and not with each request.
    let router: Router = router.with_state(());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // Tries again by itself, as where the process may open no more files.
            (stream, peer) = Listener::accept(&mut listener), if connections.len() < limits.connections => {
                connections.spawn(answer(stream, peer, router.clone(), limits.header_timeout, stop.clone()));
            }
            Some(_) = connections.join_next() => {}
            () = stop.cancelled() => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    header_timeout: Duration,
    stop: CancellationToken,
) {
    // Small answers must not wait for more bytes; a socket that refuses works all the same.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        // The provider's limit on guessing needs to know who asks.
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // How it failed is its client's affair.
        _ = connection.as_mut() => return,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::io::Read as _;
    use std::sync::Arc;

    use axum::routing::get;
    use futures_util::{StreamExt as _, stream};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    use super::*;

    const LIMITS: Limits = Limits { header_timeout: Duration::from_millis(100), connections: 8 };

    struct Served {
        address: SocketAddr,
        /// Lets a stream go on.
        go_on: Arc<Notify>,
        stop: CancellationToken,
        task: JoinHandle<()>,
    }

    impl Served {
        async fn with(limits: Limits) -> Self {
            let go_on = Arc::new(Notify::new());
            let released = go_on.clone();
            let streamed = move || {
                let released = released.clone();
                let second = stream::once(async move {
                    released.notified().await;
                    "second"
                });
                let parts = stream::iter(["first"]).chain(second).map(Ok::<_, Infallible>);
                async move { Body::from_stream(parts) }
            };
            let peer = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { format!("you are {peer}") };
            let router = Router::new().route("/stream", get(streamed)).route("/peer", get(peer));
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
            let task = tokio::spawn(accept(listener, router, limits, stop.clone()));
            Self { address, go_on, stop, task }
        }

        async fn send(&self, text: &str) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            stream
        }

        async fn ask(&self, path: &str) -> TcpStream {
            self.send(&format!("GET {path} HTTP/1.1\r\nhost: party\r\n\r\n")).await
        }

        async fn ask_half(&self) -> TcpStream {
            self.send("GET /peer HTTP/1.1\r\nhost: par").await
        }
    }

    async fn soon<F: Future>(future: F) -> F::Output {
        tokio::time::timeout(Duration::from_secs(20), future).await.expect("in time")
    }

    async fn read_up_to(stream: &mut TcpStream, text: &str) {
        let mut read = String::new();
        while !read.contains(text) {
            let mut part = [0; 1024];
            let length = soon(stream.read(&mut part)).await.unwrap();
            assert!(length > 0, "closed after {read:?}");
            read.push_str(std::str::from_utf8(&part[..length]).unwrap());
        }
    }

    async fn read_to_the_close(stream: &mut TcpStream) -> usize {
        soon(stream.read_to_end(&mut Vec::new())).await.unwrap()
    }

    #[tokio::test]
    async fn half_a_request_is_closed_and_a_stream_stays() {
        let served = Served::with(LIMITS).await;
        let mut stream = served.ask("/stream").await;
        read_up_to(&mut stream, "first").await;
        // Both begin after the stream, so it has been open for longer than a request may take.
        for _ in 0..2 {
            assert_eq!(read_to_the_close(&mut served.ask_half().await).await, 0);
        }
        served.go_on.notify_one();
        read_up_to(&mut stream, "second").await;
    }

    #[tokio::test]
    async fn one_too_many_waits_until_another_is_closed() {
        let served = Served::with(Limits { connections: 1, ..LIMITS }).await;
        let mut first = served.ask_half().await.into_std().unwrap();
        let mut second = served.ask("/peer").await;
        read_up_to(&mut second, "you are").await;
        assert_eq!(first.read(&mut [0; 16]).expect("closed before the second was answered"), 0);
    }

    /// T-27
    #[tokio::test]
    async fn a_stop_lets_a_stream_come_to_its_end_and_closes_what_is_idle() {
        let served = Served::with(Limits { header_timeout: Duration::from_secs(3600), ..LIMITS }).await;
        let mut idle = served.ask("/peer").await;
        let myself = idle.local_addr().unwrap();
        read_up_to(&mut idle, &format!("you are {myself}")).await;
        let mut stream = served.ask("/stream").await;
        read_up_to(&mut stream, "first").await;
        served.stop.cancel();
        assert_eq!(read_to_the_close(&mut idle).await, 0);
        assert!(!served.task.is_finished());
        served.go_on.notify_one();
        read_up_to(&mut stream, "second").await;
        soon(served.task).await.unwrap();
    }
}
