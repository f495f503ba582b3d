//! The three real parties, each with its own folder, on a wire and a clock that the test controls.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::SaltString;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use provider::{ProviderConfig, ProviderState};
use relying_party::Clock;
use relying_party::ledger::sqlite::open_pool;
use serde_json::Value;
use server::app_a::WebSessionStore;
use server::config::Config;
use server::{StartError, app_a, app_b, serve};
use sqlx::SqlitePool;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::model::Model;
use super::op::{App, BROWSERS, Op, Party};
use super::steps::UnderWay;
use super::streams::Streams;
use super::wire::Wire;
use crate::browser::{Browser, client};
use crate::curfew::{patient, site};

/// When a case begins, in seconds since the Unix epoch.
const NOW: u64 = 1_800_000_000;

/// The longest that a case may last by its clock, in seconds: the apps remember a sign-out for a day.
const LONGEST_CASE: u64 = 20 * 60 * 60;

/// A limit for what has to happen by itself.
const SOON: Duration = Duration::from_secs(60);

const KEY_FILE: &str = "signing-keys.json";

/// Keys take long to make, and one set is as good as another.
static KEYS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::demo_at("http://localhost:4000", "http://127.0.0.1:4001", "http://127.0.0.1:4002").unwrap();
    let open = async {
        let clock = provider::Clock::system();
        let state = ProviderState::open(config.provider.unwrap(), folder.path(), Arc::from(""), clock).await.unwrap();
        state.shutdown().await;
    };
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // In a thread of its own: the test that comes first is inside a runtime already.
    std::thread::scope(|scope| scope.spawn(|| runtime().block_on(open)).join().unwrap());
    folder
});

pub(super) struct World {
    pub(super) wire: Arc<Wire>,
    pub(super) clock: Clock,
    pub(super) client: reqwest::Client,
    pub(super) browsers: [Browser; BROWSERS],
    pub(super) model: Model,
    pub(super) under_way: Vec<UnderWay>,
    /// What the frames of the provider's pages would load.
    pub(super) frames: Vec<String>,
    pub(super) streams: Streams,
    /// How often App A was started again: what was in its hands then is lost.
    pub(super) starts_of_a: usize,
    /// App A's sessions, as a request of its own loads and saves them.
    pub(super) web_sessions: WebSessionStore,
    pub(super) provider: ProviderState,
    store_of_a: SqlitePool,
    store_of_b: SqlitePool,
    config: Config,
    app_a: Running,
    app_b: Running,
    folder: TempDir,
}

/// A party that is being served by the wire.
pub(super) struct Running {
    stop: CancellationToken,
    closed: JoinHandle<Result<(), StartError>>,
}

impl Running {
    async fn open(wire: &Wire, party: Party, opened: Result<server::Party, StartError>) -> Self {
        let opened = opened.unwrap().map_router(|router| {
            wire.connect(party, router.clone());
            router
        });
        let stop = CancellationToken::new();
        // It has no listener of its own: what is left is to close it.
        Self { stop: stop.clone(), closed: tokio::spawn(serve(opened, Vec::new(), stop)) }
    }

    async fn close(&mut self) {
        self.stop.cancel();
        soon(&mut self.closed).await.unwrap().unwrap();
    }

    pub(super) async fn closed(mut self) {
        self.close().await;
    }
}

impl World {
    pub(super) async fn new() -> Self {
        let wire = Arc::new(Wire::new().await);
        let clock = Clock::manual(NOW);
        let folder = tempfile::tempdir().unwrap();
        let config = config(&wire);
        std::fs::create_dir_all(folder.path().join("provider")).unwrap();
        std::fs::copy(KEYS.path().join(KEY_FILE), folder.path().join("provider").join(KEY_FILE)).unwrap();
        let provider = open_provider(&wire, &config, folder.path(), &clock).await;
        let app_a = open_a(&wire, &config, folder.path(), &clock).await;
        let app_b = open_b(&wire, &config, folder.path(), &clock).await;
        wire.parties.until_all_healthy().await;
        let store_of_a = open_pool(&folder.path().join("app-a/app-a.sqlite")).await.unwrap();
        let store_of_b = open_pool(&folder.path().join("app-b/app-b.sqlite")).await.unwrap();
        let client = client();
        Self {
            browsers: [(); BROWSERS].map(|()| Browser::with(client.clone())),
            model: Model::default(),
            under_way: Vec::new(),
            frames: Vec::new(),
            streams: Streams::default(),
            starts_of_a: 0,
            web_sessions: WebSessionStore::new(store_of_a.clone(), clock.clone()),
            store_of_a,
            store_of_b,
            wire,
            clock,
            client,
            provider,
            config,
            app_a,
            app_b,
            folder,
        }
    }

