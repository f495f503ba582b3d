use web_sys::Storage;

/// Of this tab, and gone with it: what is kept outlasts that the page is loaded again. None where storage is disabled.
fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

/// Keeps a text under this name. Where the browser keeps nothing, nothing is found later.
pub(crate) fn keep(name: &str, text: &str) {
    _ = storage().map(|storage| storage.set_item(name, text));
}

/// What is kept under this name.
pub(crate) fn kept(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Keeps it no longer.
pub(crate) fn keep_no_longer(name: &str) {
    _ = storage().map(|storage| storage.remove_item(name));
}
