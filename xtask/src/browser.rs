//! The system's Chromium, for the browser tests, and its Firefox, for those of them that measure the channels there.

use std::path::{Path, PathBuf};

use crate::error::Error;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const FIREFOX_NAMES: [&str; 2] = ["firefox-esr", "firefox"];
const MAC: &str = "/Applications/Chromium.app/Contents/MacOS/Chromium";

/// `CURFEW_CHROMIUM`, else the first Chromium on the PATH.
pub(crate) fn find() -> Result<PathBuf, Error> {
    if let Some(named) = std::env::var_os("CURFEW_CHROMIUM") {
        let named = PathBuf::from(named);
        return if named.is_file() {
            Ok(named)
        } else {
            Err(Error::BrowserNotThere { variable: "CURFEW_CHROMIUM", path: named })
        };
    }
    on_path(&NAMES).or_else(|| Path::new(MAC).is_file().then(|| MAC.into())).ok_or(Error::NoChromium)
}

/// `CURFEW_FIREFOX`, else the first Firefox on the PATH. Where there is none, its tests are skipped.
pub(crate) fn firefox() -> Result<Option<PathBuf>, Error> {
    match std::env::var_os("CURFEW_FIREFOX").map(PathBuf::from) {
        Some(named) if named.is_file() => Ok(Some(named)),
        Some(named) => Err(Error::BrowserNotThere { variable: "CURFEW_FIREFOX", path: named }),
        None => Ok(on_path(&FIREFOX_NAMES)),
    }
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    names.iter().find_map(|name| {
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
    })
}
