//! The thin edge to the browser.

mod api;
mod file;
mod memory;
mod stream;
mod time;
mod windows;

pub(crate) use api::{Problem, delete, get, post, put};
pub(crate) use file::download;
pub(crate) use memory::{keep, keep_no_longer, kept};
pub(crate) use stream::{Stream, StreamEvent};
pub(crate) use time::{Changes, now, random_id, sleep, system_now};
pub(crate) use windows::{Heard, Opening, Windows, shown};
