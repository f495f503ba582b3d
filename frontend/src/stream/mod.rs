//! The stream of sign-outs from this app's own server.
//!
//! By `fetch` and not by `EventSource`, which can send no `Authorization` header; so the format and the reconnecting are
//! ours.

mod backoff;
mod client;
mod parser;

pub(crate) use backoff::Backoff;
pub(crate) use client::{Happening, Stream};
