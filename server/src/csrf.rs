//! Cross-site request forgery: a form post counts only from our own pages, and with the token of the session.

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::Origin;

/// Why a post is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum CsrfError {
    /// The browser says that another origin sent it, or nothing says where it came from.
    #[error("the form was not sent by this app's own page")]
    Foreign,
    /// The token is missing or another session's.
    #[error("the form is out of date")]
    WrongToken,
}

/// Refuses a request unless `Sec-Fetch-Site` says `same-origin` or, without that header, `Origin` is our own.
///
/// A sibling port is the same *site*, so cookies with `SameSite` do not help there.
pub(crate) fn require_same_origin(headers: &HeaderMap, own: &Origin) -> Result<(), CsrfError> {
    let own_page = match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes() == own.to_string().as_bytes()),
    };
    if own_page { Ok(()) } else { Err(CsrfError::Foreign) }
}

/// A session's token: 128 bits from the system's random number generator.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct CsrfToken(String);

impl CsrfToken {
    pub(crate) fn random() -> Self {
        Self(random_text::<16>())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares in constant time.
    pub(crate) fn check(&self, given: &str) -> Result<(), CsrfError> {
        if bool::from(self.0.as_bytes().ct_eq(given.as_bytes())) { Ok(()) } else { Err(CsrfError::WrongToken) }
    }
}

impl std::fmt::Debug for CsrfToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CsrfToken")
    }
}

/// `BYTES` random bytes as base64url.
pub(crate) fn random_text<const BYTES: usize>() -> String {
    let mut bytes = [0; BYTES];
    // The system's generator fails only where the process may not read it at all; then nothing can be secure.
    #[allow(clippy::expect_used)]
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has a random number generator");
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_post() {
        let own = Origin::parse("http://127.0.0.1:4001").unwrap();
        let table: [(&[(&'static str, &str)], bool); 8] = [
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:4001")], false),
            (&[("origin", "http://127.0.0.1:4001")], true),
            (&[("origin", "http://127.0.0.1:4002")], false),
            (&[], false),
        ];
        for (sent, accepted) in table {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.insert(*name, value.parse().unwrap());
            }
            assert_eq!(require_same_origin(&headers, &own).is_ok(), accepted, "{sent:?}");
        }
    }

    #[test]
    fn a_token_is_long_random_and_checked_whole() {
        let token = CsrfToken::random();
        assert!(token.check(token.as_str()).is_ok());
        for wrong in ["", &token.as_str()[1..], &format!("{}x", token.as_str()), CsrfToken::random().as_str()] {
            assert_eq!(token.check(wrong), Err(CsrfError::WrongToken));
        }
        assert_eq!(token.as_str().len(), 22);
        assert!(!format!("{token:?}").contains(token.as_str()));
    }
}
