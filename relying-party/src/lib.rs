//! What an app or an API needs to obey a sign-out: axum extractors and layers, with any OpenID Provider.
//!
//! A provider tells an app that a session has ended by a signed logout token (OpenID Connect Back-Channel Logout 1.0),
//! by loading the app's page in a frame (Front-Channel Logout 1.0), or by refusing it new tokens. This crate turns each
//! of these into a [`LogoutEvent`], records it in a ledger that survives restarts, and from then on knows of every
//! session and access token whether it has ended. It has no user interface and sets no cookies.
//!
//! # An API in one file
//!
//! This is `examples/api.rs`:
//!
//! ```no_run
#![doc = include_str!("../examples/api.rs")]
//! ```
//!
//! # The parts
//!
//! | part | what it does |
//! | --- | --- |
//! | [`RelyingParty`] | holds it all together; open one per provider and clone it |
//! | [`back_channel_endpoint`], [`VerifiedLogoutToken`] | the `backchannel_logout_uri` as a route; the token as an extractor |
//! | [`FrontChannelRequest`] | the request to a `frontchannel_logout_uri` as an extractor |
//! | [`RelyingParty::end`] | records an event: on disk, then in memory, then in the open tabs |
//! | [`RelyingParty::check`] | whether a session has ended, from memory: ask it on every request |
//! | [`ledger::sqlite::begin_session`] | makes a session known, in the transaction that checks that it has not ended |
//! | [`Guard`], [`Authenticated`] | a layer that lets requests with a good access token pass, and who sent them |
//! | [`observation`] | what happens, as it happens, for metrics, traces and pictures |
//! | [`session_endpoint`] | where an app names the session of an access token without `sid`, by its ID token |
//! | [`sse::sign_outs`] | a session's end as a stream, for an open tab |
//! | [`logout_token::verify`] | the verifier alone: a pure function of token, keys, expectations and time |
//!
//! # An app with sessions of its own
//!
//! Keep the session rows in the same SQLite database and let them refer to the session index:
//!
//! ```sql
//! CREATE TABLE web_session (
//!     id       TEXT PRIMARY KEY,
//!     local_id TEXT NOT NULL REFERENCES rp_session (local_id) ON DELETE CASCADE
//! );
//! ```
//!
//! In the login callback call [`ledger::sqlite::begin_session`] in the transaction that inserts the row. A sign-out then
//! deletes the row in the transaction that records it; a callback that comes too late is refused; and a session store
//! whose `save` only updates cannot bring the row back.
//!
//! # What holds
//!
//! - State is truth, and push is a hint: the ledger decides, and a tab that missed the push learns at its next request.
//! - An event is recorded whether or not its session is known; a session begins only where the ledger is checked. So no
//!   order of a sign-out and a sign-in that is under way leaves a live session behind.
//! - Which session an event ends is decided in one place, [`LogoutEvent::ends`]: by `sid` for good, or by `sub` up to the
//!   instant of the sign-out.
//! - What cannot be looked up or recorded is answered 503 with `Retry-After`; never 200, and never 401, which a tab would
//!   take for a sign-out.
//! - Nothing asks the provider while the user works. Its keys are fetched at the start, every hour, and once, at most
//!   every 30 seconds, for a token that names an unknown key; a copy on disk serves a restart without the provider.
//! - Unsigned requests count fully for a session that is known here; for another they are kept for a few minutes only, in
//!   a bounded and rate-limited list of their own.
//!
//! # What it does not do
//!
//! - Logout tokens that are encrypted are refused. Access tokens are JWTs; opaque ones would have to be introspected.
//! - One process owns a database: the ledger in memory does not see what another process writes.
//! - Whoever has read an answer has read it: a sign-out takes nothing back.

mod algorithm;
mod back_channel;
mod claims;
mod clock;
mod front_channel;
pub mod guard;
mod hub;
pub mod id_token;
mod jwks;
mod jws;
pub mod ledger;
pub mod logout_token;
pub mod observation;
pub mod provider;
mod relying_party;
mod response;
mod settings;
pub mod sse;
mod url_rules;

pub use algorithm::Algorithm;
pub use back_channel::{BackChannelRejection, back_channel_endpoint, back_channel_logout};
pub use claims::is_identifier;
pub use clock::Clock;
/// The check of proofs of possession, for what of it [`Guard::prove_possession`] names.
pub use dpop;
pub use front_channel::{FrontChannelRejection, FrontChannelRequest};
pub use guard::{AccessTokenClaims, Authenticated, Binding, Guard, session_endpoint};
pub use hub::Subscription;
pub use id_token::IdTokenError;
pub use jwks::{Jwks, Keys};
pub use ledger::sqlite::Admission;
pub use ledger::{Ended, LedgerError, Standing, Trust};
pub use logout_event::{Channel, LogoutEvent, SessionRef};
pub use logout_token::{LogoutTokenError, VerifiedLogoutToken};
pub use observation::{Observation, Observer, Observers};
pub use provider::{FetchError, MetadataError, ProviderMetadata, Refresh};
pub use relying_party::{OpenError, RelyingParty};
pub use settings::{CLOCK_SKEW, Settings, SettingsError};
pub use sse::SubscribeError;
