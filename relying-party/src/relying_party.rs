use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, io};

use logout_event::{LogoutEvent, SessionRef};
use sqlx::SqlitePool;
use sqlx::migrate::MigrateError;
use thiserror::Error;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::hub::Hub;
use crate::ledger::sqlite::Admission;
use crate::ledger::{BindingTimes, Ended, Ledger, LedgerError, Standing, TokenId, Trust};
use crate::provider::{FetchError, Provider, ProviderMetadata, Refresh};
use crate::settings::SettingsError;
use crate::{Clock, Jwks, Observation, Observers, Settings, SubscribeError, Subscription, VerifiedLogoutToken};

/// A write to the ledger is waited for no longer than this.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often what has expired is deleted.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// How long a shutdown waits for writes that are under way.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// An app or API that obeys the sign-outs of one provider. Clones share one state.
#[derive(Clone, Debug)]
pub struct RelyingParty(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Arc<Settings>,
    clock: Clock,
    ledger: Arc<Ledger>,
    hub: Arc<Hub>,
    provider: Arc<Provider>,
    tasks: TaskTracker,
    stop: CancellationToken,
    // Dropping the last clone stops the background tasks, also without `shutdown`.
    _stop_on_drop: DropGuard,
}

/// Why a relying party cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A setting cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The data folder cannot be made.
    #[error("the data folder {path} cannot be made: choose one that this user may write to")]
    DataDir {
        /// The folder.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The tables cannot be made or brought up to date.
    #[error("the database cannot be brought up to date")]
    Migrate(#[from] MigrateError),
    /// The ledger cannot be read.
    #[error("the record of ended sessions cannot be read")]
    Store(#[from] sqlx::Error),
    /// The database does not enforce foreign keys, so an app's sessions would outlive a sign-out.
    #[error("the database does not enforce foreign keys: open it with relying_party::ledger::sqlite::open_pool")]
    ForeignKeysOff,
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Http(#[from] FetchError),
}

impl RelyingParty {
    /// Opens the ledger in this database and starts to fetch the provider's metadata and keys.
    ///
    /// The tables are made or brought up to date (they begin with `rp_`, their migrations count from 1001, so that an
    /// app's own can count from 1 in the same database; that migrator needs `set_ignore_missing(true)` as well). When
    /// this returns, the whole ledger is in memory, and keys kept from an earlier run are loaded. A provider that cannot
    /// be reached is no error: see [`is_ready`](Self::is_ready).
    ///
    /// # Errors
    /// When a setting is wrong, or the data folder or the database cannot be used.
    pub async fn open(settings: Settings, pool: SqlitePool, clock: Clock) -> Result<Self, OpenError> {
        settings.validate()?;
        fs::create_dir_all(&settings.data_dir)
            .map_err(|source| OpenError::DataDir { path: settings.data_dir.display().to_string(), source })?;
        let mut migrator = sqlx::migrate!();
        migrator.set_ignore_missing(true).run(&pool).await?;
        let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&pool).await?;
        if foreign_keys != 1 {
            return Err(OpenError::ForeignKeysOff);
        }

        let settings = Arc::new(settings);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let ledger = Arc::new(Ledger::open(settings.clone(), pool, clock.clone()).await?);
        let provider = Provider::open(&settings, clock.clone(), tasks.clone(), stop.clone())?;
        provider.keep_fresh();
        tasks.spawn(keep_pruned(ledger.clone(), stop.clone()));
        let hub = Hub::new(settings.max_streams);
        let stop_on_drop = stop.clone().drop_guard();
        Ok(Self(Arc::new(Inner { settings, clock, ledger, hub, provider, tasks, stop, _stop_on_drop: stop_on_drop })))
    }

    /// The settings that it was opened with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The time, as this relying party sees it.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Whether the provider's metadata and keys are known and the ledger can be read: what `/healthz` answers 200 for.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.metadata().is_some() && self.jwks().is_some() && self.0.ledger.is_readable()
    }

    /// Waits until the provider's metadata and keys are known, which may be for ever: set a limit.
    pub async fn until_ready(&self) {
        self.0.provider.until_known().await;
    }

    /// The provider's metadata, once they are known.
    #[must_use]
    pub fn metadata(&self) -> Option<Arc<ProviderMetadata>> {
        self.0.provider.metadata()
    }

    /// The provider's keys, once they are known.
    #[must_use]
    pub fn jwks(&self) -> Option<Arc<Jwks>> {
        self.0.provider.jwks()
    }

    /// Fetches the provider's keys once, because a token names one that is not known (OpenID Connect Core 1.0 section
    /// 10.1.1), at most ten times in 30 seconds.
    pub async fn refresh_keys(&self) -> Refresh {
        self.0.provider.refresh().await
    }

    /// Ends the sessions that this event ends: on disk, then in memory, then in the open tabs.
    ///
    /// The app's own sessions are ended by their rows in the session index: they are deleted in the transaction that
    /// records the event, and rows that refer to them go with them. An event is recorded whether or not its session is
    /// known, and recording it again changes nothing.
    ///
    /// # Errors
    /// When nothing could be recorded: the sign-out has then not happened, and whoever asked for it must be told.
    pub async fn end(&self, event: &LogoutEvent, trust: Trust) -> Result<Ended, LedgerError> {
        self.record(event.clone(), trust, None).await
    }

    /// Ends what a logout token ends, and remembers its `jti` in the same transaction. A token that was acted upon
    /// already is a success (Back-Channel Logout 1.0 sections 2.6 and 2.7).
    ///
    /// # Errors
    /// As [`end`](Self::end); and [`LedgerError::Replayed`] when the `jti` was used for another sign-out.
    pub async fn end_by_token(&self, token: &VerifiedLogoutToken) -> Result<Ended, LedgerError> {
        let id = TokenId { jti: token.jti().to_owned(), keep_until: token.acceptable_until() };
        self.record(token.event(), Trust::Verified, Some(id)).await
    }

    async fn record(&self, event: LogoutEvent, trust: Trust, token: Option<TokenId>) -> Result<Ended, LedgerError> {
        let (ledger, hub) = (self.0.ledger.clone(), self.0.hub.clone());
        let (settings, begun) = (self.0.settings.clone(), Instant::now());
        let (channel, refused) = (event.channel.as_str(), event.clone());
        let recorded = self.unabandoned(async move {
            let ended = ledger.end(&event, trust, token.as_ref()).await?;
            let (observers, took) = (&settings.observers, begun.elapsed());
            // The tabs first: nobody who only looks on may keep them waiting.
            let told = hub.publish(ended.seq, &event);
            observers.tell(|| ended.observed(&event, took));
            observers.tell(|| Observation::Pushed { event: (&event).into(), seq: ended.seq, streams: told });
            Ok((ended, told))
        });
        let (ended, told) = recorded.await.inspect_err(|error| {
            self.observers().tell(|| Observation::EndRefused { event: (&refused).into(), error });
        })?;
        tracing::info!(
            logout.channel = channel,
            logout.outcome = if ended.repeated { "repeated" } else { "recorded" },
            logout.seq = ended.seq,
            logout.sessions = ended.local_sessions.len(),
            logout.tabs = told,
            "sign-out"
        );
        Ok(ended)
    }

    /// Where a session stands. Answered from memory in less than a microsecond: call it on every request.
    ///
    /// # Errors
    /// When the ledger cannot be read: answer 503.
    pub fn check(&self, session: &SessionRef) -> Result<Standing, LedgerError> {
        self.0.ledger.check(session)
    }

    /// Puts a session into the index in a transaction of its own, unless it has ended: for apps that keep nothing of
    /// their own. Others call [`sqlite::begin_session`](crate::ledger::sqlite::begin_session) in theirs.
    ///
    /// # Errors
    /// When the store fails: answer 503.
    pub async fn begin_session(
        &self,
        session: &SessionRef,
        local_id: &str,
        expires_at: u64,
    ) -> Result<Admission, LedgerError> {
        let begin = self.0.ledger.begin_session(session, local_id, expires_at);
        tokio::time::timeout(WRITE_TIMEOUT, begin).await.map_err(|_| LedgerError::Timeout)?
    }

    /// Makes an access token that names no session one of this session: [`Guard`](crate::Guard) judges it by that one from
    /// then on. `token` is the guard's name for it.
    pub(crate) async fn bind_token(
        &self,
        token: String,
        session: SessionRef,
        local_id: String,
        times: BindingTimes,
    ) -> Result<Admission, LedgerError> {
        let ledger = self.0.ledger.clone();
        self.unabandoned(async move { ledger.bind_token(&token, &session, &local_id, &times).await }).await
    }

    /// The session of an access token that names none, if an ID token has named it.
    pub(crate) fn bound(&self, token: &str) -> Result<Option<SessionRef>, LedgerError> {
        self.0.ledger.bound(token)
    }

    /// Refuses the access token with this `jti` from now on; `exp` is its expiry. For an API's own sign-out.
    ///
    /// # Errors
    /// When it could not be recorded: the token is still good.
    pub async fn revoke_token(&self, jti: &str, exp: u64) -> Result<(), LedgerError> {
        let (ledger, jti) = (self.0.ledger.clone(), jti.to_owned());
        let observers = self.observers().clone();
        let revoke = async move {
            ledger.revoke_token(&jti, exp).await?;
            observers.tell(|| Observation::TokenRevoked { jti: &jti });
            Ok(())
        };
        self.unabandoned(revoke).await
    }

    /// Whether the access token with this `jti` was revoked here.
    ///
    /// # Errors
    /// When the ledger cannot be read: answer 503.
    pub fn is_revoked(&self, jti: &str) -> Result<bool, LedgerError> {
        self.0.ledger.is_revoked(jti)
    }

    /// A stream of this session's end, for an open tab. A session that has ended already is told so at once, also after
    /// a restart, so a tab that reconnects misses nothing.
    ///
    /// # Errors
    /// When there are too many streams, or the ledger cannot be read: answer 503.
    pub fn subscribe(&self, session: &SessionRef) -> Result<Subscription, SubscribeError> {
        let subscription = self.0.hub.subscribe(session).ok_or(SubscribeError::TooMany)?;
        // Looked up after subscribing: what is recorded from here on is pushed, what was recorded before is seen here.
        let (subscription, ended) = match self.check(session)? {
            Standing::Live => (subscription, false),
            Standing::Ended { seq, event } => (Subscription::ended(seq, event), true),
        };
        Ok(subscription.observed(self.observers(), session, ended))
    }

    /// How many verified ends are in the ledger, and how many unverified ones: of unknown sessions, and signed by nobody.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn ledger_len(&self) -> Result<(usize, usize), LedgerError> {
        self.0.ledger.len()
    }

    /// Tells the observers of something that an app with sessions of its own has done itself: a sign-in, a sign-out, or a
    /// request that it let pass or refused. What this crate does it tells by itself.
    pub fn observe<'a>(&self, observation: impl FnOnce() -> Observation<'a>) {
        self.observers().tell(observation);
    }

    pub(crate) fn observers(&self) -> &Observers {
        &self.0.settings.observers
    }

    /// How many streams are open.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.0.hub.len()
    }

    /// Deletes what has expired. This happens every minute by itself.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn prune(&self) -> Result<(), LedgerError> {
        let ledger = self.0.ledger.clone();
        self.unabandoned(async move { ledger.prune().await }).await
    }

    /// Ends all streams and background tasks, and waits, at most 3 seconds, for writes that are under way.
    pub async fn shutdown(&self) {
        self.0.hub.close();
        self.0.tasks.close();
        self.0.stop.cancel();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.0.tasks.wait()).await.is_err() {
            tracing::warn!("a write to the ledger did not finish before the shutdown");
        }
    }

    /// Runs a write in a task of its own: a caller that hangs up must not part what is on disk from what is in memory.
    async fn unabandoned<T: Send + 'static>(
        &self,
        write: impl Future<Output = Result<T, LedgerError>> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let task = self.0.tasks.spawn(self.observers().carry(write.in_current_span()));
        match tokio::time::timeout(WRITE_TIMEOUT, task).await {
            Ok(Ok(written)) => written,
            Ok(Err(_panicked)) => Err(LedgerError::Poisoned),
            Err(_elapsed) => Err(LedgerError::Timeout),
        }
    }
}

async fn keep_pruned(ledger: Arc<Ledger>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(PRUNE_EVERY) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = ledger.prune().await {
            tracing::warn!(%error, "what has expired could not be deleted; trying again in a minute");
        }
    }
}
