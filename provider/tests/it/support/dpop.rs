use dpop::{Key, Request};

use super::ISSUER;

/// The key of an app that proves it (RFC 9449), and what the provider said last.
pub(crate) struct DpopKey {
    key: Key,
    pub(crate) nonce: Option<String>,
}

impl DpopKey {
    pub(crate) fn new() -> Self {
        Self { key: Key::generate().unwrap(), nonce: None }
    }

    pub(crate) fn thumbprint(&self) -> String {
        self.key.thumbprint()
    }

    /// A new proof for this endpoint, with the nonce that is known.
    pub(crate) fn proof(&self, method: &str, path: &str, access_token: Option<&str>, now: u64) -> String {
        let url = format!("{ISSUER}{path}");
        self.key.prove(&Request { method, url: &url, access_token, nonce: self.nonce.as_deref(), now }).unwrap()
    }
}
