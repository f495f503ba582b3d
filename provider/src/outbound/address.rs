//! Which addresses can be called by everybody: pure functions over the registries of special-purpose addresses
//! ([IPv4](https://www.iana.org/assignments/iana-ipv4-special-registry), [IPv6](https://www.iana.org/assignments/iana-ipv6-special-registry)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address must not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Forbidden {
    #[error("a loopback address")]
    Loopback,
    #[error("a private address")]
    Private,
    #[error("a link-local address")]
    LinkLocal,
    #[error("a multicast address")]
    Multicast,
    #[error("the unspecified address")]
    Unspecified,
    #[error("an address that is reserved for other purposes")]
    Reserved,
}

use Forbidden::{LinkLocal, Loopback, Multicast, Private, Reserved, Unspecified};

/// Network, length of its prefix, and what it is.
const V4: &[([u8; 4], u32, Forbidden)] = &[
    ([0, 0, 0, 0], 32, Unspecified),
    ([0, 0, 0, 0], 8, Reserved),
    ([10, 0, 0, 0], 8, Private),
    // Shared by carriers (RFC 6598).
    ([100, 64, 0, 0], 10, Private),
    ([127, 0, 0, 0], 8, Loopback),
    ([169, 254, 0, 0], 16, LinkLocal),
    ([172, 16, 0, 0], 12, Private),
    ([192, 0, 0, 0], 24, Reserved),
    // Documentation (RFC 5737), and two more below.
    ([192, 0, 2, 0], 24, Reserved),
    ([192, 88, 99, 0], 24, Reserved),
    ([192, 168, 0, 0], 16, Private),
    // Benchmarks (RFC 2544).
    ([198, 18, 0, 0], 15, Reserved),
    ([198, 51, 100, 0], 24, Reserved),
    ([203, 0, 113, 0], 24, Reserved),
    ([224, 0, 0, 0], 4, Multicast),
    // The broadcast address included.
    ([240, 0, 0, 0], 4, Reserved),
];

/// The same of what is in 2000::/3; everything outside is for other purposes.
const V6_GLOBAL: &[([u16; 2], u32)] = &[
    // Protocol assignments, Teredo among them.
    ([0x2001, 0], 23),
    // Documentation (RFC 3849, RFC 9637).
    ([0x2001, 0xdb8], 32),
    ([0x3fff, 0], 20),
    // 6to4 leads to whatever IPv4 address is in it.
    ([0x2002, 0], 16),
];

/// Whether everybody could call this address.
pub(super) fn check(address: IpAddr) -> Result<(), Forbidden> {
    match address {
        IpAddr::V4(address) => check_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(address) => check_v4(address),
            None => check_v6(address),
        },
    }
}

fn check_v4(address: Ipv4Addr) -> Result<(), Forbidden> {
    let is_in = |network: [u8; 4], prefix: u32| {
        let mask = u32::MAX << (32 - prefix);
        address.to_bits() & mask == u32::from_be_bytes(network)
    };
    match V4.iter().find(|(network, prefix, _)| is_in(*network, *prefix)) {
        Some((.., forbidden)) => Err(*forbidden),
        None => Ok(()),
    }
}

fn check_v6(address: Ipv6Addr) -> Result<(), Forbidden> {
    let [first, second, ..] = address.segments();
    if address.is_unspecified() {
        return Err(Unspecified);
    }
    if address.is_loopback() {
        return Err(Loopback);
    }
    match first {
        0xfc00..=0xfdff => return Err(Private),
        0xfe80..=0xfebf => return Err(LinkLocal),
        0xff00..=0xffff => return Err(Multicast),
        0x2000..=0x3fff => {}
        _ => return Err(Reserved),
    }
    let start = u32::from(first) << 16 | u32::from(second);
    let is_in = |network: [u16; 2], prefix: u32| {
        let mask = u32::MAX << (32 - prefix);
        start & mask == u32::from(network[0]) << 16 | u32::from(network[1])
    };
    if V6_GLOBAL.iter().any(|(network, prefix)| is_in(*network, *prefix)) { Err(Reserved) } else { Ok(()) }
}

