use gloo_storage::LocalStorage;

use super::{Storages, delete, get, set};
use crate::json::{Json, Object};

/// Key in localStorage.
const KEY: &str = "curfew-b-generation";

const VERSION: u64 = 1;

impl Storages {
    /// How often stored tokens were removed or replaced by a new sign-in. A renewal compares it before and after: what
    /// it got for tokens that are gone by then must not be stored.
    pub(crate) fn generation(self) -> u64 {
        let stored = get::<LocalStorage>(KEY);
        stored.as_ref().and_then(Object::of).and_then(read).unwrap_or_default()
    }

    /// Counts on.
    pub(super) fn begin_generation(self) {
        let next = self.generation().wrapping_add(1) & i64::MAX.unsigned_abs();
        if !set::<LocalStorage>(KEY, &value(next)) {
            // To begin anew is a change as well, unless it was the first.
            delete::<LocalStorage>(KEY);
        }
    }
}

fn read(object: Object<'_>) -> Option<u64> {
    (object.number("v")? == VERSION).then(|| object.number("n"))?
}

fn value(generation: u64) -> Json {
    Json::object([("v", VERSION.into()), ("n", generation.into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn the_count_is_stored_and_read_again() {
        let json = value(7).write();
        assert_eq!(json, r#"{"v":1,"n":7}"#);
        assert_eq!(json::parse(&json, read), Some(7));
        assert_eq!(json::parse(r#"{"v":2,"n":7}"#, read), None);
    }
}
