//! From the command line to running parties, and down again.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use relying_party::Clock;
use tokio::signal;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::{PartyKind, Role};
use crate::config::{Config, told_by};
use crate::party::Inside;
use crate::running::{Folders, Parties, missing};
use crate::watchers::Watchers;
use crate::{Origin, Party, StartError, Traces, app_a, app_b, assets, bind, bind_addresses, lab, operator, serve};

/// How long parties may take to stop.
const GRACE: Duration = Duration::from_secs(5);

/// How long what blocks a thread is waited for, when all else has ended.
const LAST_WAIT: Duration = Duration::from_millis(200);

/// Runs this to its end. What blocks a thread then is left behind: to look up a name that no server answers takes half a
/// minute, for which a runtime that is dropped would wait.
///
/// # Errors
/// The system has no threads for it.
pub fn block_on<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_WAIT);
    Ok(done)
}

/// Runs the parties of a role until a signal comes.
///
/// # Errors
/// Why it does not start, or that a listener failed.
pub async fn run(role: Role) -> Result<(), StartError> {
    let options = role.options();
    if let Role::Provider { command: Some(command), .. } = &role {
        start_logging("warn");
        if options.check {
            return Err(StartError::CheckOfCommand);
        }
        return operator::run(command, options).await;
    }
    start_logging("info");
    let kinds = role.parties();
    let mut config = Config::load(options, kinds)?;
    match &role {
        Role::Demo { without, without_lab, .. } => {
            config.switch_off(without);
            config.lab = config.lab.filter(|_| !without_lab);
        }
        // The lab is the demo's.
        _ => config.lab = None,
    }
    if options.check {
        return check(&config, kinds).await;
    }

    // The signals are listened for from here on: one that comes while the parties open stops them as well.
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;

    let demo = start(kinds, &config, Folders::of(options), stop.clone()).await?;
    greet(&config, kinds, options.config.is_none());
    stop.cancelled().await;
    demo.ended().await
}

/// Parties that run, and what is served beside them: the lab, the metrics.
pub struct Started {
    parties: Arc<Mutex<Parties>>,
    beside: Vec<JoinHandle<Result<(), StartError>>>,
    traces: Option<Traces>,
}

/// Binds every socket, then starts the parties and, with their tables, the lab and the metrics; `stop` stops them.
///
/// # Errors
/// Why something does not start.
pub async fn start(
    kinds: &[PartyKind],
    config: &Config,
    folders: Folders,
    stop: CancellationToken,
) -> Result<Started, StartError> {
    let lab_listeners = match &config.lab {
        Some(lab) => bind(lab::NAME, &lab.origin, &lab.listen).await?,
        None => Vec::new(),
    };
    let metrics_listeners = match &config.metrics {
        Some(metrics) => bind_addresses("metrics", &metrics.listen).await?,
        None => Vec::new(),
    };
    let watchers = Watchers::new(kinds, config, &stop)?;
    let mut parties = Parties::bind(kinds, config, folders.clone(), watchers.clone(), stop.clone()).await?;
    parties.start(config).await?;
    let parties = Arc::new(Mutex::new(parties));
    let mut beside = Vec::new();
    if let Some(seams) = watchers.lab {
        let lab = lab::open(config.clone(), seams, parties.clone(), &folders, stop.clone())?;
        beside.push(tokio::spawn(serve(lab, lab_listeners, stop.clone())));
    }
    if let Some(metrics) = watchers.metrics {
        let party = Party::beside("metrics", metrics.router());
        beside.push(tokio::spawn(serve(party, metrics_listeners, stop)));
    }
    Ok(Started { parties, beside, traces: watchers.traces })
}

impl Started {
    /// Waits for all of them, at most as long as parties may take to stop.
    ///
    /// # Errors
    /// How serving failed.
    pub async fn ended(self) -> Result<(), StartError> {
        let begun = Instant::now();
        let stopped = tokio::time::timeout(GRACE, async {
            // First the lab, which could start parties again.
            for served in self.beside {
                served.await.unwrap_or(Ok(()))?;
            }
            self.parties.lock().await.ended().await
        });
        // What has not stopped by then is cut off; everything durable is already on disk.
        let stopped = stopped.await.unwrap_or(Ok(()));
        if let Some(traces) = self.traces {
            traces.shutdown(GRACE.saturating_sub(begun.elapsed())).await;
        }
        stopped
    }
}

pub(crate) async fn open_party(
    kind: PartyKind,
    config: &Config,
    folders: &Folders,
    watchers: &Watchers,
    stop: &CancellationToken,
) -> Result<Party, StartError> {
    let data = folders.data.join(kind.name());
    make_private_folder(kind.name(), &data)?;
    let party = match kind {
        PartyKind::Provider => {
            let config = config.provider.clone().ok_or_else(|| missing("provider"))?;
            let observers = watchers.of_provider(&config);
            open_provider_observed(config, &data, observers).await?
        }
        PartyKind::AppA => {
            let config = config.app_a.clone().ok_or_else(|| missing("app_a"))?;
            app_a::open_observed(config, &data, Clock::system(), watchers.of_app(kind)).await?
        }
        PartyKind::AppB => {
            let config = config.app_b.clone().ok_or_else(|| missing("app_b"))?;
            let observers = watchers.of_app(kind);
            app_b::open_observed(config, &data, &folders.site, Clock::system(), observers).await?
        }
    };
    watchers.opened(&party);
    Ok(party.map_router(|router| watchers.around(kind, router, stop)))
}

/// Opens the embedded provider.
///
/// # Errors
/// A data folder or a configuration that cannot be used.
pub async fn open_provider(config: provider::ProviderConfig, data: &Path) -> Result<Party, StartError> {
    open_provider_observed(config, data, provider::Observers::default()).await
}

