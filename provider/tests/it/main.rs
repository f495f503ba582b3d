//! The provider through its router. A module per endpoint.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod authorize;
mod back_channel;
mod client_authentication;
mod common;
mod config;
mod consent;
mod corpus;
mod delivery;
mod discovery;
mod dpop;
mod end_session;
mod front_channel;
mod login;
mod offline;
mod outbox;
mod races;
mod refresh;
mod response_mode;
mod restart;
mod revocation;
mod rotation;
mod select_account;
mod session_management;
mod support;
mod token;
mod userinfo;
