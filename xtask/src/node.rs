//! npm packages, installed from their lock files when these change.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::process::{run, runs};

pub(crate) fn is_there() -> bool {
    runs("node", "--version")
}

/// `npm ci` in that folder, unless its lock file is the one that was installed last.
pub(crate) fn install(folder: &Path) -> Result<(), Error> {
    let lock = folder.join("package-lock.json");
    let wanted = fs::read_to_string(&lock).map_err(Error::file(&lock))?;
    let stamp = folder.join("node_modules/.curfew-installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder))?;
    fs::write(&stamp, wanted).map_err(Error::file(&stamp))
}
