//! The thin edge to the browser: what the rest needs of it, and nothing decided.

mod clock;
mod crypto;
mod document;
mod fetch;
mod frame;
mod key;
mod lock;
mod renewals;
mod timer;

pub(crate) use clock::{moment, now, now_millis};
pub(crate) use crypto::{CryptoFailed, digest, random_token};
pub(crate) use document::{Browser, copy_text};
pub(crate) use fetch::{FetchError, Method, Reply, Request, read};
pub(crate) use frame::ask_in_frame;
pub(crate) use key::{Key, KeyFault, Point};
pub(crate) use lock::{Turn, WebLock};
pub(crate) use renewals::{last_renewals, note_renewals};
pub(crate) use timer::{Timer, at_most, jitter, sleep};
