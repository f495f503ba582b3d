//! The `server` binary: `server demo | provider | app-a | app-b`, and `server doctor`.

use std::process::ExitCode;

use clap::Parser;
use server::cli::{Cli, Command};

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let role = match command {
        Command::Run(role) => role,
        Command::Doctor(doctor) => return runtime.block_on(server::doctor::run(&doctor)),
    };
    match runtime.block_on(server::run(role)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[allow(clippy::print_stderr)] // the one place where a failure to start reaches the user
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("server: {error}");
    ExitCode::FAILURE
}
