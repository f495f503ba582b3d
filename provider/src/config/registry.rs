use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::client::REGISTERED_SESSION_LIFETIME;
use super::error::{ConfigError, Owner};
use super::uri::is_loopback;
use super::{
    Administrator, Client, Clients, ProviderConfig, RegisteredUri, RegistrationLimits, ResourceServer, ResponseType,
    User,
};
use crate::outbound::Guard;

/// A configuration that is known to be right; and the clients that have registered themselves within it.
pub(crate) struct Registry {
    clients: Clients,
    resource_servers: BTreeMap<String, ResourceServer>,
    administrators: BTreeMap<String, Administrator>,
    users: BTreeMap<String, Arc<User>>,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) patience: Patience,
    /// `None`: apps cannot register themselves.
    pub(crate) registration: Option<RegistrationLimits>,
}

/// Lifetimes in seconds.
#[derive(Debug)]
pub(crate) struct Lifetimes {
    pub(crate) access_token: i64,
    pub(crate) id_token: i64,
    pub(crate) session: i64,
    /// Of a family of refresh tokens, from its first to its last.
    pub(crate) refresh_token: i64,
    /// Of a refresh token that is not used.
    pub(crate) refresh_token_idle: i64,
    /// The same two of a family that outlives its session.
    pub(crate) offline_access: i64,
    pub(crate) offline_access_idle: i64,
    /// Of an entry of the audit log.
    pub(crate) audit: i64,
}

/// How long whom is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// All apps, by the user who signs out: less than [a request may take](crate::router).
    pub(crate) of_user: Duration,
    /// One app's answer to a logout token.
    pub(crate) with_app: Duration,
}

impl Registry {
    pub(crate) fn new(config: &ProviderConfig) -> Result<Self, ConfigError> {
        check_issuer(&config.issuer)?;
        let provider = Owner::Provider;
        let lifetimes = Lifetimes {
            access_token: check_lifetime(&provider, "access_token_lifetime", config.access_token_lifetime)?,
            id_token: check_lifetime(&provider, "id_token_lifetime", config.id_token_lifetime)?,
            session: check_lifetime(&provider, "session_lifetime", config.session_lifetime)?,
            refresh_token: check_lifetime(&provider, "refresh_token_lifetime", config.refresh_token_lifetime)?,
            refresh_token_idle: check_lifetime(
                &provider,
                "refresh_token_idle_lifetime",
                config.refresh_token_idle_lifetime,
            )?,
            offline_access: check_lifetime(&provider, "offline_access_lifetime", config.offline_access_lifetime)?,
            offline_access_idle: check_lifetime(
                &provider,
                "offline_access_idle_lifetime",
                config.offline_access_idle_lifetime,
            )?,
            audit: check_lifetime(&provider, "audit_lifetime", config.audit_lifetime)?,
        };
        let patience = Patience {
            of_user: check_patience("sign_out_patience_ms", config.sign_out_patience_ms, 10_000)?,
            with_app: check_patience("back_channel_timeout_ms", config.back_channel_timeout_ms, 60_000)?,
        };
        let mut clients = BTreeMap::new();
        for client in &config.clients {
            if clients.insert(client.client_id.clone(), Arc::new(Client::new(client)?)).is_some() {
                return Err(ConfigError::Duplicate { owner: Owner::Client(client.client_id.clone()) });
            }
        }
        let clients = Clients::new(clients);
        let mut resource_servers = BTreeMap::new();
        for config in &config.resource_servers {
            if resource_servers.insert(config.id.clone(), ResourceServer::new(config)?).is_some() {
                return Err(ConfigError::Duplicate { owner: Owner::ResourceServer(config.id.clone()) });
            }
        }
        let mut administrators = BTreeMap::new();
        for config in &config.administrators {
            // T-18, least privilege: one name with two secrets and two rights would be read wrongly by somebody.
            let is_taken = clients.is_configured(&config.id) || resource_servers.contains_key(&config.id);
            if is_taken || administrators.insert(config.id.clone(), Administrator::new(config)?).is_some() {
                return Err(ConfigError::Duplicate { owner: Owner::Administrator(config.id.clone()) });
            }
        }
        let mut users = BTreeMap::new();
        for user in &config.users {
            if users.insert(user.username.clone(), Arc::new(User::new(user)?)).is_some() {
                return Err(ConfigError::Duplicate { owner: Owner::User(user.username.clone()) });
            }
        }
        let registration = config.dynamic_registration.0.as_ref().map(RegistrationLimits::new).transpose()?;
        Ok(Self { clients, resource_servers, administrators, users, lifetimes, patience, registration })
    }

