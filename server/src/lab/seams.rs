//! Where the lab touches the parties: a script in their pages, how slow App B is, and who listens to what they observe.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use tokio_util::sync::CancellationToken;

use super::report::{Listener, Names, Queue, deliver};
use super::{NAME, calls, companion};
use crate::cli::PartyKind;
use crate::config::{Config, LabConfig};
use crate::csrf::random_text;
use crate::running::missing;
use crate::{Origin, StartError};

/// What is laid around the parties' routers, and how they report.
#[derive(Clone)]
pub(crate) struct Seams {
    lab: Origin,
    names: Names,
    provider: Arc<Queue>,
    app_a: Arc<Queue>,
    app_b: Arc<Queue>,
    secret: Arc<str>,
    /// Milliseconds.
    slow_app_b: Arc<AtomicU32>,
}

impl Seams {
    /// Begins to deliver what the parties will report, until `stop`.
    ///
    /// # Errors
    /// A configuration without the two apps, or no client for HTTP.
    pub(crate) fn new(lab: &LabConfig, config: &Config, stop: &CancellationToken) -> Result<Self, StartError> {
        let names = Names::of(config).ok_or_else(|| missing("app_a"))?;
        let secret: Arc<str> = random_text::<32>().into();
        let url = lab.origin.with_path("/api/reports");
        let reporting = |kind: PartyKind| {
            let queue = Arc::new(Queue::default());
            let http = calls::client().map_err(|source| StartError::Party { party: NAME, source: Box::new(source) })?;
            let (url, secret, stop) = (url.clone(), secret.clone(), stop.clone());
            tokio::spawn(deliver(queue.clone(), kind.name(), url, secret, http, stop));
            Ok::<_, StartError>(queue)
        };
        Ok(Self {
            lab: lab.origin.clone(),
            names,
            provider: reporting(PartyKind::Provider)?,
            app_a: reporting(PartyKind::AppA)?,
            app_b: reporting(PartyKind::AppB)?,
            secret,
            slow_app_b: Arc::default(),
        })
    }

    /// What a party shows with its reports.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// How long App B takes from now on until it looks at a request to sign out, in milliseconds.
    pub(super) fn slow_app_b(&self, milliseconds: u32) {
        self.slow_app_b.store(milliseconds, Ordering::Relaxed);
    }

    fn listener(&self, kind: PartyKind) -> Arc<Listener> {
        let queue = match kind {
            PartyKind::Provider => &self.provider,
            PartyKind::AppA => &self.app_a,
            PartyKind::AppB => &self.app_b,
        };
        Arc::new(Listener { kind, names: self.names.clone(), queue: queue.clone() })
    }

    /// Lays the lab's script around a party's pages, until the party stops.
    pub(crate) fn around(&self, kind: PartyKind, router: Router, stop: &CancellationToken) -> Router {
        let router = if kind == PartyKind::AppB { slow(router, &self.slow_app_b, stop) } else { router };
        companion::around(router, &self.lab)
    }

    /// Reports what the provider does.
    pub(crate) fn of_provider(&self) -> Arc<dyn provider::Observer> {
        self.listener(PartyKind::Provider)
    }

    /// Reports what an app does.
    pub(crate) fn of_app(&self, kind: PartyKind) -> Arc<dyn relying_party::Observer> {
        self.listener(kind)
    }
}

/// Lets requests to sign out wait for so many milliseconds, and no longer once the party stops: it waits for them.
fn slow(router: Router, milliseconds: &Arc<AtomicU32>, stop: &CancellationToken) -> Router {
    let (milliseconds, stop) = (milliseconds.clone(), stop.clone());
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let slow = Duration::from_millis(milliseconds.load(Ordering::Relaxed).into());
        let stop = stop.clone();
        async move {
            if !slow.is_zero() && request.uri().path().starts_with("/logout/") {
                tokio::select! {
                    () = tokio::time::sleep(slow) => {}
                    () = stop.cancelled() => {}
                }
            }
            next.run(request).await
        }
    }))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    /// A party that stops waits for its requests, but not for ever: slowness must not decide whether they are answered.
    #[tokio::test]
    async fn a_party_that_stops_is_slow_no_more() {
        const AN_HOUR: u32 = 60 * 60 * 1_000;
        let router = Router::new().route("/logout/back-channel", post(|| async { StatusCode::IM_A_TEAPOT }));
        let stop = CancellationToken::new();
        let slowed = slow(router, &Arc::new(AtomicU32::new(AN_HOUR)), &stop);
        let request = Request::post("/logout/back-channel").body(Body::empty()).unwrap();
        let mut answer = std::pin::pin!(slowed.oneshot(request));
        assert!(futures_util::poll!(&mut answer).is_pending());
        stop.cancel();
        let answer = tokio::time::timeout(Duration::from_secs(60), answer).await.expect("answered at once");
        assert_eq!(answer.unwrap().status(), StatusCode::IM_A_TEAPOT);
    }
}
