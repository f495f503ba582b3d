use js_sys::{Function, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlIFrameElement, MessageEvent};

use super::timer::timeout;
use super::{Browser, FetchError};

/// Loads an address in a hidden frame and gives what the page of this origin says at which it arrives in the end; or
/// nothing, after so many milliseconds. The frame is gone by then.
///
/// Nobody else is heard: neither other origins nor other frames, nor an earlier frame of this page.
pub(crate) async fn ask_in_frame(browser: &Browser, address: &str, patience: u32) -> Result<String, FetchError> {
    let frame = browser.document.create_element("iframe").map_err(|_| FetchError::Network)?;
    let frame: HtmlIFrameElement = frame.dyn_into().map_err(|_| FetchError::Network)?;
    frame.set_hidden(true);
    frame.set_title("Renews this app's access");
    frame.set_src(address);
    let mut listener = None;
    let heard = Promise::new(&mut |resolve: Function, _reject| {
        let (frame, origin) = (frame.clone(), browser.origin());
        let closure = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let is_own = event.origin() == origin && event.source().is_some_and(|source| is_window_of(&source, &frame));
            if is_own && event.data().is_string() {
                _ = resolve.call1(&JsValue::UNDEFINED, &event.data());
            }
        });
        _ = browser.window.add_event_listener_with_callback("message", closure.as_ref().unchecked_ref());
        listener = Some(closure);
    });
    let appended = browser.body.append_child(&frame);
    let answer = match appended {
        Ok(_) => JsFuture::from(Promise::race(&js_sys::Array::of2(&heard, &timeout(patience)))).await,
        Err(error) => Err(error),
    };
    frame.remove();
    if let Some(listener) = listener {
        _ = browser.window.remove_event_listener_with_callback("message", listener.as_ref().unchecked_ref());
    }
    answer.ok().and_then(|answer| answer.as_string()).ok_or(FetchError::TimedOut)
}

fn is_window_of(source: &js_sys::Object, frame: &HtmlIFrameElement) -> bool {
    frame.content_window().is_some_and(|window| JsValue::from(window) == JsValue::from(source.clone()))
}
