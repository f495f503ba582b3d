//! The stream of sign-outs from this app's own server.
//!
//! By `fetch` and not by `EventSource`, which can send no `Authorization` header; so the format and the reconnecting are
//! ours. One tab of a session holds it; the others stand in line.

mod backoff;
mod client;
mod line;
mod parser;

pub(crate) use backoff::Backoff;
pub(crate) use client::{Happening, Stream};
pub(crate) use line::{Line, News};
