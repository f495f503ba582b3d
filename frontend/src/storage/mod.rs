//! What App B keeps in the browser, by gloo-storage, as versioned and typed records.
//!
//! | where | key | what |
//! | --- | --- | --- |
//! | localStorage | `curfew-b-tokens` | the tokens of the session, for all tabs |
//! | localStorage | `curfew-b-generation` | how often those were removed or replaced by a new sign-in |
//! | sessionStorage | `curfew-b-transactions` | sign-ins of this tab that are under way |
//! | sessionStorage | `curfew-b-silent` | that this tab no longer signs in by itself |
//! | sessionStorage | `curfew-b-sign-out` | the sign-out of this tab that the provider is to answer |
//!
//! A record that cannot be read, or is of another version, counts as none and is removed.

mod generation;
mod marks;
mod probe;
mod tokens;
mod transactions;

use gloo_storage::Storage;
pub(crate) use probe::{Storages, probe};
#[cfg(test)]
pub(crate) use tokens::tests::record;
pub(crate) use tokens::{Frames, TokenRecord, Which};
pub(crate) use transactions::Transaction;
#[cfg(test)]
pub(crate) use transactions::tests::transaction;

use crate::json::Json;

// gloo-storage's own `get` and `set` would bring serde_json with them; what is stored is the same.

/// The record under this key, if it is there and can be read.
fn get<S: Storage>(key: &str) -> Option<Json> {
    Json::read(&text::<S>(key)?)
}

/// Stores a record. False if the browser refuses.
pub(crate) fn set<S: Storage>(key: &str, record: &Json) -> bool {
    S::raw().set_item(key, &record.write()).is_ok()
}

/// Whether there is anything under this key, legible or not.
fn is_there<S: Storage>(key: &str) -> bool {
    text::<S>(key).is_some()
}

fn text<S: Storage>(key: &str) -> Option<String> {
    S::raw().get_item(key).ok().flatten()
}
