//! The system's Chromium, for the browser tests.

use std::path::{Path, PathBuf};

use crate::error::Error;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const MAC: &str = "/Applications/Chromium.app/Contents/MacOS/Chromium";

/// `CURFEW_CHROMIUM`, else the first Chromium on the PATH.
pub(crate) fn find() -> Result<PathBuf, Error> {
    if let Some(named) = std::env::var_os("CURFEW_CHROMIUM") {
        let named = PathBuf::from(named);
        return if named.is_file() { Ok(named) } else { Err(Error::ChromiumNotThere(named)) };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = NAMES.iter().find_map(|name| {
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
    });
    on_path.or_else(|| Path::new(MAC).is_file().then(|| MAC.into())).ok_or(Error::NoChromium)
}
