//! The targets as plain functions. The packages' own tests replay the seeds with the same files.

pub mod end_session;
pub mod front_channel;
pub mod logout_token;