    pub(crate) fn client(&self, client_id: &str) -> Option<Arc<Client>> {
        self.clients.get(client_id)
    }

    pub(crate) fn clients(&self) -> Vec<Arc<Client>> {
        self.clients.all()
    }

    /// Puts a client that registered itself in its place, or takes it away. Only once the same is
    /// [stored](crate::registration), and before anybody else writes.
    pub(crate) fn set_registered(&self, client_id: &str, client: Option<Arc<Client>>) {
        self.clients.set_registered(client_id, client);
    }

    pub(crate) fn resource_server(&self, id: &str) -> Option<&ResourceServer> {
        self.resource_servers.get(id)
    }

    pub(crate) fn administrator(&self, id: &str) -> Option<&Administrator> {
        self.administrators.get(id)
    }

    pub(crate) fn has_administrators(&self) -> bool {
        !self.administrators.is_empty()
    }

    pub(crate) fn user(&self, username: &str) -> Option<&Arc<User>> {
        self.users.get(username)
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// The origins that may read answers across origins: those that users are sent back to.
    pub(crate) fn redirect_origins(&self) -> BTreeSet<String> {
        let of = |client: &Arc<Client>| client.redirect_pages().map(RegisteredUri::origin).collect::<Vec<_>>();
        self.clients().iter().flat_map(of).collect()
    }

    /// Whether this is one of them. Without a client's being copied, because it is asked of every request there.
    pub(crate) fn is_redirect_origin(&self, origin: &str) -> bool {
        self.has_client(|client| client.redirect_pages().any(|uri| uri.origin() == origin))
    }

    /// Whether there is such a client.
    pub(crate) fn has_client(&self, is: impl FnMut(&Client) -> bool) -> bool {
        self.clients.any(is)
    }

    /// Whom the provider may call at the word of apps that have registered themselves.
    pub(crate) fn guard(&self) -> Guard {
        self.registration.as_ref().map(|limits| limits.guard).unwrap_or_default()
    }

    /// How long a signing key is kept that signs no longer, in seconds: until nothing that it signed can matter, be it a token,
    /// or the hint of an app whose own session lasts as long as one can. An hour more for clocks that differ.
    pub(crate) fn keys_kept(&self) -> i64 {
        const MARGIN: i64 = 60 * 60;
        let Lifetimes { access_token, id_token, session, .. } = self.lifetimes;
        let of_apps = self.clients.configured().map(|client| client.session_lifetime);
        let of_registered = self.registration.as_ref().map(|_| REGISTERED_SESSION_LIFETIME);
        of_apps.chain(of_registered).chain([access_token, id_token, session]).max().unwrap_or_default() + MARGIN
    }

    /// What the authorization endpoint can answer with, whichever client asks.
    pub(crate) fn response_types(&self) -> &'static [ResponseType] {
        match &self.registration {
            Some(limits) if limits.allow_implicit_flow => &ResponseType::ALL,
            _ => &[ResponseType::Code],
        }
    }

    /// Every scope that some client may ask for.
    pub(crate) fn scopes(&self) -> BTreeSet<&str> {
        let of_registered = self.registration.iter().flat_map(|limits| &limits.scopes);
        let of_configured = self.clients.configured().flat_map(|client| &client.scopes);
        of_configured.chain(of_registered).map(String::as_str).collect()
    }
}

fn check_issuer(issuer: &str) -> Result<(), ConfigError> {
    let refused = || ConfigError::Issuer { issuer: issuer.to_owned() };
    let url = Url::parse(issuer).map_err(|_| refused())?;
    let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    // A trailing slash, a path or an upper-case host would make two spellings of one issuer.
    if secure && url.origin().ascii_serialization() == issuer { Ok(()) } else { Err(refused()) }
}

pub(super) fn check_lifetime(owner: &Owner, key: &'static str, seconds: u64) -> Result<i64, ConfigError> {
    const YEAR: i64 = 366 * 24 * 60 * 60;
    match i64::try_from(seconds) {
        Ok(lifetime @ 1..=YEAR) => Ok(lifetime),
        _ => Err(ConfigError::Lifetime { owner: owner.clone(), key, seconds }),
    }
}

fn check_patience(key: &'static str, milliseconds: u64, most: u64) -> Result<Duration, ConfigError> {
    if (1..=most).contains(&milliseconds) {
        Ok(Duration::from_millis(milliseconds))
    } else {
        Err(ConfigError::Patience { key, milliseconds, most })
    }
}

pub(super) fn check_text(owner: &Owner, key: &'static str, text: &str) -> Result<(), ConfigError> {
    if (1..=255).contains(&text.len()) && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
        Ok(())
    } else {
        Err(ConfigError::Text { owner: owner.clone(), key })
    }
}
