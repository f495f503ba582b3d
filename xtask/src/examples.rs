//! The examples that the browser tests run: what docs/adopt.md hands to others.

use std::path::PathBuf;

use crate::error::Error;
use crate::process::{cargo, run};
use crate::wasm_target::{self, TARGET};
use crate::workspace::{self, Profile};

/// The Leptos example, as its readers build it, but unoptimised: that is quicker.
const LEPTOS_APP: &str = "leptos-app";

/// Where the tests find the examples: `axum-app`, a program, and `leptos-app-dist`, the files of a page.
pub(crate) fn folder() -> PathBuf {
    workspace::target().join(Profile::Dev.folder())
}

/// Builds them.
pub(crate) fn build() -> Result<(), Error> {
    run(cargo().args(["build", "--package", "axum-app"]))?;
    run(wasm_target::ensure()?.cargo("build")?.args(["--package", LEPTOS_APP]))?;
    let wasm = workspace::target().join(TARGET).join(Profile::Dev.folder()).join(format!("{LEPTOS_APP}.wasm"));
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .web(true)
        .and_then(|bindgen| bindgen.typescript(false).generate(folder().join(format!("{LEPTOS_APP}-dist"))))
        .map_err(|error| Error::Bindgen(format!("{error:#}")))
}
