//! What makes a request an [`AuthorizationRequest`](super::AuthorizationRequest): a file per check.

pub(super) mod claims;
pub(super) mod hint;
pub(super) mod max_age;
pub(super) mod pkce;
pub(super) mod prompt;
pub(super) mod response;
pub(super) mod scope;
mod target;

pub(crate) use prompt::Prompt;
pub(crate) use target::Target;

#[cfg(test)]
pub(super) fn params(query: &str) -> crate::http::Params {
    crate::http::Params::parse(query.as_bytes(), super::request::PARAMETERS).unwrap()
}
