//! `cargo xtask demo`: build everything, then become `server demo`.

use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;
use crate::process::{self, Steps, cargo};
use crate::workspace::{self, Profile};
use crate::{bundle, wasm_target};

/// Builds the server, App B and the lab; returns the server's path.
pub(crate) fn build(profile: Profile) -> Result<PathBuf, Error> {
    let mut steps = Steps::new(3);
    steps.next("the wasm target");
    let std = wasm_target::ensure()?;
    steps.next("the server (the first time: about four minutes on two cores)");
    let mut command = cargo();
    command.args(["build", "--package", "server"]);
    if matches!(profile, Profile::Release) {
        command.arg("--release");
    }
    process::run(&mut command)?;
    steps.next("App B and the lab (the first time: about three minutes on two cores)");
    bundle::build_site(&std)?;
    Ok(workspace::server(profile))
}

/// Builds, then runs `server demo ARGS` in this process's place, so that signals reach the server itself.
pub(crate) fn run(profile: Profile, args: &[String]) -> Result<(), Error> {
    let server = build(profile)?;
    let mut command = Command::new(&server);
    command.arg("demo").arg("--site-dir").arg(workspace::site()).args(args);
    replace(&mut command)
}

#[cfg(unix)]
fn replace(command: &mut Command) -> Result<(), Error> {
    use std::os::unix::process::CommandExt;
    let source = command.exec();
    Err(Error::Start { program: command.get_program().to_string_lossy().into_owned(), source })
}

#[cfg(not(unix))]
fn replace(command: &mut Command) -> Result<(), Error> {
    let status = command
        .status()
        .map_err(|source| Error::Start { program: command.get_program().to_string_lossy().into_owned(), source })?;
    if status.success() { Ok(()) } else { Err(Error::Server(status)) }
}
