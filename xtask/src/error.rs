use std::path::PathBuf;

/// What can go wrong in a developer command; each message says what to do next.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("unknown command\n{0}")]
    Usage(&'static str),
    #[error("cannot start {program}: {source}. Is it installed and on the PATH?")]
    Start { program: String, source: std::io::Error },
    #[error("{what} failed ({status}); its output is above")]
    Failed { what: String, status: std::process::ExitStatus },
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    WasmTarget(String),
    #[error("wasm-bindgen: {0}")]
    Bindgen(String),
    #[error("{path} cannot be trimmed: {why}", path = path.display())]
    Trim { path: PathBuf, why: String },
    #[error(
        "App B's first load has {bytes} bytes, and {budget} is its budget: docs/adr/0005 says where they went before"
    )]
    TooLarge { bytes: usize, budget: usize },
    #[error("Node is needed for the browser tests, and `node --version` does not run: install Node 20 or later")]
    NoNode,
    #[error(
        "no Chromium found for the browser tests: install it (Debian: `apt-get install chromium`, Fedora: `dnf install \
         chromium`, macOS: `brew install chromium`), or name one by CURFEW_CHROMIUM=PATH"
    )]
    NoChromium,
    #[error("{variable} names {}, which is not a file", path.display())]
    BrowserNotThere { variable: &'static str, path: PathBuf },
    #[error("cargo xtask fuzz [TARGET] [-- SECONDS], where TARGET is one of {0}")]
    Fuzz(String),
    #[error("docs/conformance.md is out of date: run `cargo xtask conformance` and commit it")]
    StaleConformance,
    #[error("a test names {0}, which docs/requirements.txt does not have")]
    UnknownRequirement(String),
    #[error("a test names {0}, for which docs/requirements.txt gives a reason why none does: remove the reason")]
    ShownRequirement(String),
    #[cfg(not(unix))]
    #[error("the server was ended by a signal or failed ({0})")]
    Server(std::process::ExitStatus),
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
