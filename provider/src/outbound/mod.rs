//! Calls to where clients keep what the provider reads; above all to addresses that nobody has looked at: those of clients that
//! have registered themselves.
//!
//! Such a target is called only where everybody could call it. Its name is resolved once, every address is [judged](address), and
//! the connection goes to what was judged: a name that resolves to something else a moment later changes nothing. BCL-53

mod address;
mod certificates;
mod fetch;
mod places;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

pub(crate) use address::Forbidden;
pub(crate) use certificates::{CertificatesError, certificates};
pub(crate) use fetch::{FetchError, Fetcher};

/// What may be called: by default, what everybody could call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Guard {
    /// For tests and certification on one machine.
    pub(crate) danger_allow_loopback: bool,
    /// For certification in one private network: loopback and private addresses. Link-local ones stay forbidden, where clouds
    /// keep credentials.
    pub(crate) danger_allow_private_addresses: bool,
}

impl Guard {
    /// Whether a URL may be called, as far as it says so itself. Addresses that are written as such are not resolved, so this
    /// is where they are judged.
    pub(crate) fn check_url(self, url: &Url) -> Result<(), Forbidden> {
        match url.host() {
            Some(Host::Ipv4(address)) => self.check(address.into()),
            Some(Host::Ipv6(address)) => self.check(address.into()),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }

    /// The resolver of the client that makes the calls.
    pub(crate) fn resolver(self) -> Arc<impl Resolve> {
        Arc::new(GuardedResolver(self))
    }

    fn check(self, address: IpAddr) -> Result<(), Forbidden> {
        match address::check(address) {
            Err(Forbidden::Loopback) if self.danger_allow_loopback => Ok(()),
            Err(Forbidden::Loopback | Forbidden::Private) if self.danger_allow_private_addresses => Ok(()),
            verdict => verdict,
        }
    }

    /// One that is forbidden forbids all: nobody needs a name that leads inside and outside at once, except to get inside.
    fn check_all(self, addresses: &[SocketAddr]) -> Result<(), Forbidden> {
        addresses.iter().try_for_each(|address| self.check(address.ip()))
    }
}

struct GuardedResolver(Guard);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0;
        Box::pin(async move {
            // The port is put in by whoever connects.
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if addresses.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            guard.check_all(&addresses)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: Guard = Guard { danger_allow_loopback: false, danger_allow_private_addresses: false };
    const LAX: Guard = Guard { danger_allow_loopback: true, danger_allow_private_addresses: false };
    const PRIVATE: Guard = Guard { danger_allow_loopback: false, danger_allow_private_addresses: true };

    /// BCL-53
    #[test]
    fn addresses_in_urls_are_judged_however_they_are_written() {
        let table = [
            ("https://app.example.com/out", None),
            ("https://93.184.215.14/out", None),
            ("https://127.0.0.1/out", Some(Forbidden::Loopback)),
            ("https://2130706433/out", Some(Forbidden::Loopback)),
            ("https://0x7f.1/out", Some(Forbidden::Loopback)),
            ("https://[::1]/out", Some(Forbidden::Loopback)),
            ("https://[::ffff:127.0.0.1]/out", Some(Forbidden::Loopback)),
            ("https://10.0.0.1/out", Some(Forbidden::Private)),
            ("https://[fd00::1]/out", Some(Forbidden::Private)),
            ("https://169.254.169.254/latest/meta-data", Some(Forbidden::LinkLocal)),
        ];
        for (url, expected) in table {
            assert_eq!(STRICT.check_url(&url.parse().unwrap()).err(), expected, "{url}");
            let expected = expected.filter(|forbidden| *forbidden != Forbidden::Loopback);
            assert_eq!(LAX.check_url(&url.parse().unwrap()).err(), expected, "{url}");
            let expected = expected.filter(|forbidden| *forbidden != Forbidden::Private);
            assert_eq!(PRIVATE.check_url(&url.parse().unwrap()).err(), expected, "{url}");
        }
    }

    /// BCL-53: a name with a good and a bad address is one for rebinding.
    #[test]
    fn one_bad_address_forbids_all() {
        let addresses = |addresses: &[&str]| addresses.iter().map(|a| a.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let mixed = addresses(&["93.184.215.14:0", "10.0.0.1:0"]);
        assert_eq!(STRICT.check_all(&mixed), Err(Forbidden::Private));
        assert_eq!(LAX.check_all(&mixed), Err(Forbidden::Private));
        assert_eq!(STRICT.check_all(&addresses(&["93.184.215.14:0"])), Ok(()));
    }

    /// BCL-53
    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_resolved() {
        let resolve = |guard: Guard| guard.resolver().resolve("localhost".parse().unwrap());
        let error = resolve(STRICT).await.err().unwrap();
        assert_eq!(error.downcast_ref::<Forbidden>(), Some(&Forbidden::Loopback));
        assert!(resolve(LAX).await.unwrap().all(|address| address.ip().is_loopback()));
    }
}
