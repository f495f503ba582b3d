//! The `server` binary: `server demo | provider | app-a | app-b`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = server::cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(server::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[allow(clippy::print_stderr)] // the one place where a failure to start reaches the user
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("server: {error}");
    ExitCode::FAILURE
}
