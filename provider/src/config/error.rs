use std::fmt;

use super::{AuthMethod, JwksError};

/// Why a configuration is refused. The message names the client or user and the key, and never shows a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The issuer is not an origin.
    #[error(
        "issuer `{issuer}`: must be an origin such as https://op.example.com (http on loopback only), exactly as \
         browsers write it, without a trailing slash"
    )]
    Issuer {
        /// What is configured.
        issuer: String,
    },
    /// A lifetime is zero or absurd.
    #[error("{owner}{key} = {seconds}: must be between 1 second and a year")]
    Lifetime {
        /// Whose lifetime it is.
        owner: Owner,
        /// The key.
        key: &'static str,
        /// What is configured.
        seconds: u64,
    },
    /// A wait is none, or too long.
    #[error("{key} = {milliseconds}: must be between 1 and {most} milliseconds")]
    Patience {
        /// The key.
        key: &'static str,
        /// What is configured.
        milliseconds: u64,
        /// The longest that is accepted.
        most: u64,
    },
    /// None, or more than can be kept in mind.
    #[error("dynamic_registration.max_clients = {max_clients}: must be between 1 and {most}")]
    MaxClients {
        /// What is configured.
        max_clients: u32,
        /// The most that are accepted.
        most: u32,
    },
    /// None, or more than could be stored.
    #[error("dynamic_registration.registrations_in_a_row = {in_a_row}: must be between 1 and {most}")]
    RegistrationsInARow {
        /// What is configured.
        in_a_row: u32,
        /// The most that are accepted.
        most: u32,
    },
    /// A value that must be there is empty or has characters that it cannot have.
    #[error("{owner}{key}: must not be empty, longer than 255 bytes, or contain anything but printable ASCII")]
    Text {
        /// Whose value it is.
        owner: Owner,
        /// The key.
        key: &'static str,
    },
    /// What users see is empty, too long, or has characters that nobody sees.
    #[error(
        "{owner}{key}: must have 1 to 100 characters that can be seen, none of which hides others or turns the direction \
         of text around"
    )]
    Name {
        /// Whose name it is.
        owner: Owner,
        /// The key.
        key: &'static str,
    },
    /// Two who must be told apart have the same name.
    #[error("{owner}is configured twice, or a client or resource server has the same name")]
    Duplicate {
        /// Who.
        owner: Owner,
    },
    /// A client that cannot be sent anywhere.
    #[error("{owner}redirect_uris: must have at least one")]
    NoRedirectUri {
        /// Which client.
        owner: Owner,
    },
    /// A URI is refused.
    #[error("{owner}{key} = `{uri}`: {why}")]
    Uri {
        /// Which client.
        owner: Owner,
        /// The key.
        key: &'static str,
        /// What is configured.
        uri: String,
        /// What is wrong with it.
        why: UriError,
    },
    /// A client that may not ask for `openid` cannot sign anybody in.
    #[error("{owner}scopes: must contain `openid`, and each must be a word of printable ASCII")]
    Scopes {
        /// Which client.
        owner: Owner,
    },
    /// A client that can get no first token.
    #[error("{owner}grant_types: must contain `authorization_code`")]
    GrantTypes {
        /// Which client.
        owner: Owner,
    },
    /// A client that could be away for ever, and never come back with a token.
    #[error("{owner}scopes: `offline_access` needs `refresh_token` among the grant_types")]
    OfflineAccess {
        /// Which client.
        owner: Owner,
    },
    /// A secret that can be guessed.
    #[error("{owner}{key}: must have at least 16 characters (a public client has none)")]
    WeakSecret {
        /// Whose secret.
        owner: Owner,
        /// The key.
        key: &'static str,
    },
    /// A credential that is missing, or that nobody would ask for.
    #[error(
        "{owner}{key}: {} with {method_key} = `{method}`",
        if *is_needed { "is needed" } else { "must not be there" }
    )]
    Credential {
        /// Whose.
        owner: Owner,
        /// The key.
        key: &'static str,
        /// Whether it must be there.
        is_needed: bool,
        /// The key that says so.
        method_key: &'static str,
        /// What it says.
        method: AuthMethod,
    },
    /// Keys that cannot be used.
    #[error("{owner}jwks: {why}")]
    Jwks {
        /// Whose.
        owner: Owner,
        /// What is wrong with them.
        why: JwksError,
    },
    /// Keys in two places, which may differ.
    #[error("{owner}jwks_uri: must not be there with jwks")]
    TwoJwks {
        /// Whose.
        owner: Owner,
    },
    /// A claim whose value is none.
    #[error("{owner}{key}: {why}")]
    Claim {
        /// Which user.
        owner: Owner,
        /// The key, which is the claim's name.
        key: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An API that anybody could pass for.
    #[error("{owner}auth_method: must not be `none`")]
    Anonymous {
        /// Which API.
        owner: Owner,
    },
    /// A user with no password, or with two.
    #[error("{owner}must have exactly one of `password` and `password_hash`")]
    Password {
        /// Which user.
        owner: Owner,
    },
    /// A password hash that is none.
    #[error("{owner}password_hash: must be an argon2 hash in PHC form (`$argon2id$v=19$...`)")]
    PasswordHash {
        /// Which user.
        owner: Owner,
    },
}

/// What is wrong with a registered URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// Relative, or not a URI.
    #[error("must be an absolute URI")]
    NotAbsolute,
    /// Fragments never reach a server.
    #[error("must have no fragment")]
    Fragment,
    /// A user name or password in a URI.
    #[error("must have no user name and no password")]
    Credentials,
    /// Characters that no host name has.
    #[error("must have a host of letters, digits, dots and hyphens")]
    Host,
    /// Neither https nor on this machine.
    #[error("must be https; http is accepted on loopback only")]
    Insecure,
    /// Front-Channel Logout 1.0 section 2.
    #[error("must have the scheme, host and port of one of the client's redirect_uris")]
    ForeignOrigin,
    /// The same URI twice.
    #[error("is listed twice")]
    Duplicate,
}

/// Whose configuration is meant, as the start of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The provider itself.
    Provider,
    /// What apps that register themselves may do.
    DynamicRegistration,
    /// The client with this `client_id`.
    Client(String),
    /// The API with this `id`.
    ResourceServer(String),
    /// The administrator with this `id`.
    Administrator(String),
    /// The user with this `username`.
    User(String),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider => Ok(()),
            Self::DynamicRegistration => f.write_str("dynamic_registration: "),
            Self::Client(client_id) => write!(f, "client `{client_id}`: "),
            Self::ResourceServer(id) => write!(f, "resource server `{id}`: "),
            Self::Administrator(id) => write!(f, "administrator `{id}`: "),
            Self::User(username) => write!(f, "user `{username}`: "),
        }
    }
}
