//! Where a party lives.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::Deserialize;
use url::{Host, Url};

/// An origin: scheme, host and port, no path. Always https, or http on a loopback host, because browsers offer WebCrypto
/// and Web Locks to such pages only.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(Url);

/// Why a text is not an origin.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// Not a URL.
    #[error("`{0}` is not a URL; write an origin such as https://app.example or http://localhost:4000")]
    NotAUrl(String),
    /// More than scheme, host and port.
    #[error("`{0}` has more than scheme, host and port; leave path, query, fragment and user name out")]
    NotAnOrigin(String),
    /// Plain http on a host that is not loopback, or another scheme.
    #[error("`{0}` is neither https nor http on a loopback host (localhost, 127.0.0.1, [::1])")]
    Insecure(String),
    /// A port that browsers refuse to open.
    #[error("browsers refuse to open port {0}; choose another")]
    BlockedPort(u16),
}

/// Ports that browsers refuse to connect to (Fetch Standard, "port blocking").
#[rustfmt::skip]
const BLOCKED_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
    111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
    540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
    6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

impl Origin {
    /// Parses and checks an origin.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(|_| OriginError::NotAUrl(text.to_owned()))?;
        let loopback_http = url.scheme() == "http" && is_loopback(&url);
        if url.scheme() != "https" && !loopback_http {
            return Err(OriginError::Insecure(text.to_owned()));
        }
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !bare || url.password().is_some() {
            return Err(OriginError::NotAnOrigin(text.to_owned()));
        }
        match url.port_or_known_default() {
            Some(port) if BLOCKED_PORTS.contains(&port) => Err(OriginError::BlockedPort(port)),
            _ => Ok(Self(url)),
        }
    }

    /// The port, also where it is the scheme's default.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// Whether cookies can be `Secure` without the loopback exception.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether a browser takes this and another origin for one site, as far as that can be told without a list of public
    /// suffixes: one host, or one a subdomain of the other, by the same scheme.
    #[must_use]
    pub fn is_one_site_with(&self, url: &str) -> bool {
        let Ok(other) = Url::parse(url) else { return false };
        let is_below = |host: &str, parent: &str| host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'));
        let is_one = match (self.0.host(), other.host()) {
            (Some(Host::Domain(one)), Some(Host::Domain(two))) => {
                one == two || is_below(one, two) || is_below(two, one)
            }
            (one, two) => one == two,
        };
        is_one && self.0.scheme() == other.scheme()
    }

    /// An absolute URL on this origin; `path` begins with `/`.
    #[must_use]
    pub fn with_path(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// The addresses to listen on when the configuration names none: `localhost` is both loopback families, an address is
    /// itself, and any other name stands behind a proxy, so nothing can be said.
    #[must_use]
    pub fn listen_addresses(&self) -> Vec<SocketAddr> {
        let port = self.port();
        let loopback = |address: IpAddr| SocketAddr::new(address, port);
        match self.0.host() {
            Some(Host::Domain("localhost")) => {
                vec![loopback(Ipv4Addr::LOCALHOST.into()), loopback(Ipv6Addr::LOCALHOST.into())]
            }
            Some(Host::Ipv4(address)) if address.is_loopback() => vec![loopback(address.into())],
            Some(Host::Ipv6(address)) if address.is_loopback() => vec![loopback(address.into())],
            _ => Vec::new(),
        }
    }
}

/// Whether this URL leads to this machine, whatever resolves names.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Without a trailing slash, as browsers write the `Origin` header.
impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_https_or_loopback_and_nothing_more() {
        for good in ["http://localhost:4000", "http://127.0.0.1:4001", "http://[::1]:4002", "https://app.example"] {
            assert_eq!(Origin::parse(good).expect(good).to_string(), good);
        }
        assert_eq!(Origin::parse("http://localhost:4000/").expect("a bare slash").to_string(), "http://localhost:4000");
        for (bad, why) in [
            ("localhost:4000", "neither https"),
            ("", "not a URL"),
            ("http://app.example", "neither https"),
            ("http://op.localhost:4000", "neither https"),
            ("ftp://localhost", "neither https"),
            ("https://app.example/path", "more than scheme"),
            ("https://app.example/?q", "more than scheme"),
            ("https://app.example/#f", "more than scheme"),
            ("https://me@app.example", "more than scheme"),
            ("http://localhost:6000", "port 6000"),
        ] {
            let message = Origin::parse(bad).expect_err(bad).to_string();
            assert!(message.contains(why), "{bad}: {message}");
        }
    }

    #[test]
    fn localhost_is_both_families_and_an_address_is_itself() {
        let addresses = |text| Origin::parse(text).expect(text).listen_addresses();
        assert_eq!(addresses("http://localhost:4000").len(), 2);
        assert_eq!(addresses("http://127.0.0.1:4001"), ["127.0.0.1:4001".parse().unwrap()]);
        assert!(addresses("https://app.example").is_empty());
    }
}
