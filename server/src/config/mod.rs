//! The configuration: one TOML file, one table per party, every key overridable by `CURFEW_<PARTY>__<KEY>`.

mod app_a;
mod app_b;
mod demo;
mod lab;
mod logout_channels;
mod metrics;
mod traces;

use std::path::PathBuf;

use clap::ValueEnum;
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::Deserialize;

pub use app_a::AppAConfig;
pub(crate) use app_b::Renewal;
pub use app_b::{AppBConfig, Renew};
pub use demo::Topology;
pub use lab::LabConfig;
pub use logout_channels::LogoutChannel;
pub(crate) use logout_channels::told_by;
pub use metrics::MetricsConfig;
use provider::ProviderConfig;
pub use traces::{SecretHeader, TracesConfig};

use crate::cli::{Options, PartyKind};
use crate::{Origin, OriginError};

/// Everything that can be configured; a process needs the tables of the parties it runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The embedded OpenID Provider.
    pub provider: Option<ProviderConfig>,
    /// App A.
    pub app_a: Option<AppAConfig>,
    /// App B and its API.
    pub app_b: Option<AppBConfig>,
    /// Where the numbers are.
    pub metrics: Option<MetricsConfig>,
    /// Where the traces go.
    pub traces: Option<TracesConfig>,
    /// The lab of `server demo`; without this table there is none.
    pub lab: Option<LabConfig>,
}

