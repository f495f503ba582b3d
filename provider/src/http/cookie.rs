use axum::http::{HeaderMap, HeaderValue, header};
use url::Url;

use crate::config::CookieSameSite;
use crate::secret::Opaque;

const HTTP_ONLY: &str = "HttpOnly; ";

/// The names and attributes of the provider's cookies. Cookies ignore ports, so the names carry the port.
#[derive(Clone, Debug)]
pub(crate) struct Cookies {
    session: String,
    browser: String,
    browser_state: String,
    attributes: &'static str,
}

impl Cookies {
    pub(crate) fn new(issuer: &Url, same_site: CookieSameSite) -> Self {
        let https = issuer.scheme() == "https";
        let prefix = if https { "__Host-" } else { "" };
        let port = issuer.port_or_known_default().unwrap_or_default();
        let attributes = match (same_site, https) {
            (CookieSameSite::Lax, false) => "SameSite=Lax",
            (CookieSameSite::Lax, true) => "SameSite=Lax; Secure",
            (CookieSameSite::None, _) => "SameSite=None; Secure",
        };
        Self {
            session: format!("{prefix}curfew-op-{port}"),
            browser: format!("{prefix}curfew-op-{port}-browser"),
            browser_state: format!("{prefix}curfew-op-{port}-state"),
            attributes,
        }
    }

    /// The value of the cookie that stands for the session.
    pub(crate) fn session(&self, headers: &HeaderMap) -> Option<Opaque> {
        get(headers, &self.session)
    }

    /// The value of the cookie that ties pending requests to this browser. It signs nobody in.
    pub(crate) fn browser(&self, headers: &HeaderMap) -> Option<Opaque> {
        get(headers, &self.browser)
    }

    /// The value of the cookie that changes when somebody signs in or out.
    pub(crate) fn browser_state(&self, headers: &HeaderMap) -> Option<Opaque> {
        get(headers, &self.browser_state)
    }

    /// Where the frame's script finds it.
    pub(crate) fn browser_state_name(&self) -> &str {
        &self.browser_state
    }

    pub(crate) fn set_session(&self, value: &Opaque) -> Option<HeaderValue> {
        self.set(&self.session, value.as_str(), HTTP_ONLY, "")
    }

    pub(crate) fn set_browser(&self, value: &Opaque) -> Option<HeaderValue> {
        self.set(&self.browser, value.as_str(), HTTP_ONLY, "")
    }

    /// SM-18: the one cookie that script can read.
    pub(crate) fn set_browser_state(&self, value: &Opaque) -> Option<HeaderValue> {
        self.set(&self.browser_state, value.as_str(), "", "")
    }

    /// Removes the session's cookie.
    pub(crate) fn clear_session(&self) -> Option<HeaderValue> {
        self.set(&self.session, "", HTTP_ONLY, "; Max-Age=0")
    }

    fn set(&self, name: &str, value: &str, access: &str, expiry: &str) -> Option<HeaderValue> {
        let attributes = self.attributes;
        let mut cookie =
            HeaderValue::from_str(&format!("{name}={value}; Path=/; {access}{attributes}{expiry}")).ok()?;
        cookie.set_sensitive(true);
        Some(cookie)
    }
}

fn get(headers: &HeaderMap, name: &str) -> Option<Opaque> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(found, value)| *found == name && !value.is_empty())
        .map(|(_, value)| Opaque::presented(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(issuer: &str, same_site: CookieSameSite) -> String {
        let cookies = Cookies::new(&Url::parse(issuer).unwrap(), same_site);
        cookies.set_session(&Opaque::presented("v")).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn attributes() {
        use CookieSameSite::{Lax, None};
        assert_eq!(set("http://localhost:4000", Lax), "curfew-op-4000=v; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(set("http://localhost:4000", None), "curfew-op-4000=v; Path=/; HttpOnly; SameSite=None; Secure");
        assert_eq!(
            set("https://op.example.com", Lax),
            "__Host-curfew-op-443=v; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
    }

    /// SM-18
    #[test]
    fn script_can_read_the_browser_state_and_nothing_else() {
        let set = |issuer: &str, same_site| {
            let cookies = Cookies::new(&Url::parse(issuer).unwrap(), same_site);
            let value = Opaque::presented("v");
            let cookie = cookies.set_browser_state(&value).unwrap().to_str().unwrap().to_owned();
            assert!(cookie.starts_with(&format!("{}=v; ", cookies.browser_state_name())));
            for hidden in [cookies.set_session(&value), cookies.set_browser(&value), cookies.clear_session()] {
                assert!(hidden.unwrap().to_str().unwrap().contains("; HttpOnly; "));
            }
            cookie
        };
        use CookieSameSite::{Lax, None};
        assert_eq!(set("http://localhost:4000", Lax), "curfew-op-4000-state=v; Path=/; SameSite=Lax");
        assert_eq!(set("http://localhost:4000", None), "curfew-op-4000-state=v; Path=/; SameSite=None; Secure");
        assert_eq!(set("https://op.example.com", Lax), "__Host-curfew-op-443-state=v; Path=/; SameSite=Lax; Secure");
    }

    #[test]
    fn the_cookie_is_found_among_others_by_its_whole_name() {
        let cookies = Cookies::new(&Url::parse("http://localhost:4000").unwrap(), CookieSameSite::Lax);
        let find = |header: &'static str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(header))]);
            cookies.session(&headers).map(|value| value.as_str().to_owned())
        };
        assert_eq!(find("a=b; curfew-op-4000=v; c=d"), Some("v".to_owned()));
        assert_eq!(find("curfew-op-4000-browser=x; curfew-op-40001=y; xcurfew-op-4000=z"), None);
        assert_eq!(find("curfew-op-4000="), None);
        assert_eq!(find("curfew-op-4000"), None);
    }
}
