//! The parties that this process runs, each of which can be stopped and started again while the others go on.

use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::{Options, PartyKind};
use crate::config::{Config, ConfigError, provider_origin};
use crate::run::open_party;
use crate::watchers::Watchers;
use crate::{StartError, bind, serve};

/// How long a party may take to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Where the parties of a process find their files.
#[derive(Clone, Debug)]
pub struct Folders {
    /// What they keep: each has a folder of its own in it.
    pub data: PathBuf,
    /// What was built for the browser.
    pub site: PathBuf,
}

impl Folders {
    pub(crate) fn of(options: &Options) -> Self {
        Self { data: options.data_dir.clone(), site: options.site_dir.clone() }
    }
}

/// The parties of this process.
pub(crate) struct Parties {
    folders: Folders,
    watchers: Watchers,
    stop: CancellationToken,
    running: Vec<Running>,
}

/// A party and its sockets, which it keeps while it is started again, so that whoever connects meanwhile only waits.
struct Running {
    kind: PartyKind,
    sockets: Vec<std::net::TcpListener>,
    serving: Option<Serving>,
}

struct Serving {
    config: Box<Config>,
    stop: CancellationToken,
    task: JoinHandle<Result<(), StartError>>,
}

impl Parties {
    /// Binds the sockets of all parties, before any of them starts.
    ///
    /// # Errors
    /// A port in use, or an address that this machine does not have.
    pub(crate) async fn bind(
        kinds: &[PartyKind],
        config: &Config,
        folders: Folders,
        watchers: Watchers,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let mut running = Vec::with_capacity(kinds.len());
        for kind in kinds {
            running.push(Running { kind: *kind, sockets: sockets(*kind, config).await?, serving: None });
        }
        Ok(Self { folders, watchers, stop, running })
    }

    /// Starts all parties.
    ///
    /// # Errors
    /// Why one does not start.
    pub(crate) async fn start(&mut self, config: &Config) -> Result<(), StartError> {
        let Self { folders, watchers, stop, running } = self;
        for party in running {
            party.start(config, folders, watchers, stop).await?;
        }
        Ok(())
    }

    /// Stops a party, and starts it with this configuration on the same sockets.
    ///
    /// # Errors
    /// Why it does not start; it is down then, as if it had been taken down, and can be started again.
    pub(crate) async fn restart(&mut self, kind: PartyKind, config: &Config) -> Result<(), StartError> {
        let Self { folders, watchers, stop, running } = self;
        for party in running.iter_mut().filter(|party| party.kind == kind) {
            party.stop_anyhow().await;
            if party.sockets.is_empty() {
                party.sockets = sockets(kind, config).await?;
            }
            let started = party.start(config, folders, watchers, stop).await;
            if started.is_err() {
                // Whoever connects would wait for nobody.
                party.sockets.clear();
            }
            started?;
        }
        Ok(())
    }

    /// The configuration that a party serves with; none if it is down.
    pub(crate) fn serves_with(&self, kind: PartyKind) -> Option<&Config> {
        let party = self.running.iter().find(|party| party.kind == kind)?;
        party.serving.as_ref().filter(|serving| !serving.task.is_finished()).map(|serving| &*serving.config)
    }

    /// Stops a party and closes its sockets: whoever connects is refused.
    pub(crate) async fn take_down(&mut self, kind: PartyKind) {
        for party in self.running.iter_mut().filter(|party| party.kind == kind) {
            party.sockets.clear();
            party.stop_anyhow().await;
        }
    }

    /// Waits for all parties, which the token stops that they were given.
    ///
    /// # Errors
    /// How one's serving failed.
    pub(crate) async fn ended(&mut self) -> Result<(), StartError> {
        for party in &mut self.running {
            party.stop().await?;
        }
        Ok(())
    }
}

impl Running {
    async fn start(
        &mut self,
        config: &Config,
        folders: &Folders,
        watchers: &Watchers,
        stop: &CancellationToken,
    ) -> Result<(), StartError> {
        let kind = self.kind;
        let stop = stop.child_token();
        let party = open_party(kind, config, folders, watchers, &stop).await?;
        let listen = |socket: &std::net::TcpListener| TcpListener::from_std(socket.try_clone()?);
        let listeners = self.sockets.iter().map(listen).collect::<std::io::Result<Vec<_>>>();
        let listeners = listeners.map_err(|source| StartError::Serve { party: kind.name(), source })?;
        let task = tokio::spawn(serve(party, listeners, stop.clone()));
        self.serving = Some(Serving { config: Box::new(config.clone()), stop, task });
        Ok(())
    }

    /// However it ends, it is down afterwards.
    async fn stop_anyhow(&mut self) {
        if let Err(error) = self.stop().await {
            tracing::warn!(party = self.kind.name(), %error, "a party had failed before it was stopped");
        }
    }

    async fn stop(&mut self) -> Result<(), StartError> {
        let Some(Serving { stop, mut task, .. }) = self.serving.take() else { return Ok(()) };
        stop.cancel();
        match tokio::time::timeout(GRACE, &mut task).await {
            Ok(Ok(served)) => served,
            // It has panicked, which is logged where it was.
            Ok(Err(_)) => Ok(()),
            Err(_) => {
                // What has not stopped by then is cut off; everything durable is already on disk.
                task.abort();
                Ok(())
            }
        }
    }
}

async fn sockets(kind: PartyKind, config: &Config) -> Result<Vec<std::net::TcpListener>, StartError> {
    let (origin, listen) = match kind {
        PartyKind::Provider => {
            let provider = config.provider.as_ref().ok_or_else(|| missing("provider"))?;
            (provider_origin(provider)?, &provider.listen)
        }
        PartyKind::AppA => {
            let app = config.app_a.as_ref().ok_or_else(|| missing("app_a"))?;
            (app.origin.clone(), &app.listen)
        }
        PartyKind::AppB => {
            let app = config.app_b.as_ref().ok_or_else(|| missing("app_b"))?;
            (app.origin.clone(), &app.listen)
        }
    };
    let listeners = bind(kind.name(), &origin, listen).await?;
    let sockets = listeners.into_iter().map(TcpListener::into_std).collect::<std::io::Result<Vec<_>>>();
    sockets.map_err(|source| StartError::Serve { party: kind.name(), source })
}

pub(crate) fn missing(table: &'static str) -> StartError {
    StartError::Config(ConfigError::MissingTable(table))
}