    /// A case: each step, and after each the rules; then what is still to happen, and the rules again.
    pub(super) async fn run(ops: &[Op]) {
        let mut world = Self::new().await;
        for op in ops {
            world.apply(*op).await;
            world.check().await;
        }
        world.settle().await;
        world.stop().await;
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// The cookie that stands for a session of App A, or of the provider.
    pub(super) fn cookie_name(&self, party: Party) -> String {
        let parties = &self.wire.parties;
        let (name, origin) = match party {
            Party::Provider => ("curfew-op", &parties.provider),
            Party::AppA => ("curfew-a", &parties.app_a),
            Party::AppB => unreachable!("App B has no cookie"),
        };
        format!("{name}-{}", origin.rsplit(':').next().unwrap())
    }

    /// Time passes, and the provider's worker does what is due then.
    pub(super) async fn advance(&mut self, seconds: u64) {
        if self.now() + seconds < NOW + LONGEST_CASE {
            self.clock.advance(seconds);
        }
        self.provider.deliver_due().await.unwrap();
    }

    pub(super) async fn sweep(&mut self) {
        self.provider.sweep().await.unwrap();
        self.model.sweep(self.now());
        self.provider.deliver_due().await.unwrap();
    }

    /// What the provider signs with.
    pub(super) fn keys_of_provider(&self) -> Value {
        let file = std::fs::read_to_string(self.folder.path().join("provider").join(KEY_FILE)).unwrap();
        serde_json::from_str(&file).unwrap()
    }

    /// Closes the party and opens it again over the same folder.
    pub(super) async fn restart(&mut self, party: Party) {
        let (wire, config, folder, clock) = (&self.wire, &self.config, self.folder.path(), &self.clock);
        match party {
            Party::Provider => {
                self.provider.shutdown().await;
                self.provider = open_provider(wire, config, folder, clock).await;
                // It begins with this by itself; here it is over before anything else happens.
                self.sweep().await;
            }
            Party::AppA => {
                self.app_a.close().await;
                self.app_a = open_a(wire, config, folder, clock).await;
                self.starts_of_a += 1;
            }
            Party::AppB => {
                self.app_b.close().await;
                self.streams.cut(&self.model, &wire.heard()).await;
                self.app_b = open_b(wire, config, folder, clock).await;
            }
        }
    }

    /// Another node of App A over the same store; from now on it answers.
    pub(super) async fn open_second_a(&self) -> Running {
        open_a(&self.wire, &self.config, self.folder.path(), &self.clock).await
    }

    /// Another node of App B, with a store of its own; from now on it answers.
    pub(super) async fn open_second_b(&self) -> Running {
        let folder = made(self.folder.path(), "second");
        let running = open_b(&self.wire, &self.config, &folder, &self.clock).await;
        self.wire.parties.until_healthy(&self.wire.parties.app_b).await;
        running
    }

    /// How many sessions with this `sid` the app has in its index.
    pub(super) async fn rows(&self, app: App, sid: &str) -> i64 {
        let pool = match app {
            App::A => &self.store_of_a,
            App::B => &self.store_of_b,
        };
        sqlx::query_scalar("SELECT count(*) FROM rp_session WHERE sid = ?").bind(sid).fetch_one(pool).await.unwrap()
    }

    pub(super) async fn stop(mut self) {
        self.app_a.close().await;
        self.app_b.close().await;
        self.provider.shutdown().await;
    }
}

/// The demo's configuration, with passwords that are hashed in no time.
fn config(wire: &Wire) -> Config {
    let parties = &wire.parties;
    let mut config = patient(Config::demo_at(&parties.provider, &parties.app_a, &parties.app_b).unwrap());
    for user in &mut config.provider.as_mut().unwrap().users {
        user.password_hash = Some(cheap_hash(&user.username).into());
        user.password = None;
    }
    config
}

/// An argon2 hash that takes no time, which no real one should.
fn cheap_hash(password: &str) -> String {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
    argon2.hash_password(password.as_bytes(), &SaltString::encode_b64(b"salt for tests").unwrap()).unwrap().to_string()
}

async fn open_provider(wire: &Wire, config: &Config, folder: &Path, clock: &Clock) -> ProviderState {
    let config: ProviderConfig = config.provider.clone().unwrap();
    let clock = clock.clone();
    let clock = provider::Clock::from_fn(move || clock.now());
    let state = ProviderState::open(config, &folder.join("provider"), Arc::from(""), clock).await.unwrap();
    wire.connect(Party::Provider, provider::router(state.clone()));
    state
}

async fn open_a(wire: &Wire, config: &Config, folder: &Path, clock: &Clock) -> Running {
    let opened = app_a::open_at(config.app_a.clone().unwrap(), &made(folder, "app-a"), clock.clone()).await;
    Running::open(wire, Party::AppA, opened).await
}

async fn open_b(wire: &Wire, config: &Config, folder: &Path, clock: &Clock) -> Running {
    let (data, site) = (made(folder, "app-b"), site(folder));
    let opened = app_b::open_at(config.app_b.clone().unwrap(), &data, &site, clock.clone()).await;
    Running::open(wire, Party::AppB, opened).await
}

fn made(folder: &Path, name: &str) -> PathBuf {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub(super) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.expect("it happens within a minute")
}
