//! `cargo xtask bench`: what a request and a sign-out cost, on a machine that does nothing else.

use crate::error::Error;
use crate::process::{self, cargo};

const BENCHES: [&str; 3] = ["guard", "ledger", "logout_token"];

pub(crate) fn run(criterion_args: &[String]) -> Result<(), Error> {
    let mut command = cargo();
    command.args(["bench", "--package", "relying-party"]);
    for bench in BENCHES {
        // By name: the library's own test harness does not know criterion's arguments.
        command.args(["--bench", bench]);
    }
    process::run(command.arg("--").args(criterion_args))
}
