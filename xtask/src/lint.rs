//! `cargo xtask lint`: formatting, and clippy with warnings as errors.

use crate::error::Error;
use crate::process::{self, Steps, cargo};
use crate::{conformance, wasm_target};

pub(crate) fn run() -> Result<(), Error> {
    let mut steps = Steps::new(5);
    steps.next("formatting");
    process::run(cargo().args(["fmt", "--all", "--check"]))?;
    steps.next("docs/conformance.md");
    conformance::run(true)?;
    steps.next("clippy, host crates");
    process::run(cargo().args(["clippy", "--all-targets", "--", "--deny", "warnings"]))?;
    steps.next("the wasm target");
    let std = wasm_target::ensure()?;
    steps.next("clippy, App B, the lab and an example in the browser");
    // In one command, whose features are those of all three: `size` and the tests build each with its own.
    let packages = ["--package", "frontend", "--package", "lab", "--package", "leptos-app"];
    process::run(std.cargo("clippy")?.args(packages).args([
        "--lib",
        "--bins",
        "--examples",
        "--",
        "--deny",
        "warnings",
    ]))
}
