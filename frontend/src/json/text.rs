//! Reading JSON: by the browser's own `JSON.parse`, which costs 0.5 kB where serde_json costs 5 kB (brotli). On the host,
//! where the tests run, serde_json stands in for it.

use super::Json;
use super::value::{MAX_DEPTH, MAX_NUMBER};

/// A number, if it is whole and no reader of JSON changes it.
fn number(number: f64) -> Json {
    // Both ends are exact as f64, and what lies between them and is whole is exact as i64.
    if number.fract() == 0.0 && number.abs() <= MAX_NUMBER as f64 { Json::Number(number as i64) } else { Json::Other }
}

#[cfg(target_arch = "wasm32")]
pub(super) use browser::read;
#[cfg(not(target_arch = "wasm32"))]
pub(super) use host::read;

#[cfg(target_arch = "wasm32")]
mod browser {
    use js_sys::{Array, JSON, Object};
    use wasm_bindgen::{JsCast, JsValue};

    use super::{Json, MAX_DEPTH, number};

    pub(crate) fn read(text: &str) -> Option<Json> {
        convert(&JSON::parse(text).ok()?, MAX_DEPTH)
    }

    fn convert(value: &JsValue, depth: usize) -> Option<Json> {
        Some(if value.is_null() {
            Json::Null
        } else if let Some(flag) = value.as_bool() {
            Json::Flag(flag)
        } else if let Some(float) = value.as_f64() {
            number(float)
        } else if let Some(text) = value.as_string() {
            Json::Text(text)
        } else {
            let depth = depth.checked_sub(1)?;
            if let Some(list) = value.dyn_ref::<Array>() {
                Json::List(list.iter().map(|value| convert(&value, depth)).collect::<Option<_>>()?)
            } else {
                let fields = Object::entries(value.unchecked_ref());
                let field = |entry: JsValue| {
                    let entry: Array = entry.unchecked_into();
                    Some((entry.get(0).as_string()?, convert(&entry.get(1), depth)?))
                };
                Json::Object(fields.iter().map(field).collect::<Option<_>>()?)
            }
        })
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod host {
    use serde_json::Value;

    use super::{Json, MAX_DEPTH, number};

    pub(crate) fn read(text: &str) -> Option<Json> {
        convert(serde_json::from_str(text).ok()?, MAX_DEPTH)
    }

    fn convert(value: Value, depth: usize) -> Option<Json> {
        Some(match value {
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::Flag(flag),
            Value::Number(float) => number(float.as_f64()?),
            Value::String(text) => Json::Text(text),
            Value::Array(list) => {
                let depth = depth.checked_sub(1)?;
                Json::List(list.into_iter().map(|value| convert(value, depth)).collect::<Option<_>>()?)
            }
            Value::Object(fields) => {
                let depth = depth.checked_sub(1)?;
                let field = |(name, value)| Some((name, convert(value, depth)?));
                Json::Object(fields.into_iter().map(field).collect::<Option<_>>()?)
            }
        })
    }
}
