//! How claims are read: with bounds, and with a difference between absent and wrong.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The longest `sid`, `sub` or `jti` that is read, in bytes (OpenID Connect Core 1.0 section 2 allows 255 for `sub`).
pub(crate) const MAX_IDENTIFIER: usize = 512;

/// The last second of the year 9999: no claim is later, and sums with lifetimes cannot overflow.
const MAX_DATE: f64 = 253_402_300_799.0;

/// For `#[serde(default, deserialize_with = "present")]`: a member that is `null` is there, and is wrong.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A JSON object, and nothing else: serde would take an array for a struct, its items for the members in their order.
pub(crate) fn from_object<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    text.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(text).ok()).flatten()
}

/// A non-empty string of at most [`MAX_IDENTIFIER`] bytes without control characters.
pub(crate) fn identifier(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| is_identifier(text))
}

/// Whether a sign-out can name a session (`sid`) or a user (`sub`) so: not empty, at most 512 bytes, no control characters. An
/// app must not sign anybody in under another, because it could never be told of the end.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_IDENTIFIER && !text.chars().any(char::is_control)
}

/// A NumericDate (RFC 7519 section 2) in whole seconds; fractions are cut off.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
pub(crate) fn numeric_date(value: &Value) -> Option<u64> {
    let seconds = value.as_f64()?;
    (0.0..=MAX_DATE).contains(&seconds).then_some(seconds as u64)
}

/// Whether `aud`, a string or an array of strings, names this audience.
pub(crate) fn audience_names(aud: &Value, audience: &str) -> bool {
    match aud {
        Value::String(one) => one == audience,
        Value::Array(many) => many.iter().any(|one| one.as_str() == Some(audience)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dates_are_seconds_within_reason() {
        for (value, expected) in [
            (json!(0), Some(0)),
            (json!(1_700_000_000), Some(1_700_000_000)),
            (json!(100.9), Some(100)),
            (json!(-1), None),
            (json!(1e300), None),
            (json!(u64::MAX), None),
            (json!("100"), None),
            (json!(null), None),
        ] {
            assert_eq!(numeric_date(&value), expected, "{value}");
        }
    }

    #[test]
    fn identifiers_are_short_text() {
        assert_eq!(identifier(&json!("s1")), Some("s1"));
        for wrong in
            [json!(""), json!(null), json!(7), json!(["s1"]), json!("a\nb"), json!("x".repeat(MAX_IDENTIFIER + 1))]
        {
            assert_eq!(identifier(&wrong), None, "{wrong}");
        }
    }

    /// BCL-32
    #[test]
    fn an_audience_is_named_alone_or_among_others() {
        for (aud, expected) in [
            (json!("app"), true),
            (json!(["other", "app"]), true),
            (json!("other"), false),
            (json!(["other"]), false),
            (json!([]), false),
            (json!([["app"]]), false),
            (json!({"app": true}), false),
            (json!(null), false),
        ] {
            assert_eq!(audience_names(&aud, "app"), expected, "{aud}");
        }
    }
}
