//! The configuration: what an operator writes, and what is made of it once it is known to be right.

mod administrator;
mod authentication;
mod client;
mod clients;
mod dynamic_registration;
mod error;
mod jwks;
mod registry;
mod resource_server;
mod standard_claims;
mod uri;
mod user;

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

pub use administrator::AdministratorConfig;
pub use authentication::AuthMethod;
pub use client::{ClientConfig, GrantType, SigningAlg};
pub use dynamic_registration::{DynamicRegistration, DynamicRegistrationConfig};
pub use error::{ConfigError, Owner, UriError};
pub use jwks::JwksError;
pub use resource_server::ResourceServerConfig;
pub use standard_claims::AddressConfig;
pub use user::UserConfig;

pub(crate) use administrator::Administrator;
pub(crate) use authentication::{AssertionKeys, Authentication};
pub(crate) use client::{Client, ClientLinks, REGISTERED_SESSION_LIFETIME, RequestObjectAlg, ResponseType};
pub(crate) use clients::Clients;
pub(crate) use dynamic_registration::RegistrationLimits;
pub(crate) use jwks::{ClientKeys, parse as parse_jwks, parse_usable as parse_usable_jwks};
pub(crate) use registry::{Patience, Registry};
pub(crate) use resource_server::ResourceServer;
pub(crate) use uri::RegisteredUri;
pub(crate) use user::{Credential, User};

pub use crate::secret::Secret;

/// The configuration of the provider. All lifetimes are in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// The issuer identifier: an exact origin, `https` or on loopback, without a trailing slash.
    pub issuer: String,
    /// Where whoever serves the provider is to listen. This crate opens no listener.
    #[serde(default)]
    pub listen: Vec<SocketAddr>,
    /// How long an access token is good for.
    #[serde(default = "default_access_token_lifetime")]
    pub access_token_lifetime: u64,
    /// How long an ID token is good for; as an `id_token_hint` it is accepted until the key that signed it is forgotten.
    #[serde(default = "default_id_token_lifetime")]
    pub id_token_lifetime: u64,
    /// How long a session at the provider lasts after the user signed in.
    #[serde(default = "default_session_lifetime")]
    pub session_lifetime: u64,
    /// How long an app can renew its tokens without the user, at most: never longer than the session lasts.
    #[serde(default = "default_refresh_token_lifetime")]
    pub refresh_token_lifetime: u64,
    /// After how long a refresh token that was not used is good no longer.
    #[serde(default = "default_refresh_token_idle_lifetime")]
    pub refresh_token_idle_lifetime: u64,
    /// How long an app that was allowed `offline_access` can renew its tokens without the user, at most, whatever becomes of
    /// the session.
    #[serde(default = "default_offline_access_lifetime")]
    pub offline_access_lifetime: u64,
    /// After how long a refresh token of such an app that was not used is good no longer.
    #[serde(default = "default_offline_access_idle_lifetime")]
    pub offline_access_idle_lifetime: u64,
    /// How long the audit log remembers.
    #[serde(default = "default_audit_lifetime")]
    pub audit_lifetime: u64,
    /// The `SameSite` attribute of the provider's cookies.
    #[serde(default)]
    pub cookie_same_site: CookieSameSite,
    /// Whether apps are told of a sign-out through frames (OpenID Connect Front-Channel Logout 1.0).
    #[serde(default = "yes")]
    pub front_channel: bool,
    /// Whether apps are told of a sign-out by logout tokens (OpenID Connect Back-Channel Logout 1.0).
    #[serde(default = "yes")]
    pub back_channel: bool,
    /// A file of certificates (PEM) that calls to apps trust beside the public authorities: an authority of your own.
    #[serde(default)]
    pub trusted_certificates_file: Option<PathBuf>,
    /// How long a sign-out waits for the apps before the user is shown which of them have not answered, in milliseconds;
    /// at most 10 000.
    #[serde(default = "default_sign_out_patience_ms")]
    pub sign_out_patience_ms: u64,
    /// How long an app has to answer a logout token, in milliseconds; at most 60 000.
    #[serde(default = "default_back_channel_timeout_ms")]
    pub back_channel_timeout_ms: u64,
    /// Whether apps may register themselves (RFC 7591); off by default.
    #[serde(default)]
    pub dynamic_registration: DynamicRegistration,
    /// The apps that may send users here.
    #[serde(default)]
    pub clients: Vec<ClientConfig>,
    /// The APIs that may ask about access tokens.
    #[serde(default)]
    pub resource_servers: Vec<ResourceServerConfig>,
    /// Who may end everything that a user has, and nothing else.
    #[serde(default)]
    pub administrators: Vec<AdministratorConfig>,
    /// The users who may sign in.
    #[serde(default)]
    pub users: Vec<UserConfig>,
}

impl ProviderConfig {
    /// Checks what the types do not: every URI, duplicates, lifetimes, waits, password hashes.
    ///
    /// # Errors
    /// The first thing that is wrong; the message names the client or user and the key.
    pub fn validate(&self) -> Result<(), ConfigError> {
        Registry::new(self).map(drop)
    }
}

/// The `SameSite` attribute of cookies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CookieSameSite {
    /// Sent on top-level navigations from other sites, but not into frames or with their POSTs.
    #[default]
    Lax,
    /// Sent everywhere the browser lets it; implies `Secure`, which browsers accept on loopback.
    None,
}

const fn default_access_token_lifetime() -> u64 {
    300
}

const fn default_id_token_lifetime() -> u64 {
    600
}

const fn default_session_lifetime() -> u64 {
    8 * 60 * 60
}

const fn default_refresh_token_lifetime() -> u64 {
    8 * 60 * 60
}

const fn default_refresh_token_idle_lifetime() -> u64 {
    4 * 60 * 60
}

const fn default_offline_access_lifetime() -> u64 {
    30 * 24 * 60 * 60
}

const fn default_offline_access_idle_lifetime() -> u64 {
    7 * 24 * 60 * 60
}

const fn default_audit_lifetime() -> u64 {
    90 * 24 * 60 * 60
}

const fn default_sign_out_patience_ms() -> u64 {
    300
}

const fn default_back_channel_timeout_ms() -> u64 {
    2000
}

const fn yes() -> bool {
    true
}
