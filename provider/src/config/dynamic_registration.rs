use std::collections::BTreeSet;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::client::check_scopes;
use super::error::{ConfigError, Owner};
use super::registry::check_lifetime;
use crate::offline_access;
use crate::outbound::Guard;
use crate::secret::Secret;

/// More clients than this would no longer fit into what each start reads, and each look-up holds.
const MOST_CLIENTS: u32 = 10_000;

/// Whether apps may register themselves (RFC 7591): `true`, `false`, or a table with limits, which means `true`.
#[derive(Clone, Debug, Default)]
pub struct DynamicRegistration(pub Option<DynamicRegistrationConfig>);

/// Within which limits apps may register themselves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DynamicRegistrationConfig {
    /// What has to be presented to register (RFC 7591 section 3.1); without it, anybody may.
    #[serde(default)]
    pub initial_access_token: Option<Secret>,
    /// How many apps may be registered at the same time; at most 10 000.
    #[serde(default = "default_max_clients")]
    pub max_clients: u32,
    /// After how long an app is forgotten that nobody has signed in to, in seconds.
    #[serde(default = "default_unused_lifetime")]
    pub unused_lifetime: u64,
    /// The scopes that such apps can have.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// Lets registered apps be on this machine: logout tokens are sent to loopback addresses, and `http` is accepted there.
    /// For tests and certification on one machine. Elsewhere it lets anybody who can register reach what listens beside the
    /// provider.
    #[serde(default)]
    pub danger_allow_loopback: bool,
    /// Lets the provider call registered apps at loopback and private addresses: for logout tokens, `jwks_uri` and
    /// `request_uris`. For a certification suite that runs in the same private network. Elsewhere it lets anybody who can
    /// register reach what is meant to be reached from inside only.
    #[serde(default)]
    pub danger_allow_private_addresses: bool,
    /// Lets apps register the response types `id_token` and `id_token token`, whose tokens travel in the address of a page.
    /// The certification profile for dynamic providers asks for them (OpenID Connect Core 1.0 section 15.2), and RFC 9700
    /// section 2.1.2 advises against them.
    #[serde(default)]
    pub danger_allow_implicit_flow: bool,
    /// How many apps may be registered in a row from one source, before it is one in 30 seconds; at most 10 000.
    #[serde(default = "default_registrations_in_a_row")]
    pub registrations_in_a_row: u32,
    /// Whether the pages that ask users show the logo of an app that registered itself. It is loaded by the user's browser
    /// from wherever the app says, which thereby learns of the sign-in and can look like anything.
    #[serde(default)]
    pub show_logos: bool,
}

impl Default for DynamicRegistrationConfig {
    fn default() -> Self {
        Self {
            initial_access_token: None,
            max_clients: default_max_clients(),
            unused_lifetime: default_unused_lifetime(),
            scopes: default_scopes(),
            danger_allow_loopback: false,
            danger_allow_private_addresses: false,
            danger_allow_implicit_flow: false,
            registrations_in_a_row: default_registrations_in_a_row(),
            show_logos: false,
        }
    }
}

const fn default_registrations_in_a_row() -> u32 {
    50
}

const fn default_max_clients() -> u32 {
    1000
}

const fn default_unused_lifetime() -> u64 {
    24 * 60 * 60
}

fn default_scopes() -> Vec<String> {
    ["openid", "profile", "email", "address", "phone", offline_access::SCOPE].map(str::to_owned).into()
}

impl<'de> Deserialize<'de> for DynamicRegistration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SwitchOrTable)
    }
}

/// Not an untagged enum, whose errors would not name the key that is wrong.
struct SwitchOrTable;

impl<'de> Visitor<'de> for SwitchOrTable {
    type Value = DynamicRegistration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false or a table")
    }

    fn visit_bool<E>(self, is_on: bool) -> Result<DynamicRegistration, E> {
        Ok(DynamicRegistration(is_on.then(DynamicRegistrationConfig::default)))
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<DynamicRegistration, A::Error> {
        DynamicRegistrationConfig::deserialize(MapAccessDeserializer::new(table)).map(Some).map(DynamicRegistration)
    }
}

/// The same limits, known to be right.
#[derive(Debug)]
pub(crate) struct RegistrationLimits {
    pub(crate) initial_access_token: Option<Secret>,
    pub(crate) max_clients: u32,
    /// Seconds.
    pub(crate) unused_lifetime: i64,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) allow_loopback: bool,
    pub(crate) allow_implicit_flow: bool,
    pub(crate) in_a_row: u32,
    pub(crate) show_logos: bool,
    /// Whom the provider may call at the word of such apps.
    pub(crate) guard: Guard,
}

impl RegistrationLimits {
    pub(super) fn new(config: &DynamicRegistrationConfig) -> Result<Self, ConfigError> {
        let owner = Owner::DynamicRegistration;
        if !(1..=MOST_CLIENTS).contains(&config.max_clients) {
            return Err(ConfigError::MaxClients { max_clients: config.max_clients, most: MOST_CLIENTS });
        }
        if !(1..=MOST_CLIENTS).contains(&config.registrations_in_a_row) {
            let (in_a_row, most) = (config.registrations_in_a_row, MOST_CLIENTS);
            return Err(ConfigError::RegistrationsInARow { in_a_row, most });
        }
        if config.initial_access_token.as_ref().is_some_and(|token| token.expose().len() < 16) {
            return Err(ConfigError::WeakSecret { owner, key: "initial_access_token" });
        }
        Ok(Self {
            initial_access_token: config.initial_access_token.clone(),
            max_clients: config.max_clients,
            unused_lifetime: check_lifetime(&owner, "unused_lifetime", config.unused_lifetime)?,
            scopes: check_scopes(&owner, &config.scopes)?,
            allow_loopback: config.danger_allow_loopback,
            allow_implicit_flow: config.danger_allow_implicit_flow,
            in_a_row: config.registrations_in_a_row,
            show_logos: config.show_logos,
            guard: Guard {
                danger_allow_loopback: config.danger_allow_loopback,
                danger_allow_private_addresses: config.danger_allow_private_addresses,
            },
        })
    }
}
