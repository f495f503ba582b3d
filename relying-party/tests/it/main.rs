//! The crate from outside: a stub provider on port 0, real SQLite files, a clock that stands still.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod back_channel;
mod corpora;
mod front_channel;
mod guard;
mod keys;
mod ledger;
mod logout_token;
mod observation;
mod possession;
mod races;
mod session;
mod stream;
mod support;
mod vectors;
