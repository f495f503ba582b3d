use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

use super::timer::timeout;

/// A [Web Lock](https://www.w3.org/TR/web-locks/) that this page waits for or holds; dropping it gives it up.
///
/// By reflection, because web-sys has `LockManager` as an unstable interface only.
pub(crate) struct WebLock {
    abort: AbortController,
    /// Ends the holding; none while the page waits.
    release: Rc<RefCell<Option<Function>>>,
}

impl WebLock {
    /// Waits for the lock of this name, and calls `granted` once when it is this page's; or where the browser gives no
    /// locks to it, so that each page is on its own.
    ///
    /// None if the browser has no Web Locks at all.
    pub(crate) fn request(name: &str, granted: impl Fn() + 'static) -> Option<Self> {
        let locks = Reflect::get(&web_sys::window()?.navigator(), &JsValue::from_str("locks")).ok()?;
        let request = Reflect::get(&locks, &JsValue::from_str("request")).ok()?.dyn_into::<Function>().ok()?;
        let abort = AbortController::new().ok()?;
        let signal = abort.signal();
        let options = Object::new();
        Reflect::set(&options, &JsValue::from_str("signal"), &signal).ok()?;
        let (granted, release) = (Rc::new(granted), Rc::<RefCell<Option<Function>>>::default());
        let hold = {
            let (granted, release, signal) = (Rc::clone(&granted), Rc::clone(&release), signal.clone());
            move || -> JsValue {
                if signal.aborted() {
                    return JsValue::UNDEFINED;
                }
                // The lock is held until this promise is settled.
                let held = Promise::new(&mut |resolve, _reject| drop(release.replace(Some(resolve))));
                granted();
                held.into()
            }
        };
        let hold = Closure::once_into_js(hold);
        let done = request.call3(&locks, &JsValue::from_str(name), &options, &hold).ok()?.dyn_into::<Promise>().ok()?;
        spawn_local(async move {
            // Given up before it was this page's turn, it is rejected as well.
            if JsFuture::from(done).await.is_err() && !signal.aborted() {
                granted();
            }
        });
        Some(Self { abort, release })
    }
}

/// What became of waiting for a lock.
pub(crate) enum Turn {
    /// It is this page's, until this is dropped; none where the browser has no Web Locks, so that each page is on its own.
    Granted(Option<WebLock>),
    /// Another page had it all the time.
    TimedOut,
}

impl WebLock {
    /// Waits for the lock of this name, for at most so many milliseconds.
    pub(crate) async fn wait(name: &str, patience: u32) -> Turn {
        let mut lock = None;
        let granted = Promise::new(&mut |resolve: Function, _reject| {
            lock = Self::request(name, move || {
                // A promise's own function does not throw.
                _ = resolve.call1(&JsValue::UNDEFINED, &JsValue::TRUE);
            });
        });
        if lock.is_none() {
            return Turn::Granted(None);
        }
        let first = JsFuture::from(Promise::race(&Array::of2(&granted, &timeout(patience)))).await;
        if first.is_ok_and(|first| first.is_truthy()) { Turn::Granted(lock) } else { Turn::TimedOut }
    }
}

impl Drop for WebLock {
    fn drop(&mut self) {
        self.abort.abort();
        if let Some(release) = self.release.take() {
            // A promise's own function does not throw.
            _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}