/// A channel that the demo can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// The provider's page loads no frames.
    FrontChannel,
    /// The provider posts no logout tokens.
    BackChannel,
    /// The apps' servers push nothing to their tabs.
    Push,
    /// The tabs of an app do not tell each other.
    Broadcast,
    /// App B's tokens are not renewed.
    Renewal,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum ConfigError {
    #[error("cannot read the configuration {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("configuration: {0}")]
    Invalid(Box<figment::Error>),
    #[error("configuration: table [{0}] is missing, and this process is to run that party")]
    MissingTable(&'static str),
    #[error("configuration: {key}: {source}")]
    Origin { key: &'static str, source: OriginError },
    #[error("configuration: [provider] {0}")]
    Provider(#[from] provider::ConfigError),
    #[error("configuration: {key}: {why}")]
    Value { key: &'static str, why: String },
    #[error("--port-base {0}: ports N to N+3 must lie between 1 and 65535")]
    PortBase(u16),
    #[error(
        "the built-in configuration has secrets that everybody knows, so it runs on loopback origins only, and {0} is not \
         one: write a file of your own and name it with --config"
    )]
    BuiltInOffLoopback(String),
}

impl Config {
    /// Reads the configuration that the options name, with the environment over it, and checks it.
    ///
    /// # Errors
    /// The first thing that is wrong, with its key.
    pub fn load(options: &Options, parties: &[PartyKind]) -> Result<Self, ConfigError> {
        let text = match &options.config {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?,
            None => demo::toml(options.topology, options.port_base)?,
        };
        let config = Self::parse(&text)?;
        config.validate(parties)?;
        if options.config.is_none() {
            config.refuse_off_loopback()?;
        }
        Ok(config)
    }

    /// The built-in configuration of the demo.
    ///
    /// # Errors
    /// Ports that do not exist or that browsers refuse.
    pub fn demo(topology: Topology, port_base: u16) -> Result<Self, ConfigError> {
        Self::parse(&demo::toml(topology, port_base)?)
    }

    /// The built-in configuration with these origins.
    ///
    /// # Errors
    /// An origin that is not one.
    pub fn demo_at(provider: &str, app_a: &str, app_b: &str) -> Result<Self, ConfigError> {
        Self::parse(&demo::toml_at(provider, app_a, app_b))
    }

    /// Parses TOML, with the environment's `CURFEW_<PARTY>__<KEY>` over it. Other variables that start with `CURFEW_`
    /// but have no double underscore belong to the tools.
    fn parse(toml: &str) -> Result<Self, ConfigError> {
        let environment = Env::prefixed("CURFEW_").filter(|key| key.as_str().contains("__")).split("__");
        Figment::from(Toml::string(toml))
            .merge(environment)
            .extract()
            .map_err(|error| ConfigError::Invalid(Box::new(error)))
    }

    /// Checks the tables of these parties; the lab's, where there is one, is checked with those of all three.
    ///
    /// # Errors
    /// The first thing that is wrong, with its key.
    pub fn validate(&self, parties: &[PartyKind]) -> Result<(), ConfigError> {
        for party in parties {
            match party {
                PartyKind::Provider => {
                    let provider = self.provider.as_ref().ok_or(ConfigError::MissingTable("provider"))?;
                    provider.validate()?;
                    provider_origin(provider)?;
                }
                PartyKind::AppA => self.app_a.as_ref().ok_or(ConfigError::MissingTable("app_a"))?.validate()?,
                PartyKind::AppB => self.app_b.as_ref().ok_or(ConfigError::MissingTable("app_b"))?.validate()?,
            }
        }
        self.metrics.iter().try_for_each(MetricsConfig::validate)?;
        self.traces.iter().try_for_each(TracesConfig::validate)?;
        match &self.lab {
            Some(lab) if parties.len() == 3 => lab.validate(),
            _ => Ok(()),
        }
    }

    /// Switches channels off.
    pub fn switch_off(&mut self, switches: &[Switch]) {
        for switch in switches {
            match switch {
                Switch::FrontChannel => self.provider.iter_mut().for_each(|provider| provider.front_channel = false),
                Switch::BackChannel => self.provider.iter_mut().for_each(|provider| provider.back_channel = false),
                Switch::Push => {
                    self.app_a.iter_mut().for_each(|app| app.push = false);
                    self.app_b.iter_mut().for_each(|app| app.push = false);
                }
                Switch::Renewal => self.app_b.iter_mut().for_each(|app| app.renew = Renew::Off),
                Switch::Broadcast => {
                    self.app_a.iter_mut().for_each(|app| app.broadcast = false);
                    self.app_b.iter_mut().for_each(|app| app.broadcast = false);
                }
            }
        }
    }

    fn refuse_off_loopback(&self) -> Result<(), ConfigError> {
        let provider = self.provider.as_ref().map(provider_origin).transpose()?;
        let origins = [
            provider,
            self.app_a.as_ref().map(|app| app.origin.clone()),
            self.app_b.as_ref().map(|app| app.origin.clone()),
            self.lab.as_ref().map(|lab| lab.origin.clone()),
        ];
        match origins.into_iter().flatten().find(|origin| !origin.is_loopback()) {
            Some(origin) => Err(ConfigError::BuiltInOffLoopback(origin.to_string())),
            None => Ok(()),
        }
    }
}

/// The provider lives at its issuer.
pub(crate) fn provider_origin(provider: &ProviderConfig) -> Result<Origin, ConfigError> {
    Origin::parse(&provider.issuer).map_err(|source| ConfigError::Origin { key: "[provider] issuer", source })
}

/// An issuer is an https URL, or http on loopback, and may have a path (OpenID Connect Discovery 1.0 section 3).
fn check_issuer(key: &'static str, issuer: &str) -> Result<(), ConfigError> {
    let refused = |why: &str| Err(ConfigError::Value { key, why: format!("`{issuer}` {why}") });
    match url::Url::parse(issuer) {
        Err(_) => refused("is not a URL"),
        Ok(url) if url.query().is_some() || url.fragment().is_some() => refused("must have no query and no fragment"),
        Ok(url) => match Origin::parse(&url.origin().ascii_serialization()) {
            Ok(_) => Ok(()),
            Err(source) => Err(ConfigError::Origin { key, source }),
        },
    }
}

#[cfg(test)]
mod tests;
