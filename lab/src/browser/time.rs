use std::cell::{Cell, RefCell};

use app::lab::clock::SystemClock;
use js_sys::{Array, Function, Promise};
use wasm_bindgen_futures::JsFuture;
use web_sys::Performance;

thread_local! {
    static SYSTEM: Cell<SystemClock> = Cell::new(SystemClock::new(performance().map_or(0.0, |it| it.time_origin())));
}

fn performance() -> Option<Performance> {
    web_sys::window().and_then(|window| window.performance())
}

/// Now, in milliseconds, by this page's own clock: nobody sets it, and it says no date.
pub(crate) fn now() -> f64 {
    performance().map_or_else(js_sys::Date::now, |performance| performance.now())
}

/// Now, in milliseconds since the Unix epoch, by the clock of the browser's system, which its other pages read as well.
pub(crate) fn system_now() -> f64 {
    let mut clock = SYSTEM.get();
    let read = clock.read(now(), js_sys::Date::now(), now());
    SYSTEM.set(clock);
    read
}

fn timeout(millis: u32) -> Promise {
    Promise::new(&mut |resolve: Function, _reject| {
        if let Some(window) = web_sys::window() {
            let millis = i32::try_from(millis).unwrap_or(i32::MAX);
            // Without a timer the promise never settles; a window always has one.
            _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
        }
    })
}

/// Waits for so many milliseconds.
pub(crate) async fn sleep(millis: u32) {
    _ = JsFuture::from(timeout(millis)).await;
}

/// Wakes those who wait for anything to change.
#[derive(Default)]
pub(crate) struct Changes {
    waiting: RefCell<Vec<Function>>,
}

impl Changes {
    /// Something has changed.
    pub(crate) fn notify(&self) {
        for wake in self.waiting.take() {
            // It settles a promise, which cannot fail.
            _ = wake.call0(&wasm_bindgen::JsValue::UNDEFINED);
        }
    }

    /// Returns when something has changed, or after so many milliseconds.
    pub(crate) async fn next(&self, at_most: u32) {
        let change = Promise::new(&mut |resolve: Function, _reject| self.waiting.borrow_mut().push(resolve));
        _ = JsFuture::from(Promise::race(&Array::of2(&change, &timeout(at_most)))).await;
    }
}

/// 16 lower-case letters and digits that nobody guesses.
pub(crate) fn random_id() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bytes = [0; 16];
    if let Some(crypto) = web_sys::window().and_then(|window| window.crypto().ok()) {
        // It fails for more than 65,536 bytes only.
        _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}
