//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{Switch, Topology};

/// Single sign-out for OpenID Connect: sign out once, and every tab and API of the session hears of it.
#[derive(Debug, Parser)]
#[command(name = "server", disable_help_subcommand = true)]
pub struct Cli {
    /// What to run.
    #[command(subcommand)]
    pub role: Role,
}

/// Which parties this process runs.
#[derive(Debug, Subcommand)]
pub enum Role {
    /// Run the provider, App A and App B in this process, and say what to try
    Demo {
        /// Options common to all roles.
        #[command(flatten)]
        options: Options,
        /// Switch a channel off, to see the others work alone (may be given several times)
        #[arg(long, value_enum, value_name = "CHANNEL")]
        without: Vec<Switch>,
    },
    /// Run the OpenID Provider
    Provider(Options),
    /// Run App A, the server-rendered app
    AppA(Options),
    /// Run App B, the single-page app and its API
    AppB(Options),
}

impl Role {
    /// The options common to all roles.
    #[must_use]
    pub const fn options(&self) -> &Options {
        match self {
            Self::Demo { options, .. } | Self::Provider(options) | Self::AppA(options) | Self::AppB(options) => options,
        }
    }

    /// The parties that this role runs.
    #[must_use]
    pub const fn parties(&self) -> &'static [PartyKind] {
        match self {
            Self::Demo { .. } => &[PartyKind::Provider, PartyKind::AppA, PartyKind::AppB],
            Self::Provider(_) => &[PartyKind::Provider],
            Self::AppA(_) => &[PartyKind::AppA],
            Self::AppB(_) => &[PartyKind::AppB],
        }
    }
}

/// One of the three parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PartyKind {
    /// The OpenID Provider.
    Provider,
    /// App A.
    AppA,
    /// App B and its API.
    AppB,
}

impl PartyKind {
    /// Its name on the command line, in logs, and of its data folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::AppA => "app-a",
            Self::AppB => "app-b",
        }
    }
}

/// Options common to all roles.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The configuration file (TOML); without it, the built-in demo configuration
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the parties keep their data; made if missing
    #[arg(long, value_name = "DIR", default_value = "curfew-data")]
    pub data_dir: PathBuf,
    /// The built-in configuration's first port: provider N, App A N+1, App B N+2
    #[arg(long, value_name = "N", default_value_t = 4000)]
    pub port_base: u16,
    /// The built-in configuration's host names
    #[arg(long, value_enum, default_value_t = Topology::CrossSite)]
    pub topology: Topology,
    /// App B's built files
    #[arg(long, value_name = "DIR", default_value = "target/site")]
    pub site_dir: PathBuf,
    /// Check the configuration, say what is wrong with it, and exit
    #[arg(long)]
    pub check: bool,
}
