//! The parties as processes of their own, started, killed and started again.

mod app_down;
mod eventually;
mod gate;
mod kill;
mod lock;
mod logs;
mod matrix;
mod operator;
mod proxies;
mod restart;
mod rotation;
mod soak;
mod stage;

use std::fs::{self, File};
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use server::cli::PartyKind;
use server::config::Switch;

use crate::cli::{port_base, server};
use crate::curfew::{GRACE, Parties, site};
use eventually::eventually;
use gate::Gate;

/// The demo's configuration, for a test that changes more of it than the environment can.
const DEMO: &str = include_str!("../../../src/config/demo.toml");

/// Variables and their values.
type Environment = Vec<(&'static str, String)>;

/// `server provider`, `server app-a` and `server app-b`.
pub(crate) struct Processes {
    parties: Parties,
    arguments: Vec<String>,
    environment: Environment,
    running: Vec<(PartyKind, Child)>,
    data: tempfile::TempDir,
}

impl Deref for Processes {
    type Target = Parties;

    fn deref(&self) -> &Parties {
        &self.parties
    }
}

impl Processes {
    /// With the built-in configuration, as the demo has it.
    pub(crate) async fn start() -> Self {
        Self::start_without(&[]).await
    }

    /// The same with channels switched off, which three processes are told by the environment.
    pub(crate) async fn start_without(switches: &[Switch]) -> Self {
        let off = switches.iter().flat_map(keys).map(|key| (*key, "false".to_owned()));
        Self::start_in(off.collect()).await
    }

    /// The same in this environment.
    async fn start_in(mut environment: Environment) -> Self {
        environment.extend(patient());
        environment.push(app_timeout(10_000));
        let port_base = port_base();
        let arguments = vec!["--port-base".to_owned(), port_base.to_string()];
        Self::open(at(port_base), tempfile::tempdir().unwrap(), arguments, environment).await
    }

    /// With a gate between the provider and the back-channel of App A, and another one for App B. Access tokens last an
    /// hour, so that what refuses them is never their age. An app has so many milliseconds to answer a logout token.
    async fn start_with_gates(app_timeout_ms: u32) -> (Self, [Gate; 2]) {
        let parties = at(port_base());
        let gates = [Gate::before(&parties.app_a).await, Gate::before(&parties.app_b).await];
        let data = tempfile::tempdir().unwrap();
        let config = DEMO
            .replace("{app-a}/logout/back-channel", &gates[0].url())
            .replace("{app-b}/logout/back-channel", &gates[1].url())
            .replace("{provider}", &parties.provider)
            .replace("{app-a}", &parties.app_a)
            .replace("{app-b}", &parties.app_b)
            .replace("{and-refresh-token}", r#", "refresh_token""#);
        fs::write(data.path().join("curfew.toml"), config).unwrap();
        let arguments = vec!["--config".to_owned(), "curfew.toml".to_owned()];
        let mut environment = vec![("CURFEW_PROVIDER__ACCESS_TOKEN_LIFETIME", "3600".to_owned())];
        environment.extend(patient());
        environment.push(app_timeout(app_timeout_ms));
        (Self::open(parties, data, arguments, environment).await, gates)
    }

    async fn open(parties: Parties, data: tempfile::TempDir, arguments: Vec<String>, environment: Environment) -> Self {
        site(data.path());
        let mut processes = Self { parties, arguments, environment, running: Vec::new(), data };
        // The apps before their provider: they start without it and wait.
        for party in [PartyKind::AppA, PartyKind::AppB, PartyKind::Provider] {
            processes.spawn(party);
        }
        processes.until_all_healthy().await;
        processes
    }

    fn spawn(&mut self, party: PartyKind) {
        let log = File::options().append(true).create(true).open(self.log(party)).unwrap();
        let child = server(self.data.path())
            .arg(party.name())
            .args(&self.arguments)
            .args(["--site-dir", "site"])
            // The arrival of each request is logged as well.
            .env("RUST_LOG", "info,tower_http=debug")
            .envs(self.environment.iter().cloned())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.running.push((party, child));
    }

    /// Kills without a warning, as `kill -9` does.
    fn kill(&mut self, party: PartyKind) {
        let mut child = self.take(party);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    async fn restart(&mut self, party: PartyKind) {
        self.spawn(party);
        self.until_healthy(self.origin(party)).await;
    }

    /// Stops as a signal would; every party must come to its end by itself.
    pub(crate) async fn stop(mut self) {
        for (party, mut child) in std::mem::take(&mut self.running) {
            let id = child.id().to_string();
            assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
            let status = tokio::task::spawn_blocking(move || wait(&mut child)).await.unwrap();
            assert!(status.is_some_and(|status| status.success()), "{} ended by {status:?}", party.name());
        }
    }

    fn is_running(&self, party: PartyKind) -> bool {
        self.running.iter().any(|(running, _)| *running == party)
    }

    fn take(&mut self, party: PartyKind) -> Child {
        let at = self.running.iter().position(|(running, _)| *running == party).unwrap();
        self.running.swap_remove(at).1
    }

    fn origin(&self, party: PartyKind) -> &str {
        match party {
            PartyKind::Provider => &self.parties.provider,
            PartyKind::AppA => &self.parties.app_a,
            PartyKind::AppB => &self.parties.app_b,
        }
    }

    /// The folder in which a party keeps its data.
    fn folder(&self, party: PartyKind) -> PathBuf {
        self.data.path().join("curfew-data").join(party.name())
    }

    /// How many requests for this route the party has received, in all its lives.
    fn received(&self, party: PartyKind, route: &str) -> usize {
        let log = fs::read_to_string(self.log(party)).unwrap();
        let route = format!("\"{route}\"");
        log.lines().filter(|line| line.contains("started processing request") && line.contains(&route)).count()
    }

    async fn until_received(&self, party: PartyKind, route: &str, times: usize) {
        eventually(&format!("{route} at {}", party.name()), async || self.received(party, route) >= times).await;
    }

    fn log(&self, party: PartyKind) -> PathBuf {
        self.data.path().join(format!("{}.log", party.name()))
    }
}

/// As the built-in configuration has them.
fn at(port_base: u16) -> Parties {
    let origin = |host: &str, offset: u16| format!("http://{host}:{}", port_base + offset);
    Parties { provider: origin("localhost", 0), app_a: origin("127.0.0.1", 1), app_b: origin("127.0.0.1", 2) }
}

/// No user is sent on before the apps have answered, however slow the machine.
fn patient() -> Environment {
    let keys = ["CURFEW_PROVIDER__SIGN_OUT_PATIENCE_MS", "CURFEW_APP_A__PROVIDER_PATIENCE_MS"];
    keys.map(|key| (key, "10000".to_owned())).into()
}

/// How long an app has to answer. For 3 s more, an attempt that the provider did not survive is not made again.
fn app_timeout(milliseconds: u32) -> (&'static str, String) {
    ("CURFEW_PROVIDER__BACK_CHANNEL_TIMEOUT_MS", milliseconds.to_string())
}

/// What is `true` where this channel is on.
fn keys(switch: &Switch) -> &'static [&'static str] {
    match switch {
        Switch::FrontChannel => &["CURFEW_PROVIDER__FRONT_CHANNEL"],
        Switch::BackChannel => &["CURFEW_PROVIDER__BACK_CHANNEL"],
        Switch::Push => &["CURFEW_APP_A__PUSH", "CURFEW_APP_B__PUSH"],
        Switch::Broadcast => &["CURFEW_APP_A__BROADCAST", "CURFEW_APP_B__BROADCAST"],
        // Here no page renews.
        Switch::Renewal => &[],
    }
}

/// `None`: it did not end in time.
fn wait(child: &mut Child) -> Option<ExitStatus> {
    let deadline = std::time::Instant::now() + GRACE;
    while std::time::Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

impl Drop for Processes {
    fn drop(&mut self) {
        for (_, child) in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            for party in [PartyKind::Provider, PartyKind::AppA, PartyKind::AppB] {
                let log = fs::read_to_string(self.log(party)).unwrap_or_default();
                let lines: Vec<&str> = log.lines().collect();
                println!(
                    "the end of {}'s log:\n{}\n",
                    party.name(),
                    lines[lines.len().saturating_sub(60)..].join("\n")
                );
            }
        }
    }
}
