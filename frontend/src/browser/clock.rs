use app::app_b::Moment;
use js_sys::{Date, JsString};
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
pub(crate) fn moment(seconds: u64) -> Moment {
    // The largest time that a JavaScript date can hold; `toISOString` throws beyond it.
    const MAX_SECONDS: u64 = 8_640_000_000_000;
    let date = Date::new(&JsValue::from_f64(seconds.min(MAX_SECONDS) as f64 * 1000.0));
    let iso: JsString = date.to_iso_string();
    let shown = date.to_locale_string("default", &JsValue::UNDEFINED);
    Moment { iso: iso.into(), shown: shown.into() }
}
