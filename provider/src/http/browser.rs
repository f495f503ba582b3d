use aws_lc_rs::hmac;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Cookies;
use crate::secret::{Hash, Opaque, RandomError};

/// The browser that a pending request belongs to, known by a cookie that signs nobody in. What one browser began,
/// another cannot go on with.
#[derive(Debug)]
pub(crate) struct Browser {
    cookie: Opaque,
    is_new: bool,
}

impl Browser {
    /// The browser that sent this request; one that is seen for the first time is given its cookie by [`Self::attach`].
    pub(crate) fn of(cookies: &Cookies, headers: &HeaderMap) -> Result<Self, RandomError> {
        Ok(match cookies.browser(headers) {
            Some(cookie) => Self { cookie, is_new: false },
            None => Self { cookie: Opaque::random()?, is_new: true },
        })
    }

    pub(crate) fn hash(&self) -> Hash {
        self.cookie.hash()
    }

    /// Gives a new browser its cookie.
    pub(crate) fn attach(&self, cookies: &Cookies, response: &mut Response) {
        if let (true, Some(cookie)) = (self.is_new, cookies.set_browser(&self.cookie)) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }

    /// The token of the form that answers the request with this handle. Nobody without the cookie can make it.
    pub(crate) fn csrf_token(&self, handle: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.csrf_key(), handle.as_bytes()))
    }

    /// Whether this is the token of that form, in constant time.
    pub(crate) fn is_csrf_token(&self, handle: &str, presented: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(presented)
            .is_ok_and(|tag| hmac::verify(&self.csrf_key(), handle.as_bytes(), &tag).is_ok())
    }

    fn csrf_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.cookie.as_str().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CookieSameSite;

    #[test]
    fn a_csrf_token_is_good_for_one_browser_and_one_form() {
        let cookies = Cookies::new(&"http://localhost:4000".parse().unwrap(), CookieSameSite::Lax);
        let browser = Browser::of(&cookies, &HeaderMap::new()).unwrap();
        let other = Browser::of(&cookies, &HeaderMap::new()).unwrap();
        let token = browser.csrf_token("form");
        assert!(browser.is_csrf_token("form", &token));
        assert!(!browser.is_csrf_token("another form", &token));
        assert!(!browser.is_csrf_token("form", ""));
        assert!(!browser.is_csrf_token("form", &token[1..]));
        assert!(!other.is_csrf_token("form", &token));
    }
}
