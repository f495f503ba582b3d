//! The embedded OpenID Provider: sign-in by the authorization code flow (with PKCE where the client is public), and
//! sign-out that reaches every app. The implicit flow is for registered apps where `danger_allow_implicit_flow` allows it.
//!
//! [`ProviderState::open`] takes a [`ProviderConfig`], a folder for the database and the signing keys, the stylesheet of
//! the pages and a [`Clock`]; [`router`] makes the axum router. Whoever serves it uses
//! `into_make_service_with_connect_info::<SocketAddr>()`, so that the limit on guessing passwords can tell sources
//! apart, and calls [`ProviderState::shutdown`] afterwards.
//!
//! The specifications: OpenID Connect [Core], [Discovery], [Dynamic Client Registration], [RP-Initiated Logout],
//! [Front-Channel Logout], [Back-Channel Logout] and [Session Management] 1.0; OAuth 2.0 [Form Post] Response Mode; Global
//! Token Revocation; RFC 6749, 6750, 7009, 7523, 7591, 7592, 7636, 7662, 8252, 9068, 9207 and 9449. A folder or file per endpoint
//! bears its name.
//!
//! [Core]: https://openid.net/specs/openid-connect-core-1_0.html
//! [Dynamic Client Registration]: https://openid.net/specs/openid-connect-registration-1_0.html
//! [Form Post]: https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html
//! [Discovery]: https://openid.net/specs/openid-connect-discovery-1_0.html
//! [RP-Initiated Logout]: https://openid.net/specs/openid-connect-rpinitiated-1_0.html
//! [Front-Channel Logout]: https://openid.net/specs/openid-connect-frontchannel-1_0.html
//! [Back-Channel Logout]: https://openid.net/specs/openid-connect-backchannel-1_0.html
//! [Session Management]: https://openid.net/specs/openid-connect-session-1_0.html

mod account;
mod assets;
mod audit;
mod authorize;
mod check_session;
mod claims;
mod client_authentication;
mod client_keys;
mod clock;
mod config;
mod consent;
mod discovery;
mod end_session;
mod end_user;
mod error;
mod global_token_revocation;
mod http;
mod id_token_hint;
mod introspect;
mod janitor;
mod keys;
mod login;
mod noted_issuer;
pub mod observation;
mod offline_access;
mod operator;
mod outbound;
mod pages;
mod parked;
mod registration;
mod revoke;
mod router;
mod secret;
mod select_account;
mod session_state;
mod shown;
mod state;
mod store;
mod token;
mod userinfo;

pub use clock::{Clock, ManualClock};
pub use config::{
    AddressConfig, AdministratorConfig, AuthMethod, ClientConfig, ConfigError, CookieSameSite, DynamicRegistration,
    DynamicRegistrationConfig, GrantType, JwksError, Owner, ProviderConfig, ResourceServerConfig, Secret, SigningAlg,
    UriError, UserConfig,
};
pub use keys::{KeyState, KeyStatus, SigningKeys, SigningKeysError};
pub use observation::{Observation, Observer, Observers};
pub use operator::{Operator, OperatorError, SessionInfo};
pub use router::router;
pub use state::{OpenError, ProviderState};
pub use store::audit::AuditEntry;
pub use store::outbox::OutboxStatus;
