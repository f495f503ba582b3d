//! Why the server does not start.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::Origin;
use crate::config::ConfigError;

/// Why the server does not start; each message says what to do.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(
        "{party}: port {} is in use ({address}). Stop what listens there, or choose other ports with --port-base N",
        address.port()
    )]
    PortInUse { party: &'static str, address: SocketAddr },
    #[error("{what}: {address} is in use. Stop what listens there, or choose another with `[{what}] listen = [...]`")]
    AddressInUse { what: &'static str, address: SocketAddr },
    #[error("metrics: {0}")]
    Metrics(String),
    #[error("traces: {0}")]
    Traces(String),
    #[error("{party}: cannot listen on {address}: {source}")]
    Bind { party: &'static str, address: SocketAddr, source: std::io::Error },
    #[error(
        "{party}: {origin} is not an address of this machine; say where to listen, for example `listen = [\"127.0.0.1:8080\"]`"
    )]
    NoAddress { party: &'static str, origin: Origin },
    #[error("{party}: cannot use the data folder {}: {source}. Name another with --data-dir DIR", path.display())]
    DataDir { party: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{party}: cannot open the database in {}: {source}", path.display())]
    Database { party: &'static str, path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{party}: {source}")]
    Party { party: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("app-b: {} is not there: build App B with `cargo xtask build`, or name its folder with --site-dir DIR", path.display())]
    NoSite { path: PathBuf },
    #[error(transparent)]
    SigningKeys(#[from] provider::SigningKeysError),
    #[error("cannot listen for signals: {0}")]
    Signals(std::io::Error),
    #[error("{party}: stopped serving: {source}")]
    Serve { party: &'static str, source: std::io::Error },
    #[error("{0}")]
    Operator(String),
    #[error(
        "--check checks the configuration that the provider would run with: give it without a command, and then the command"
    )]
    CheckOfCommand,
    #[error("{party}: the issuer {issuer} cannot be reached: {reason}")]
    Issuer { party: &'static str, issuer: String, reason: String },
}
