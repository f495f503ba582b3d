//! The `server` binary: `server demo | provider | app-a | app-b`, and `server doctor`.

use std::process::ExitCode;

use clap::Parser;
use server::cli::{Cli, Command};

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let ended = server::block_on(async {
        match command {
            Command::Run(role) => server::run(role).await.map(|()| ExitCode::SUCCESS),
            Command::Doctor(doctor) => Ok(server::doctor::run(&doctor).await),
        }
    });
    match ended {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => fail(&error),
        Err(error) => fail(&error),
    }
}

#[allow(clippy::print_stderr)] // the one place where a failure to start reaches the user
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("server: {error}");
    ExitCode::FAILURE
}
