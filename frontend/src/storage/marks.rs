use gloo_storage::SessionStorage;

use super::{Storages, delete, get, is_there, set};
use crate::json::{Json, Object};

/// Keys in sessionStorage.
const SILENT: &str = "curfew-b-silent";
const SIGN_OUT: &str = "curfew-b-sign-out";

const VERSION: u64 = 1;

impl Storages {
    /// Whether this tab no longer signs in by itself: it tried once, or it was signed out.
    pub(crate) fn is_marked(self) -> bool {
        // Whatever is there, and cannot be read, was meant as a mark.
        is_there::<SessionStorage>(SILENT)
    }

    /// From now on this tab signs in at a click only. False if the browser refuses.
    pub(crate) fn mark(self) -> bool {
        set::<SessionStorage>(SILENT, &Json::object([("v", VERSION.into())]))
    }

    /// Remembers the `state` of a sign-out that the provider is to answer.
    pub(crate) fn begin_sign_out(self, state: &str) -> bool {
        set::<SessionStorage>(SIGN_OUT, &Json::object([("v", VERSION.into()), ("state", state.into())]))
    }

    /// The `state` of that sign-out, once.
    pub(crate) fn take_sign_out(self) -> Option<String> {
        let stored = get::<SessionStorage>(SIGN_OUT);
        delete::<SessionStorage>(SIGN_OUT);
        let stored = stored.as_ref().and_then(Object::of)?;
        let state = stored.text("state")?;
        (stored.number("v") == Some(VERSION)).then(|| state.to_owned())
    }
}
