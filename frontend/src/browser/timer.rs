use js_sys::{Array, Function, Math, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Runs something once, later, unless it is dropped before.
pub(crate) struct Timer {
    id: i32,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// `millis` from now; more than 24 days are taken for 24 days, which is all that `setTimeout` can count.
    ///
    /// None if there is no window.
    pub(crate) fn after(millis: u64, act: impl FnOnce() + 'static) -> Option<Self> {
        let window = web_sys::window()?;
        let callback = Closure::once(act);
        let millis = i32::try_from(millis).unwrap_or(i32::MAX);
        let id = window
            .set_timeout_with_callback_and_timeout_and_arguments_0(callback.as_ref().unchecked_ref(), millis)
            .ok()?;
        Some(Self { id, _callback: callback })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}

pub(super) fn timeout(millis: u32) -> Promise {
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

/// Waits until the promise has settled, in whichever way, but not longer than so many milliseconds.
pub(crate) async fn at_most(millis: u32, promise: &JsValue) {
    _ = JsFuture::from(Promise::race(&Array::of2(promise, &timeout(millis)))).await;
}

/// A number from 0 up to, and without, `limit`; not for secrets.
pub(crate) fn jitter(limit: u32) -> u32 {
    (Math::random() * f64::from(limit)) as u32
}
