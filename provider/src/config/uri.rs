use serde::{Serialize, Serializer};
use url::{Host, Url};

use super::UriError;

/// A URI that a client registered, and that is known to be usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegisteredUri {
    registered: String,
    url: Url,
    /// Whether its port is chosen anew at each sign-in.
    any_port: bool,
}

impl RegisteredUri {
    /// FCL-01, BCL-03: absolute, no fragment, and https unless it stays on this machine.
    pub(crate) fn parse(uri: &str) -> Result<Self, UriError> {
        let url = Url::parse(uri).map_err(|_| UriError::NotAbsolute)?;
        if uri.contains('#') {
            return Err(UriError::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UriError::Credentials);
        }
        if url.host().is_some_and(|host| !is_plain(&host)) {
            return Err(UriError::Host);
        }
        match url.scheme() {
            "https" if url.host().is_some() => {}
            "http" if is_loopback(&url) => {}
            _ => return Err(UriError::Insecure),
        }
        Ok(Self { registered: uri.to_owned(), url, any_port: false })
    }

    /// Where a native app is: at a scheme of its own, which has the dot of a reversed domain name (RFC 8252 section 7.1), on
    /// loopback at whatever port is free (section 7.3), or where any other app could be.
    pub(crate) fn parse_native(uri: &str) -> Result<Self, UriError> {
        match Self::parse(uri) {
            Ok(parsed) => Ok(Self { any_port: parsed.is_http(), ..parsed }),
            Err(UriError::Insecure) => {
                let url = Url::parse(uri).map_err(|_| UriError::NotAbsolute)?;
                match url.scheme().contains('.') {
                    true => Ok(Self { registered: uri.to_owned(), url, any_port: false }),
                    false => Err(UriError::Insecure),
                }
            }
            Err(why) => Err(why),
        }
    }

    /// The URI that a request asks for, if it is this one: by simple string comparison, but for the port of a native app on
    /// loopback (RFC 8252 section 7.3).
    pub(crate) fn asked_for(&self, requested: &str) -> Option<Self> {
        if self.matches(requested) {
            return Some(self.clone());
        }
        let other = Self::parse(requested).ok().filter(|other| self.any_port && other.is_http())?;
        // Written as it was registered but for the port, and not only the same in effect.
        let is_same = other.without_port()? == self.without_port()?;
        is_same.then_some(other)
    }

    /// What is written, without the digits of the port.
    fn without_port(&self) -> Option<String> {
        let rest = self.registered.strip_prefix("http://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        };
        Some(format!("{host}{path}"))
    }

    /// Whether it is `http`, which is on loopback only.
    pub(crate) fn is_http(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// Whether it is a page, which has an origin; that of a native app's own scheme is like no other.
    pub(crate) fn is_page(&self) -> bool {
        self.url.origin().is_tuple()
    }

    /// Whether a request's value is this one, by simple string comparison (RFC 3986 section 6.2.1).
    pub(crate) fn matches(&self, requested: &str) -> bool {
        self.registered == requested
    }

    /// The URI as it was registered.
    pub(crate) fn as_str(&self) -> &str {
        &self.registered
    }

    /// The URI to send somebody to.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Scheme, host and port, as browsers write them in `Origin`.
    pub(crate) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

impl Serialize for RegisteredUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.registered)
    }
}

/// Whether a host is nothing but a host. The parser takes more, such as `;`, `,` and `*`, which mean something in a content
/// security policy, where origins of apps are written.
fn is_plain(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)),
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    }
}

