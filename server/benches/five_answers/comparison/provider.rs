//! The provider, with its real router and store, and a count of what it is asked.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::Request;
use axum::middleware::{self, Next};
use provider::{Clock, ProviderConfig, ProviderState, router};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::serve::Server;
use super::{Answer, Scale};

pub(crate) const CLIENT: &str = "app-b";
pub(crate) const API_SECRET: &str = "the-api-s-secret-at-the-provider";
const KEYS: &str = "signing-keys.json";

pub(crate) struct Provider {
    state: ProviderState,
    /// `None`: down.
    server: Option<Server>,
    requests: Arc<AtomicUsize>,
}

fn config(issuer: &str, clients: Vec<Value>) -> ProviderConfig {
    let users = ["alice", "bob"].map(|user| json!({ "username": user, "password": user, "name": user }));
    let config = json!({ "issuer": issuer, "clients": clients, "users": users });
    serde_json::from_value(config).unwrap()
}

/// A folder with signing keys: RSA keys take long to make, and each stage may have the same.
pub(crate) async fn make_keys() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = config("http://127.0.0.1:1", vec![]);
    ProviderState::open(config, folder.path(), "".into(), Clock::system()).await.unwrap().shutdown().await;
    folder
}

impl Provider {
    /// `api` is the origin of the only client and of its API.
    pub(crate) async fn start(
        (listener, issuer): (TcpListener, &str),
        api: &str,
        (answer, scale): (Answer, &Scale),
        (folder, keys): (&Path, &Path),
        clock: Clock,
    ) -> Self {
        let mut client = json!({
            "client_id": CLIENT, "name": "App B", "redirect_uris": [format!("{api}/callback")],
            "post_logout_redirect_uris": [format!("{api}/")], "audience": format!("{api}/api"),
            // The faster one to make, which is kind to whoever needs many tokens.
            "id_token_signed_response_alg": "ES256",
        });
        if answer.renews() {
            client["grant_types"] = json!(["authorization_code", "refresh_token"]);
        }
        if answer == Answer::Curfew {
            client["backchannel_logout_uri"] = json!(format!("{api}/logout/back-channel"));
        }
        let mut config = config(issuer, vec![client]);
        config.access_token_lifetime = answer.lifetime(scale);
        let resource_server = json!({ "id": "api", "secret": API_SECRET, "audience": format!("{api}/api") });
        config.resource_servers = vec![serde_json::from_value(resource_server).unwrap()];

        std::fs::copy(keys.join(KEYS), folder.join(KEYS)).unwrap();
        let state = ProviderState::open(config, folder, "".into(), clock).await.unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let count = middleware::from_fn(move |request: Request, next: Next| {
            counted.fetch_add(1, Ordering::SeqCst);
            next.run(request)
        });
        let server = Server::start(listener, router(state.clone()).layer(count));
        Self { state, server: Some(server), requests }
    }

    /// How many requests it has answered.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Takes it down; again does nothing.
    pub(crate) async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
            self.state.shutdown().await;
        }
    }
}
