use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use dpop::{ProofError, Proofs};
use sqlx::SqliteConnection;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use url::Url;

use crate::clock::Clock;
use crate::config::{ConfigError, ProviderConfig, Registry, User};
use crate::end_session::{self, BackChannel};
use crate::error::InternalError;
use crate::http::Cookies;
use crate::keys::{self, KeySet};
use crate::login::{Passwords, Throttle, forget_reconfigured};
use crate::observation::{Observation, Observers};
use crate::operator::OperatorError;
use crate::outbound::{self, CertificatesError, Fetcher};
use crate::store::outbox::{self, OutboxStatus};
use crate::store::session::{self, Session};
use crate::store::{Store, user};
use crate::{janitor, noted_issuer, offline_access, registration, secret};

/// How long [`ProviderState::shutdown`] waits for logout tokens that are on their way.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(3);

/// The provider: its configuration, keys, store and background tasks. Cheap to clone.
#[derive(Clone)]
pub struct ProviderState(pub(crate) Arc<Provider>);

/// What the endpoints work with.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    pub(crate) registry: Registry,
    pub(crate) channels: Channels,
    pub(crate) stylesheet: Arc<str>,
    pub(crate) clock: Clock,
    pub(crate) keys: KeySet,
    pub(crate) store: Store,
    pub(crate) cookies: Cookies,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
    pub(crate) registrations: registration::Throttle,
    pub(crate) fetcher: Arc<Fetcher>,
    proofs: Proofs,
    pub(crate) back_channel: BackChannel,
    pub(crate) observers: Observers,
    /// What must not be cut off when its request is, or when the process stops.
    pub(crate) tasks: TaskTracker,
    stopping: CancellationToken,
}

/// The channels by which apps are told of a sign-out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channels {
    pub(crate) front: bool,
    pub(crate) back: bool,
}

/// Why the provider cannot start.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct OpenError(#[from] OpenErrorKind);

