//! An API that obeys sign-outs, of any OpenID Provider. Run with
//!
//! ```text
//! ISSUER=http://localhost:4000 cargo run -p relying-party --example api
//! ```
//!
//! and register `http://127.0.0.1:4002/logout/back-channel` there as the `backchannel_logout_uri` of `app-b`.

use std::path::Path;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use relying_party::{Authenticated, Clock, Guard, RelyingParty, Settings, back_channel_endpoint, ledger, sse};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let issuer = std::env::var("ISSUER").unwrap_or("http://localhost:4000".into());
    let settings = Settings::new(issuer, "app-b", "data");
    std::fs::create_dir_all("data")?;
    let pool = ledger::sqlite::open_pool(Path::new("data/api.sqlite")).await?;
    let party = RelyingParty::open(settings, pool, Clock::system()).await?;

    let api = Router::new()
        .route("/api/hello", get(async |who: Authenticated| format!("Hello {}", who.session.sub)))
        .route("/api/events", get(events))
        .layer(Guard::new(party.clone(), "http://127.0.0.1:4002/api"))
        .route("/logout/back-channel", back_channel_endpoint())
        .with_state(party.clone());

    let listener = tokio::net::TcpListener::bind("127.0.0.1:4002").await?;
    let stopped = async move {
        // Streams end with the relying party, so that nothing holds up the shutdown.
        let _ = tokio::signal::ctrl_c().await;
        party.shutdown().await;
    };
    Ok(axum::serve(listener, api).with_graceful_shutdown(stopped).await?)
}

async fn events(State(party): State<RelyingParty>, who: Authenticated) -> Response {
    sse::sign_outs(&party, &who.session)
}