/// The IPv4 address that is called by this one: mapped (RFC 4291 section 2.5.5.2), or behind a translator (RFC 6052), which
/// is how all of IPv4 looks from some networks.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = address.segments();
    let is_translated = [a, b, c, d, e, f] == [0x64, 0xff9b, 0, 0, 0, 0];
    let translated = is_translated.then(|| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    address.to_ipv4_mapped().or(translated)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// BCL-53
    #[test]
    fn only_what_everybody_could_call() {
        let table = [
            ("1.1.1.1", None),
            ("93.184.215.14", None),
            ("9.255.255.255", None),
            ("11.0.0.0", None),
            ("100.63.255.255", None),
            ("100.128.0.0", None),
            ("172.15.255.255", None),
            ("172.32.0.0", None),
            ("192.0.1.0", None),
            ("198.17.255.255", None),
            ("198.20.0.0", None),
            ("223.255.255.255", None),
            ("0.0.0.0", Some(Unspecified)),
            ("0.0.0.1", Some(Reserved)),
            ("10.0.0.1", Some(Private)),
            ("10.255.255.255", Some(Private)),
            ("100.64.0.1", Some(Private)),
            ("100.127.255.255", Some(Private)),
            ("127.0.0.1", Some(Loopback)),
            ("127.255.255.254", Some(Loopback)),
            ("169.254.169.254", Some(LinkLocal)),
            ("172.16.0.1", Some(Private)),
            ("172.31.255.255", Some(Private)),
            ("192.0.0.8", Some(Reserved)),
            ("192.0.2.1", Some(Reserved)),
            ("192.88.99.1", Some(Reserved)),
            ("192.168.1.1", Some(Private)),
            ("198.18.0.1", Some(Reserved)),
            ("198.19.255.255", Some(Reserved)),
            ("198.51.100.1", Some(Reserved)),
            ("203.0.113.1", Some(Reserved)),
            ("224.0.0.1", Some(Multicast)),
            ("239.255.255.255", Some(Multicast)),
            ("240.0.0.1", Some(Reserved)),
            ("255.255.255.255", Some(Reserved)),
            ("2606:4700:4700::1111", None),
            ("2a00:1450:4001::1", None),
            ("2001:200::1", None),
            ("::", Some(Unspecified)),
            ("::1", Some(Loopback)),
            ("::2", Some(Reserved)),
            ("::127.0.0.1", Some(Reserved)),
            ("::ffff:1.1.1.1", None),
            ("::ffff:127.0.0.1", Some(Loopback)),
            ("::ffff:10.0.0.1", Some(Private)),
            ("::ffff:169.254.169.254", Some(LinkLocal)),
            ("::ffff:0.0.0.0", Some(Unspecified)),
            ("64:ff9b::1.1.1.1", None),
            ("64:ff9b::127.0.0.1", Some(Loopback)),
            ("64:ff9b:1::1.1.1.1", Some(Reserved)),
            ("100::1", Some(Reserved)),
            ("2001::1", Some(Reserved)),
            ("2001:1ff::1", Some(Reserved)),
            ("2001:db8::1", Some(Reserved)),
            ("2002:7f00:1::1", Some(Reserved)),
            ("3fff:fff::1", Some(Reserved)),
            ("3fff:1000::1", None),
            ("5f00::1", Some(Reserved)),
            ("fc00::1", Some(Private)),
            ("fdff::1", Some(Private)),
            ("fe80::1", Some(LinkLocal)),
            ("febf::1", Some(LinkLocal)),
            ("fec0::1", Some(Reserved)),
            ("ff02::1", Some(Multicast)),
        ];
        for (address, expected) in table {
            assert_eq!(check(address.parse().unwrap()).err(), expected, "{address}");
        }
    }
}