#[derive(Debug, thiserror::Error)]
enum OpenErrorKind {
    #[error("configuration of the provider: {0}")]
    Config(#[from] ConfigError),
    #[error("cannot make the folder {}: {source}", path.display())]
    DataDir { path: PathBuf, source: std::io::Error },
    #[error("signing keys: {0}")]
    Keys(#[from] keys::KeyFileError),
    #[error("signing keys: {0}")]
    RefreshKeys(#[from] keys::watch::RefreshError),
    #[error("database: {0}")]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Issuer(#[from] noted_issuer::IssuerError),
    #[error("cannot set up outgoing connections: {0}")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Certificates(#[from] CertificatesError),
    #[error("proofs of possession: {0}")]
    Proofs(#[from] dpop::RandomError),
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// What a provider is given beside its configuration and its data.
struct Surroundings {
    stylesheet: Arc<str>,
    clock: Clock,
    observers: Observers,
}

/// [`KeySet::open`], or what makes no keys.
type OpenKeys = fn(&Path, i64, i64) -> Result<KeySet, keys::KeyFileError>;

impl ProviderState {
    /// Opens the provider, and makes what is not there yet: the folder, the database, the signing keys.
    ///
    /// # Errors
    /// The configuration is not valid, or the folder, the database or the keys cannot be used; the message says what to do.
    pub async fn open(
        config: ProviderConfig,
        data_dir: &Path,
        stylesheet: Arc<str>,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        Self::open_observed(config, data_dir, stylesheet, clock, Observers::default()).await
    }

    /// [`open`](Self::open), with somebody who is told of what happens.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_observed(
        config: ProviderConfig,
        data_dir: &Path,
        stylesheet: Arc<str>,
        clock: Clock,
        observers: Observers,
    ) -> Result<Self, OpenError> {
        Self::open_inner(config, data_dir, stylesheet, clock, observers).await.map_err(OpenError)
    }

    async fn open_inner(
        config: ProviderConfig,
        data_dir: &Path,
        stylesheet: Arc<str>,
        clock: Clock,
        observers: Observers,
    ) -> Result<Self, OpenErrorKind> {
        let registry = Registry::new(&config)?;
        std::fs::create_dir_all(data_dir)
            .map_err(|source| OpenErrorKind::DataDir { path: data_dir.to_owned(), source })?;
        let store = Store::open(data_dir).await?;
        let surroundings = Surroundings { stylesheet, clock, observers };
        let provider = Provider::new(config, registry, data_dir, KeySet::open, store, surroundings).await?;
        noted_issuer::note(data_dir, &provider.issuer)?;
        offline_access::withdraw_unconfigured(&provider).await?;
        forget_reconfigured(&provider).await?;
        provider.tasks.spawn(janitor::run(Arc::clone(&provider)));
        provider.tasks.spawn(keys::watch::run(Arc::clone(&provider)));
        provider.tasks.spawn(end_session::worker::run(Arc::clone(&provider)));
        // Ready before the first sign-in, without delaying the start.
        let hashing = Arc::clone(&provider);
        provider.tasks.spawn(async move {
            if let Err(error) = hashing.passwords.prepare().await {
                error.report();
            }
        });
        Ok(Self(provider))
    }

    /// What the apps are still owed.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn outbox(&self) -> Result<OutboxStatus, OperatorError> {
        Ok(outbox::status(&mut *self.0.store.read().await?).await?)
    }

    /// Stops the background tasks, waits a little for logout tokens that are on their way, and closes the database.
    pub async fn shutdown(&self) {
        let provider = &self.0;
        provider.stopping.cancel();
        provider.tasks.close();
        if tokio::time::timeout(SHUTDOWN_PATIENCE, provider.tasks.wait()).await.is_err() {
            tracing::warn!("stopped before every logout token was delivered; they stay in the outbox");
        }
        provider.store.close().await;
    }
}

/// For tests that move the clock: what the background tasks do by themselves.
#[doc(hidden)]
impl ProviderState {
    /// Sends the logout tokens that are due, and waits until each attempt is recorded.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn deliver_due(&self) -> Result<(), OpenError> {
        end_session::worker::deliver_due_and_wait(&self.0).await.map_err(|error| OpenError(error.into()))
    }

    /// Begins to send the logout tokens that are due.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn begin_due(&self) -> Result<(), OpenError> {
        end_session::worker::begin_due(&self.0).await.map_err(|error| OpenError(error.into()))
    }

    /// Ends the sessions that have expired, and removes what can no longer play a part.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn sweep(&self) -> Result<(), OpenError> {
        janitor::sweep(&self.0).await.map_err(|error| OpenError(error.into()))
    }

    /// Notices new signing keys, and lets those sign whose time has come.
    ///
    /// # Errors
    /// The keys cannot be read.
    pub async fn refresh_keys(&self) -> Result<(), OpenError> {
        keys::watch::refresh(&self.0).await.map_err(|error| OpenError(error.into()))
    }
}

impl fmt::Debug for ProviderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderState").field("issuer", &self.0.issuer).finish_non_exhaustive()
    }
}

impl Provider {
    /// Opens the data of a provider that may be running, for an operator: without background tasks, and without what a start
    /// changes.
    pub(crate) async fn open_beside(
        config: ProviderConfig,
        data_dir: &Path,
        clock: Clock,
    ) -> Result<Arc<Self>, OpenError> {
        let open = async || {
            let registry = Registry::new(&config)?;
            let store = Store::open_existing(data_dir).await?;
            noted_issuer::check(data_dir, &config.issuer)?;
            let surroundings = Surroundings { stylesheet: Arc::from(""), clock, observers: Observers::default() };
            Self::new(config, registry, data_dir, KeySet::open_existing, store, surroundings).await
        };
        open().await.map_err(OpenError)
    }

