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

use gloo_storage::{LocalStorage, SessionStorage, Storage};
pub(crate) use probe::{Storages, probe};
#[cfg(test)]
pub(crate) use tokens::tests::record;
pub(crate) use tokens::{Frames, TokenRecord, Which};
pub(crate) use transactions::Transaction;
#[cfg(test)]
pub(crate) use transactions::tests::transaction;

use crate::json::Json;

// gloo-storage's own `get` and `set` would bring serde_json with them; what is stored is the same.

/// One of the two storages. A browser may withdraw it at any time, and gloo-storage panics then, so it is looked at first.
pub(crate) trait Area: Storage {
    /// Whether the browser gives it now.
    fn is_given() -> bool;

    /// The storage, while it is given.
    fn given() -> Option<web_sys::Storage> {
        Self::is_given().then(Self::raw)
    }
}

impl Area for LocalStorage {
    fn is_given() -> bool {
        web_sys::window().is_some_and(|window| matches!(window.local_storage(), Ok(Some(_))))
    }
}

impl Area for SessionStorage {
    fn is_given() -> bool {
        web_sys::window().is_some_and(|window| matches!(window.session_storage(), Ok(Some(_))))
    }
}

/// The record under this key, if it is there and can be read.
fn get<A: Area>(key: &str) -> Option<Json> {
    Json::read(&text::<A>(key)?)
}

/// Stores a record. False if the browser refuses.
pub(crate) fn set<A: Area>(key: &str, record: &Json) -> bool {
    A::given().is_some_and(|storage| storage.set_item(key, &record.write()).is_ok())
}

/// Removes what is under this key. What the browser does not give any more is as good as removed.
fn delete<A: Area>(key: &str) {
    if let Some(storage) = A::given() {
        _ = storage.remove_item(key);
    }
}

/// Whether there is anything under this key, legible or not.
fn is_there<A: Area>(key: &str) -> bool {
    text::<A>(key).is_some()
}

fn text<A: Area>(key: &str) -> Option<String> {
    A::given()?.get_item(key).ok().flatten()
}
