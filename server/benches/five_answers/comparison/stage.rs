//! A provider and an API for one answer, on free ports, by a clock that stands still until it is moved.

use relying_party::{Clock, RelyingParty};
use tempfile::TempDir;

use super::provider::Provider;
use super::serve::{Server, listen};
use super::{Answer, Scale, api};

/// When everything begins, in seconds since the Unix epoch.
const START: u64 = 1_800_000_000;

pub(crate) struct Stage {
    pub(crate) answer: Answer,
    pub(crate) issuer: String,
    /// The origin of the API.
    pub(crate) api: String,
    pub(crate) clock: Clock,
    pub(crate) provider: Provider,
    /// How long before a token runs out its tab renews it, in seconds.
    pub(crate) renew_before: u64,
    server: Server,
    party: Option<RelyingParty>,
    _data: TempDir,
}

impl Stage {
    pub(crate) async fn start(answer: Answer, scale: &Scale, keys: &std::path::Path) -> Self {
        let data = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = data.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            folder
        };
        let clock = Clock::manual(START);
        let shown = clock.clone();
        let providers_clock = ::provider::Clock::from_fn(move || shown.now());
        let (provider_listener, issuer) = listen().await;
        let (api_listener, api) = listen().await;
        let folders = (&*folder("provider"), keys);
        let listener = (provider_listener, &*issuer);
        let provider = Provider::start(listener, &api, (answer, scale), folders, providers_clock).await;
        let (router, party) = api::router(answer, &issuer, &api, &folder("api"), clock.clone()).await;
        let server = Server::start(api_listener, router);
        Self { answer, issuer, api, clock, provider, renew_before: scale.renew_before, server, party, _data: data }
    }

    pub(crate) async fn stop(mut self) {
        self.provider.stop().await;
        // Ends its streams, which would hold the server up.
        if let Some(party) = self.party {
            party.shutdown().await;
        }
        self.server.stop().await;
    }
}