    async fn new(
        config: ProviderConfig,
        registry: Registry,
        data_dir: &Path,
        open_keys: OpenKeys,
        store: Store,
        Surroundings { stylesheet, clock, observers }: Surroundings,
    ) -> Result<Arc<Self>, OpenErrorKind> {
        let issuer = Url::parse(&config.issuer).map_err(|_| ConfigError::Issuer { issuer: config.issuer.clone() })?;
        let (key_dir, kept, now) = (data_dir.to_owned(), registry.keys_kept(), clock.now());
        let open_keys = move || open_keys(&key_dir, kept, now);
        let keys = tokio::task::spawn_blocking(open_keys).await.map_err(InternalError::from)??;
        let certificates = outbound::certificates(config.trusted_certificates_file.as_deref())?;
        let users = registry.users().cloned().collect();
        let provider = Arc::new(Self {
            cookies: Cookies::new(&issuer, config.cookie_same_site),
            back_channel: BackChannel::new(&registry, &certificates)?,
            fetcher: Arc::new(Fetcher::new(registry.guard(), &certificates)?),
            observers,
            channels: Channels { front: config.front_channel, back: config.back_channel },
            issuer: config.issuer,
            registry,
            stylesheet,
            clock,
            keys,
            store,
            passwords: Passwords::new(users),
            throttle: Throttle::default(),
            registrations: registration::Throttle::default(),
            proofs: Proofs::new()?,
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        });
        registration::load(&provider).await?;
        Ok(provider)
    }

    /// Tells the observers. Never before it is true: what a transaction does is told of after the commit.
    pub(crate) fn observe<'a>(&self, observation: impl FnOnce() -> Observation<'a>) {
        self.observers.tell(observation);
    }

    /// Does the work of a request in a task of its own, so that it is not cut off when the request is.
    pub(crate) fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.tasks.spawn(self.observers.carry(work.in_current_span()))
    }

    /// The same for what nobody is owed: it is cut off when the provider stops.
    pub(crate) fn spawn_until_stop(&self, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let stopping = self.stopping.clone();
        self.tasks.spawn(async move { _ = stopping.run_until_cancelled(work).await })
    }

    /// The URL of an endpoint.
    pub(crate) fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The thumbprint of the key that this request proves, if it proves one.
    pub(crate) fn check_proof(
        &self,
        headers: &HeaderMap,
        method: &str,
        path: &str,
        access_token: Option<&str>,
    ) -> Result<Option<String>, ProofError> {
        self.proofs.check(headers, method, &self.endpoint(path), access_token, self.clock.now().unsigned_abs())
    }

    /// With the nonce for the next proof, if the request came with one (RFC 9449 section 8.2).
    pub(crate) fn with_nonce(&self, headers: &HeaderMap, response: Response) -> Response {
        if !dpop::has_proof(headers) {
            return response;
        }
        ([self.proofs.nonce(self.clock.now().unsigned_abs())], response).into_response()
    }

    /// Resolves when the provider is about to stop.
    pub(crate) async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// The session of the browser that sent this request, unless it was ended. It may have expired.
    pub(crate) async fn session(
        &self,
        conn: &mut SqliteConnection,
        headers: &HeaderMap,
    ) -> Result<Option<Session>, sqlx::Error> {
        match self.cookies.session(headers) {
            Some(cookie) => session::by_cookie(conn, cookie.hash()).await,
            None => Ok(None),
        }
    }

    /// The `sub` of a configured user; made when they sign in for the first time.
    pub(crate) async fn sub(&self, conn: &mut SqliteConnection, username: &str) -> Result<String, InternalError> {
        Ok(user::ensure(conn, username, &secret::random_id()?).await?)
    }

    /// The configured user with this `sub`.
    pub(crate) async fn user_of(
        &self,
        conn: &mut SqliteConnection,
        sub: &str,
    ) -> Result<Option<Arc<User>>, sqlx::Error> {
        let username = user::username(conn, sub).await?;
        Ok(username.and_then(|username| self.registry.user(&username).cloned()))
    }
}
