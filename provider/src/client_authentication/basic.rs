use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use crate::token::TokenError;

/// What came by HTTP Basic authentication.
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// The credentials of the `Authorization` header, if there is one.
pub(crate) fn credentials(headers: &HeaderMap) -> Result<Option<Credentials>, TokenError> {
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    match (authorization.next(), authorization.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => basic(value.as_bytes()).map(Some).ok_or(TokenError::MalformedAuthorization),
        (Some(_), Some(_)) => Err(TokenError::MalformedAuthorization),
    }
}

/// RFC 6749 section 2.3.1: both halves are form-encoded before they are put together.
fn basic(value: &[u8]) -> Option<Credentials> {
    let (scheme, encoded) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some(Credentials { id: form_decode(id)?, secret: form_decode(secret)? })
}

fn form_decode(encoded: &str) -> Option<String> {
    // As the name of a form's only pair, whatever separators it is written with.
    let escaped = encoded.replace('&', "%26").replace('=', "%3D");
    match form_urlencoded::parse(escaped.as_bytes()).next() {
        Some((name, _)) => Some(name.into_owned()),
        None => encoded.is_empty().then(String::new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_are_form_decoded() {
        let table = [
            ("app:secret", Some(("app", "secret"))),
            ("a%3Ab:s%2Bt+u%25", Some(("a:b", "s+t u%"))),
            ("app:a:b", Some(("app", "a:b"))),
            ("app:a&b=c", Some(("app", "a&b=c"))),
            ("app:", Some(("app", ""))),
            ("app", None),
        ];
        for (clear, expected) in table {
            let value = format!("Basic {}", STANDARD.encode(clear));
            let found = basic(value.as_bytes());
            let found = found.as_ref().map(|found| (found.id.as_str(), found.secret.as_str()));
            assert_eq!(found, expected, "{clear}");
        }
    }

    #[test]
    fn what_is_not_basic_is_refused() {
        for value in ["", "Basic", "Bearer YTpi", "Basic !!!", "Basic /w==", "YTpi"] {
            assert!(basic(value.as_bytes()).is_none(), "{value}");
        }
        assert!(basic(b"bAsIc YTpi").is_some());
    }
}
