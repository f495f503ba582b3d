use web_sys::Window;

/// The browser keeps nothing for this page.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StorageFault {
    /// Site data is blocked.
    #[error(
        "This browser keeps no site data for App B, so it cannot sign in. Allow site data (cookies) for this address and reload the page."
    )]
    Blocked,
    /// Nothing can be written.
    #[error(
        "This browser's storage for App B is full, so it cannot sign in. Clear this site's data and reload the page."
    )]
    Full,
}

/// Proof that both storages worked when the page began.
#[derive(Clone, Copy)]
pub(crate) struct Storages(());

/// Reads from and writes to both storages once.
pub(crate) fn probe(window: &Window) -> Result<Storages, StorageFault> {
    const KEY: &str = "curfew-b-probe";
    for storage in [window.local_storage(), window.session_storage()] {
        let storage = storage.ok().flatten().ok_or(StorageFault::Blocked)?;
        storage.get_item(KEY).map_err(|_| StorageFault::Blocked)?;
        storage.set_item(KEY, "1").map_err(|_| StorageFault::Full)?;
        storage.remove_item(KEY).map_err(|_| StorageFault::Blocked)?;
    }
    Ok(Storages(()))
}