/// [`open_provider`], with somebody who is told of what it does.
///
/// # Errors
/// As [`open_provider`].
pub async fn open_provider_observed(
    config: provider::ProviderConfig,
    data: &Path,
    observers: provider::Observers,
) -> Result<Party, StartError> {
    let (stylesheet, clock) = (Arc::from(assets::STYLESHEET), provider::Clock::system());
    let state = provider::ProviderState::open_observed(config, data, stylesheet, clock, observers)
        .await
        .map_err(|source| StartError::Party { party: "provider", source: Box::new(source) })?;
    let router = provider::router(state.clone());
    let inside = Inside::Provider(state.clone());
    Ok(Party::new("provider", inside, router, async move { state.shutdown().await }))
}

pub(crate) fn make_private_folder(party: &'static str, path: &Path) -> Result<(), StartError> {
    let refused = |source| StartError::DataDir { party, path: path.to_owned(), source };
    std::fs::create_dir_all(path).map_err(refused)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(refused)?;
    }
    // A folder that exists but cannot be written is found out now, not at the first sign-out.
    let probe = path.join(".writable");
    std::fs::write(&probe, b"").map_err(refused)?;
    std::fs::remove_file(&probe).map_err(refused)
}

/// `--check`: the configuration is valid; is the issuer there, where this process does not run it itself?
async fn check(config: &Config, kinds: &[PartyKind]) -> Result<(), StartError> {
    let own = kinds.contains(&PartyKind::Provider).then(|| config.provider.as_ref().map(|own| own.issuer.as_str()));
    let mut said = String::new();
    for kind in kinds {
        let app = match kind {
            PartyKind::Provider => continue,
            PartyKind::AppA => config.app_a.as_ref().map(|app| (app.issuer.as_str(), &app.logout_channels)),
            PartyKind::AppB => config.app_b.as_ref().map(|app| (app.issuer.as_str(), &app.logout_channels)),
        };
        let Some((issuer, served)) = app else { continue };
        if own.flatten() == Some(issuer) {
            continue;
        }
        let metadata = relying_party::provider::discover(issuer).await.map_err(|error| StartError::Issuer {
            party: kind.name(),
            issuer: issuer.to_owned(),
            reason: error.with_causes(),
        })?;
        said.push_str(&format!("{}.\n", told_by(kind.name(), served, &metadata.raw)));
    }
    said.push_str("The configuration is valid.\n");
    say(&said);
    Ok(())
}

/// Cancels `stop` on SIGINT and SIGTERM (on other systems: Ctrl-C).
fn stop_on_signal(stop: CancellationToken) -> Result<(), StartError> {
    #[cfg(unix)]
    {
        use signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signals)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signals)?;
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            stop.cancel();
        });
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        if signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    Ok(())
}

fn start_logging(default: &str) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    // A second start in the same process (a test) keeps the first one's subscriber.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
}

/// Says where the parties are; what to try is the built-in configuration's, with its users.
fn greet(config: &Config, kinds: &[PartyKind], built_in: bool) {
    let provider = config.provider.as_ref().filter(|_| kinds.contains(&PartyKind::Provider));
    let app_a = config.app_a.as_ref().filter(|_| kinds.contains(&PartyKind::AppA));
    let app_b = config.app_b.as_ref().filter(|_| kinds.contains(&PartyKind::AppB));
    let mut text = String::from("\n");
    let mut line = |name: &str, address: &dyn std::fmt::Display| text.push_str(&format!("  {name:<10} {address}\n"));
    provider.iter().for_each(|provider| line("provider", &provider.issuer));
    app_a.iter().for_each(|app| line("App A", &app.origin));
    app_b.iter().for_each(|app| line("App B", &app.origin));
    config.lab.iter().for_each(|lab| line("the lab", &lab.origin));
    let metrics = config.metrics.iter().flat_map(|metrics| &metrics.listen);
    metrics.for_each(|address| line("metrics", &format!("http://{address}/metrics")));
    config.traces.iter().for_each(|traces| line("traces to", &traces.endpoint));
    if let (true, Some(_), Some(app_a), Some(app_b)) = (built_in, provider, app_a, app_b) {
        text.push_str(&what_to_try(&app_a.origin, &app_b.origin));
    }
    say(&text);
}

fn what_to_try(app_a: &Origin, app_b: &Origin) -> String {
    format!(
        "\n  Users      alice / alice, bob / bob\n\
         \n  Try this\n    1. Open {app_a} and sign in as alice.\n    2. Open {app_b} in another tab: signed in, no click. \
         Copy its access token.\n    3. Sign out at App A and watch App B's tab lock without being touched.\n    4. The \
         copied token is refused:\n       curl -i {app_b}/api/notes -H \"Authorization: Bearer $TOKEN\"\n\
         \n  Ctrl-C stops it.\n\n"
    )
}

/// Writes to standard output; a closed one is no reason to stop.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// As a look-up that hangs does.
    #[test]
    fn a_thread_that_blocks_for_ever_keeps_no_process_alive() {
        let (release, released) = mpsc::channel::<()>();
        let (done, is_done) = mpsc::channel();
        std::thread::spawn(move || {
            let ended = block_on(async {
                let (begun, has_begun) = tokio::sync::oneshot::channel();
                tokio::task::spawn_blocking(move || {
                    let _ = begun.send(());
                    let _ = released.recv();
                });
                has_begun.await
            });
            let _ = done.send(ended.is_ok_and(|begun| begun.is_ok()));
        });
        // A limit, for the day on which it hangs.
        assert_eq!(is_done.recv_timeout(Duration::from_secs(60)), Ok(true));
        drop(release);
    }
}
