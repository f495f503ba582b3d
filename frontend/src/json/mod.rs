//! JSON without serde, whose derive makes 2 to 4 kB of wasm for every type, 40 kB for all of App B's.

mod object;
mod shared;
mod text;
mod value;

pub(crate) use object::{Object, parse};
pub(crate) use shared::{event, message, message_value, session, session_value};
pub(crate) use value::Json;