/// Whether this URL cannot leave the machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FCL-01, FCL-03, BCL-03, BCL-04, RPI-04
    #[test]
    fn only_absolute_uris_without_fragment_that_nobody_can_read_on_the_way() {
        let table = [
            ("https://app.example.com/callback", Ok(())),
            ("https://app.example.com/callback?tenant=1", Ok(())),
            ("http://127.0.0.1:4001/callback", Ok(())),
            ("http://[::1]:4001/callback", Ok(())),
            ("http://localhost:4001/callback", Ok(())),
            ("/callback", Err(UriError::NotAbsolute)),
            ("callback", Err(UriError::NotAbsolute)),
            ("https://app.example.com/#", Err(UriError::Fragment)),
            ("https://app.example.com/#top", Err(UriError::Fragment)),
            ("https://alice@app.example.com/", Err(UriError::Credentials)),
            ("https://alice:secret@app.example.com/", Err(UriError::Credentials)),
            ("https://!;x/callback", Err(UriError::Host)),
            ("https://a,b.example.com/callback", Err(UriError::Host)),
            ("https://*.example.com/callback", Err(UriError::Host)),
            ("https://'self'/callback", Err(UriError::Host)),
            ("http://app.example.com/callback", Err(UriError::Insecure)),
            ("http://127.0.0.1.example.com/callback", Err(UriError::Insecure)),
            ("http://localhost.example.com/callback", Err(UriError::Insecure)),
            ("ftp://127.0.0.1/callback", Err(UriError::Insecure)),
            ("javascript:alert(1)", Err(UriError::Insecure)),
            ("data:text/html,hello", Err(UriError::Insecure)),
        ];
        for (uri, expected) in table {
            assert_eq!(RegisteredUri::parse(uri).map(drop), expected, "{uri}");
        }
    }

    /// RFC 8252 sections 7.1 and 7.3
    #[test]
    fn where_a_native_app_can_be() {
        let table = [
            ("com.example.app:/callback", Ok(())),
            ("com.example.app://callback", Ok(())),
            ("https://app.example.com/callback", Ok(())),
            ("http://127.0.0.1/callback", Ok(())),
            ("http://[::1]:4001/callback", Ok(())),
            ("http://app.example.com/callback", Err(UriError::Insecure)),
            ("example:/callback", Err(UriError::Insecure)),
            ("javascript:alert(1)", Err(UriError::Insecure)),
            ("com.example.app:/callback#top", Err(UriError::Fragment)),
            ("com.example.app://alice@callback", Err(UriError::Credentials)),
        ];
        for (uri, expected) in table {
            assert_eq!(RegisteredUri::parse_native(uri).map(drop), expected, "{uri}");
        }
    }

    /// RFC 8252 section 7.3: the port is free, and nothing else is.
    #[test]
    fn a_native_app_on_loopback_chooses_its_port() {
        let table = [
            ("http://127.0.0.1/callback", "http://127.0.0.1:50123/callback", true),
            ("http://127.0.0.1:4001/callback", "http://127.0.0.1:50123/callback", true),
            ("http://127.0.0.1:4001/callback", "http://127.0.0.1/callback", true),
            ("http://[::1]/callback?a=b", "http://[::1]:50123/callback?a=b", true),
            ("http://127.0.0.1/callback", "http://127.0.0.1:50123/other", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1:50123/x/../callback", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1:50123/callback?a=b", false),
            ("http://127.0.0.1/callback", "http://127.0.0.1:50123/callback#", false),
            ("http://127.0.0.1/callback", "http://127.0.0.2:50123/callback", false),
            ("http://127.0.0.1/callback", "http://localhost:50123/callback", false),
            ("http://127.0.0.1/callback", "http://2130706433:50123/callback", false),
            ("http://127.0.0.1/callback", "http://alice@127.0.0.1:50123/callback", false),
            ("http://127.0.0.1/callback", "https://127.0.0.1:50123/callback", false),
            ("https://127.0.0.1/callback", "https://127.0.0.1:50123/callback", false),
            ("com.example.app://callback", "com.example.app://callback:50123", false),
        ];
        for (registered, requested, expected) in table {
            let registered = RegisteredUri::parse_native(registered).unwrap();
            let found = registered.asked_for(requested);
            assert_eq!(found.is_some(), expected, "{registered:?} {requested}");
            assert!(found.is_none_or(|found| found.as_str() == requested));
        }
        let of_web = RegisteredUri::parse("http://127.0.0.1/callback").unwrap();
        assert!(of_web.asked_for("http://127.0.0.1:50123/callback").is_none());
    }

    /// BCP-07, T-20
    #[test]
    fn a_match_is_exact() {
        let registered = RegisteredUri::parse("https://app.example.com/callback").unwrap();
        assert!(registered.matches("https://app.example.com/callback"));
        for other in [
            "https://app.example.com/callback/",
            "https://app.example.com/callback?x=1",
            "https://app.example.com/callback#",
            "https://app.example.com:443/callback",
            "https://APP.example.com/callback",
            "https://app.example.com/",
            "https://app.example.com/callback/../other",
            "*",
            "",
        ] {
            assert!(!registered.matches(other), "{other}");
        }
    }
}
