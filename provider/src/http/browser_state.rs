use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::Cookies;
use crate::secret::{Opaque, RandomError};
use crate::session_state::session_state;

/// The OP browser state: what `session_state` is made of, and the frame of [`check_session`](crate::check_session) looks at
/// ([Session Management 1.0 section 3.2](https://openid.net/specs/openid-connect-session-1_0.html#OPiframe)).
///
/// A random value in a cookie that script can read (SM-18): that another one stands there says that somebody signed in or
/// out, and nothing else. It signs nobody in, and is renewed by a sign-in and a sign-out only (SM-17).
#[derive(Clone, Debug)]
pub(crate) struct BrowserState {
    value: Opaque,
    /// One for each answer, so that nobody can tell that two are about the same state. SM-19
    salt: Opaque,
    is_new: bool,
}

impl BrowserState {
    /// That of the browser that sent this request; one that has none, or one that we did not make, is given its own by
    /// [`Self::attach`].
    pub(crate) fn of(cookies: &Cookies, headers: &HeaderMap) -> Result<Self, RandomError> {
        match cookies.browser_state(headers).filter(Opaque::is_well_formed) {
            Some(value) => Ok(Self { value, salt: Opaque::random()?, is_new: false }),
            None => Self::renewed(),
        }
    }

    /// One that differs from whatever the browser has.
    pub(crate) fn renewed() -> Result<Self, RandomError> {
        Ok(Self { value: Opaque::random()?, salt: Opaque::random()?, is_new: true })
    }

    /// The `session_state` of an app's answer in this browser.
    pub(crate) fn session_state(&self, client_id: &str, origin: &str) -> String {
        session_state(client_id, origin, self.value.as_str(), self.salt.as_str())
    }

    /// Gives the browser a new state.
    pub(crate) fn attach(&self, cookies: &Cookies, response: &mut Response) {
        if let (true, Some(cookie)) = (self.is_new, cookies.set_browser_state(&self.value)) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::config::CookieSameSite;

    fn presented(cookie: &str) -> BrowserState {
        let cookies = Cookies::new(&"http://localhost:4000".parse().unwrap(), CookieSameSite::Lax);
        let header = HeaderValue::from_str(&format!("curfew-op-4000-state={cookie}")).unwrap();
        BrowserState::of(&cookies, &HeaderMap::from_iter([(header::COOKIE, header)])).unwrap()
    }

    /// SM-21
    #[test]
    fn a_state_that_is_none_of_ours_is_replaced() {
        let ours = "0123456789abcdefghijklmnopqrstuvwxyzABC-_EF";
        assert!(!presented(ours).is_new);
        for theirs in ["x", &ours[1..], &format!("{ours}x"), &ours.replace('-', " "), &ours.replace('-', "\"")] {
            assert!(presented(theirs).is_new, "{theirs}");
        }
    }
}
