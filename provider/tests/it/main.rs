//! The provider through its router. A module per endpoint.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod account;
mod audit;
mod authorize;
mod back_channel;
mod certificates;
mod certification;
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
mod global_token_revocation;
mod implicit;
mod login;
mod native;
mod observation;
mod offline;
mod operator;
mod outbox;
mod password;
mod property;
mod published_keys;
mod races;
mod refresh;
mod registered_client;
mod registration;
mod request_object;
mod response_mode;
mod restart;
mod revocation;
mod rotation;
mod select_account;
mod session_management;
mod support;
mod token;
mod userinfo;
