//! The API of a stage: one handler, on a route without a check and on one behind the answer's.

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use relying_party::{Authenticated, Clock, Guard, RelyingParty, Settings, back_channel_logout, ledger, sse};

use super::introspection::Introspection;
use super::local_jwt::LocalJwt;
use super::one_time::OneTime;
use super::provider::CLIENT;
use super::{Answer, introspection, local_jwt, one_time};

async fn notes() -> &'static str {
    "{\"notes\":[]}"
}

fn open() -> Router {
    Router::new().route("/api/open", get(notes))
}

fn guarded() -> Router {
    Router::new().route("/api/guarded", get(notes))
}

/// The API of this answer. With Curfew's, what its background tasks belong to.
pub(crate) async fn router(
    answer: Answer,
    issuer: &str,
    api: &str,
    folder: &Path,
    clock: Clock,
) -> (Router, Option<RelyingParty>) {
    let audience = format!("{api}/api");
    let local_jwt = async || LocalJwt::new(issuer, &audience, clock.clone()).await;
    let guarded = match answer {
        Answer::LongLived | Answer::ShortLived => {
            guarded().layer(from_fn_with_state(local_jwt().await, local_jwt::layer))
        }
        Answer::Introspection => guarded().layer(from_fn_with_state(Introspection::new(issuer), introspection::layer)),
        Answer::OneTime => guarded().layer(from_fn_with_state(OneTime::new(local_jwt().await), one_time::layer)),
        Answer::Curfew => {
            let party = relying_party(issuer, folder, clock).await;
            return (open().merge(curfew(&party, audience)), Some(party));
        }
    };
    (open().merge(guarded), None)
}

async fn relying_party(issuer: &str, folder: &Path, clock: Clock) -> RelyingParty {
    let pool = ledger::sqlite::open_pool(&folder.join("api.sqlite")).await.unwrap();
    let party = RelyingParty::open(Settings::new(issuer, CLIENT, folder), pool, clock).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), party.until_ready()).await.expect("the provider's keys");
    party
}

/// As in `relying-party/examples/api.rs`.
fn curfew(party: &RelyingParty, audience: String) -> Router {
    Router::new()
        .route("/api/guarded", get(notes))
        .route("/api/events", get(events))
        .layer(Guard::new(party.clone(), audience))
        .route("/logout/back-channel", post(back_channel_logout))
        .with_state(party.clone())
}

async fn events(State(party): State<RelyingParty>, who: Authenticated) -> Response {
    sse::sign_outs(&party, &who.session)
}
