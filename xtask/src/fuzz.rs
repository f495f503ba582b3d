//! `cargo xtask fuzz`: the targets of `fuzz/`, each for a bounded time, with the stable compiler.
//!
//! It builds what `cargo fuzz build --sanitizer none` builds: coverage comes from a pass that every rustc has, and only
//! the sanitizers need nightly.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::process::{self, Steps, cargo, output, rustc};
use crate::workspace;

const TARGETS: [&str; 4] = ["compact_jws", "logout_token", "front_channel", "end_session"];

const DEFAULT_SECONDS: u32 = 60;

/// Longer inputs are not tried, in bytes: more than any limit of ours.
const MAX_LEN: &str = "-max_len=20000";

/// A single input that takes longer is a finding, in seconds.
const TIMEOUT: &str = "-timeout=10";

const COVERAGE: [&str; 8] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebug-assertions",
    "-Ccodegen-units=1",
];

pub(crate) fn run(target: Option<&str>, passed_on: &[String]) -> Result<(), Error> {
    let targets: Vec<&str> = TARGETS.into_iter().filter(|name| target.is_none_or(|target| target == *name)).collect();
    let seconds = match passed_on {
        [] => Some(DEFAULT_SECONDS),
        [seconds] => seconds.parse().ok(),
        _ => None,
    };
    let (Some(seconds), false) = (seconds, targets.is_empty()) else { return Err(Error::Fuzz(TARGETS.join(", "))) };

    let mut steps = Steps::new(1 + targets.len());
    steps.next("the fuzz targets (needs a C++ compiler)");
    let folder = workspace::root().join("fuzz");
    // Named, so that build scripts and macros are built without coverage.
    let host = output(rustc().args(["--print", "host-tuple"]))?;
    let build = ["build", "--release", "--locked", "--bins", "--target", &host];
    process::run(cargo().args(build).current_dir(&folder).env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\u{1f}")))?;
    for name in targets {
        steps.next(&format!("{name}, {seconds} s"));
        let binary = built_in(&folder).join(&host).join("release").join(name);
        fuzz(&folder, name, &binary, seconds)?;
    }
    Ok(())
}

fn built_in(folder: &Path) -> std::path::PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), |dir| folder.join(dir))
}

/// What is new goes to `grown/`; the seeds in `corpus/` stay as they are.
fn fuzz(folder: &Path, name: &str, binary: &Path, seconds: u32) -> Result<(), Error> {
    let (grown, artifacts) = (folder.join("grown").join(name), folder.join("artifacts").join(name));
    for made in [&grown, &artifacts] {
        fs::create_dir_all(made).map_err(Error::file(made))?;
    }
    process::run(
        Command::new(binary)
            .arg(grown)
            .arg(folder.join("corpus").join(name))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(format!("-max_total_time={seconds}"))
            .args([MAX_LEN, TIMEOUT, "-print_final_stats=1"]),
    )
}
