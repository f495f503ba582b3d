use js_sys::Date;
use wasm_bindgen::JsValue;

/// Milliseconds since the Unix epoch, by this machine's clock.
pub(crate) fn now_millis() -> f64 {
    Date::now()
}

/// Seconds since the Unix epoch, by this machine's clock.
pub(crate) fn now() -> u64 {
    (now_millis() / 1000.0) as u64
}

/// Shows a time (seconds since the Unix epoch) by the user's locale and time zone.
pub(crate) fn moment(seconds: u64) -> String {
    let date = Date::new(&JsValue::from_f64(seconds as f64 * 1000.0));
    date.to_locale_string("default", &JsValue::UNDEFINED).into()
}
