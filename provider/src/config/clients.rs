use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::Client;

/// Every client that there is: those of the configuration, which do not change, and a copy in memory of those that have
/// registered themselves, so that a look-up waits for nothing. A configured client comes first.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    configured: BTreeMap<String, Arc<Client>>,
    /// Bounded by how many may be [stored](crate::registration).
    registered: RwLock<BTreeMap<String, Arc<Client>>>,
}

impl Clients {
    pub(super) fn new(configured: BTreeMap<String, Arc<Client>>) -> Self {
        Self { configured, registered: RwLock::default() }
    }

    pub(super) fn get(&self, client_id: &str) -> Option<Arc<Client>> {
        self.configured
            .get(client_id)
            .cloned()
            .or_else(|| self.registered.read().unwrap_or_else(PoisonError::into_inner).get(client_id).cloned())
    }

    pub(super) fn all(&self) -> Vec<Arc<Client>> {
        let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        self.configured.values().chain(registered.values()).cloned().collect()
    }

    pub(super) fn any(&self, mut is: impl FnMut(&Client) -> bool) -> bool {
        let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        self.configured.values().chain(registered.values()).any(|client| is(client))
    }

    pub(super) fn configured(&self) -> impl Iterator<Item = &Client> {
        self.configured.values().map(AsRef::as_ref)
    }

    pub(super) fn is_configured(&self, client_id: &str) -> bool {
        self.configured.contains_key(client_id)
    }

    /// Puts a registered client in its place, or takes it away.
    pub(super) fn set_registered(&self, client_id: &str, client: Option<Arc<Client>>) {
        let mut registered = self.registered.write().unwrap_or_else(PoisonError::into_inner);
        match client {
            Some(client) => _ = registered.insert(client_id.to_owned(), client),
            None => _ = registered.remove(client_id),
        }
    }
}
