use std::net::IpAddr;

use url::{Host, Url};

/// Whether a URL of the provider may be used: https, or http to this very machine.
pub(crate) fn https_or_loopback(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host().is_some_and(|host| match host {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => IpAddr::V4(address).is_loopback(),
            Host::Ipv6(address) => IpAddr::V6(address).is_loopback(),
        }),
        _ => false,
    }
}
