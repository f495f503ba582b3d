//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{Switch, Topology};
use crate::operator;

/// Single sign-out for OpenID Connect: sign out once, and every tab and API of the session hears of it.
#[derive(Debug, Parser)]
#[command(name = "server", disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the binary is asked to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run parties until a signal comes.
    #[command(flatten)]
    Run(Role),
    /// Say which ways of signing out work with a provider, which do not, and what to configure
    #[command(after_help = EXIT_CODES)]
    Doctor(Doctor),
}

/// Scripts rely on these.
const EXIT_CODES: &str = "\
Exit codes:
  0  a sign-out at one app ends the provider's session and reaches every other app
  1  signing in works, and signing out has gaps: the report says which
  2  the apps cannot work with this provider, no sign-out gets from one app to another, it cannot be
     reached, or this command line is wrong";

/// Options of `doctor`.
#[derive(Clone, Debug, Args)]
pub struct Doctor {
    /// The provider's issuer identifier, as the apps would be configured with it
    #[arg(value_name = "ISSUER")]
    pub issuer: String,
    /// Write JSON (described in docs/doctor.md) instead of text
    #[arg(long)]
    pub json: bool,
}

/// Which parties this process runs.
#[derive(Debug, Subcommand)]
pub enum Role {
    /// Run the provider, App A, App B and the lab in this process, and say what to try
    Demo {
        /// Options common to all roles.
        #[command(flatten)]
        options: Options,
        /// Switch a channel off, to see the others work alone (may be given several times)
        #[arg(long, value_enum, value_name = "CHANNEL")]
        without: Vec<Switch>,
        /// Run the three parties only, without the lab
        #[arg(long)]
        without_lab: bool,
    },
    /// Run the OpenID Provider, or do what its operator does
    Provider {
        /// Options common to all roles.
        #[command(flatten)]
        options: Options,
        /// What to do instead of running it.
        #[command(subcommand)]
        command: Option<operator::Command>,
    },
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
            Self::Demo { options, .. } | Self::Provider { options, .. } | Self::AppA(options) | Self::AppB(options) => {
                options
            }
        }
    }

    /// The parties that this role runs.
    #[must_use]
    pub const fn parties(&self) -> &'static [PartyKind] {
        match self {
            Self::Demo { .. } => &[PartyKind::Provider, PartyKind::AppA, PartyKind::AppB],
            Self::Provider { .. } => &[PartyKind::Provider],
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
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Where the parties keep their data; made if missing
    #[arg(long, value_name = "DIR", default_value = "curfew-data", global = true)]
    pub data_dir: PathBuf,
    /// The built-in configuration's first port: provider N, App A N+1, App B N+2, the lab N+3
    #[arg(long, value_name = "N", default_value_t = 4000, global = true)]
    pub port_base: u16,
    /// The built-in configuration's host names
    #[arg(long, value_enum, default_value_t = Topology::CrossSite, global = true)]
    pub topology: Topology,
    /// App B's built files
    #[arg(long, value_name = "DIR", default_value = "target/site")]
    pub site_dir: PathBuf,
    /// Check the configuration, say what is wrong with it, and exit
    #[arg(long)]
    pub check: bool,
}
