//! `cargo xtask five-answers`: Curfew beside what else people do, measured with the release build.

use crate::error::Error;
use crate::process::{self, cargo};

pub(crate) fn run() -> Result<(), Error> {
    process::run(cargo().args(["bench", "--package", "server", "--bench", "five_answers"]))
}
