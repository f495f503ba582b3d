use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::TokenError;
use crate::config::{Client, Registry};
use crate::http::Params;

/// Who sends the request: by `client_secret_basic`, or for public clients by name alone (OpenID Connect Core 1.0 section 9).
pub(crate) fn authenticate(
    headers: &HeaderMap,
    params: &Params,
    registry: &Registry,
) -> Result<Arc<Client>, TokenError> {
    if params.get("client_secret").is_some() {
        return Err(TokenError::UnsupportedAuthentication);
    }
    match basic_credentials(headers)? {
        Some(credentials) => {
            let client = confidential(&credentials, registry)?;
            match params.get("client_id") {
                Some(client_id) if client_id != client.client_id => Err(TokenError::TwoClients),
                _ => Ok(client),
            }
        }
        None => {
            let client_id = params.get("client_id").ok_or(TokenError::NoClient)?;
            registry
                .client(client_id)
                .filter(|client| client.is_public())
                .cloned()
                .ok_or(TokenError::ClientAuthentication)
        }
    }
}

/// What came by HTTP Basic authentication.
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// The credentials of the `Authorization` header, if there is one.
pub(crate) fn basic_credentials(headers: &HeaderMap) -> Result<Option<Credentials>, TokenError> {
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    match (authorization.next(), authorization.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => basic(value.as_bytes()).map(Some).ok_or(TokenError::MalformedAuthorization),
        (Some(_), Some(_)) => Err(TokenError::MalformedAuthorization),
    }
}

fn confidential(credentials: &Credentials, registry: &Registry) -> Result<Arc<Client>, TokenError> {
    let client = registry.client(&credentials.id).ok_or(TokenError::ClientAuthentication)?;
    let secret = client.client_secret.as_ref().ok_or(TokenError::ClientAuthentication)?;
    if secret.is(&credentials.secret) { Ok(Arc::clone(client)) } else { Err(TokenError::ClientAuthentication) }
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
