//! What makes a request an [`AuthorizationRequest`](super::AuthorizationRequest): a file per check.

pub(super) mod claims;
pub(super) mod dpop_jkt;
pub(super) mod hint;
pub(super) mod max_age;
pub(super) mod pkce;
pub(super) mod prompt;
pub(super) mod response;
pub(super) mod scope;
mod target;

pub(crate) use prompt::Prompt;
pub(crate) use target::Target;

/// Whether this can be a SHA-256 digest in base64url.
fn is_sha256(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
pub(super) fn params(query: &str) -> crate::http::Params {
    crate::http::Params::parse(query.as_bytes(), super::request::PARAMETERS).unwrap()
}

/// A client that is registered for these.
#[cfg(test)]
pub(super) fn client(response_types: &[crate::config::ResponseType]) -> crate::config::Client {
    let config = serde_json::json!({"client_id": "app", "name": "App", "redirect_uris": ["https://app.example.com/"]});
    let mut client = crate::config::Client::of(&serde_json::from_value(config).unwrap());
    client.response_types = response_types.iter().copied().collect();
    client
}
