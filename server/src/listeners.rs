//! All listeners are bound before any party starts, so a demo that cannot start all parties starts none.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::{Origin, StartError};

/// Binds the addresses of a party: those that the configuration names, else those of its origin.
///
/// `localhost` is 127.0.0.1 and, where the machine has IPv6, ::1.
///
/// # Errors
/// A port in use, an address that this machine does not have, or no address at all.
pub async fn bind(party: &'static str, origin: &Origin, listen: &[SocketAddr]) -> Result<Vec<TcpListener>, StartError> {
    let addresses = if listen.is_empty() { origin.listen_addresses() } else { listen.to_vec() };
    if addresses.is_empty() {
        return Err(StartError::NoAddress { party, origin: origin.clone() });
    }
    let mut listeners = Vec::with_capacity(addresses.len());
    for address in addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            // A machine without IPv6 has no ::1; another listener of this party is enough then.
            Err(error) if listen.is_empty() && address.is_ipv6() && no_such_address(&error) => {}
            Err(source) if source.kind() == ErrorKind::AddrInUse => {
                return Err(StartError::PortInUse { party, address });
            }
            Err(source) => return Err(StartError::Bind { party, address, source }),
        }
    }
    if listeners.is_empty() { Err(StartError::NoAddress { party, origin: origin.clone() }) } else { Ok(listeners) }
}

/// Binds these addresses, for something that is no party.
///
/// # Errors
/// An address in use, or one that this machine does not have.
pub(crate) async fn bind_addresses(
    what: &'static str,
    addresses: &[SocketAddr],
) -> Result<Vec<TcpListener>, StartError> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for &address in addresses {
        let bound = TcpListener::bind(address).await;
        listeners.push(bound.map_err(|source| match source.kind() {
            ErrorKind::AddrInUse => StartError::AddressInUse { what, address },
            _ => StartError::Bind { party: what, address, source },
        })?);
    }
    Ok(listeners)
}

fn no_such_address(error: &std::io::Error) -> bool {
    // EAFNOSUPPORT has no `ErrorKind` of its own.
    error.kind() == ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(97)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_said_to_be_in_use_with_its_party() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let origin = Origin::parse(&format!("http://localhost:{port}")).unwrap();
        let error = bind("app-a", &origin, &[]).await.expect_err("the port is taken").to_string();
        assert!(error.contains("app-a") && error.contains(&port.to_string()) && error.contains("in use"), "{error}");
    }

    #[tokio::test]
    async fn a_public_name_needs_an_address_to_listen_on() {
        let origin = Origin::parse("https://app.example").unwrap();
        let error = bind("app-a", &origin, &[]).await.expect_err("no address").to_string();
        assert!(error.contains("listen"), "{error}");
        let own = ["127.0.0.1:0".parse().unwrap()];
        assert_eq!(bind("app-a", &origin, &own).await.expect("an address of its own").len(), 1);
    }
}
