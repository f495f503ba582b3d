use serde::{Serialize, Serializer};
use url::{Host, Url};

use super::UriError;

/// A URI that a client registered, and that is known to be usable.
#[derive(Clone, Debug)]
pub(crate) struct RegisteredUri {
    registered: String,
    url: Url,
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
        match url.scheme() {
            "https" if url.host().is_some() => {}
            "http" if is_loopback(&url) => {}
            _ => return Err(UriError::Insecure),
        }
        Ok(Self { registered: uri.to_owned(), url })
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
