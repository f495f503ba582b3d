//! Where things are.

use std::path::{Path, PathBuf};

/// The cargo profile of the host build.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    /// The folder below `target`.
    pub(crate) const fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// The workspace's root: the folder above this package.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// What App B's server serves: `target/site`.
pub(crate) fn site() -> PathBuf {
    target().join("site")
}

pub(crate) fn server(profile: Profile) -> PathBuf {
    target().join(profile.folder()).join(format!("server{}", std::env::consts::EXE_SUFFIX))
}
