//! The Curfew server: the embedded OpenID Provider, App A, App B, and the demo that runs all three in one process.
//!
//! The parties share nothing but HTTP: each gets its own configuration, data folder, listener and router, and none holds
//! a channel, a static or a table of another, so `server demo` and three processes behave the same.

pub mod app_a;
pub mod app_b;
mod assets;
pub mod cli;
pub mod config;
mod connections;
mod csrf;
mod database;
pub mod doctor;
mod error;
mod front_channel;
mod get_only;
mod headers;
mod lab;
mod listeners;
pub mod metrics;
pub mod operator;
mod origin;
mod party;
mod run;
mod running;
mod told_by;
mod traces;
mod watchers;

pub use error::StartError;
pub use listeners::bind;
pub(crate) use listeners::bind_addresses;
pub use metrics::Metrics;
pub use origin::{Origin, OriginError};
pub use party::{Party, serve};
pub use run::{Started, block_on, open_provider, open_provider_observed, run, start};
pub use running::Folders;
pub use traces::Traces;
