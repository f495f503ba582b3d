//! `cargo xtask latency`: the figures of the browser tests, taken with the release build.

use crate::error::Error;
use crate::process::{self, Steps};
use crate::workspace::Profile;
use crate::{demo, test};

/// How often each figure is taken, unless `CURFEW_LATENCY_RUNS` says otherwise.
const RUNS: &str = "50";

pub(crate) fn run(playwright_args: &[String]) -> Result<(), Error> {
    let mut steps = Steps::new(3);
    steps.next("what the measurements need: Node, Chromium");
    let browsers = test::prepare_browser_tests()?;
    steps.next("the server's release build, and App B");
    let server = demo::build(Profile::Release)?;
    steps.next("measurements");
    let mut command = test::playwright(&server, &browsers);
    command.args(["--no-deps", "--workers=1", "--project=latency cross-site", "--project=latency same-site"]);
    if std::env::var_os("CURFEW_LATENCY_RUNS").is_none() {
        command.env("CURFEW_LATENCY_RUNS", RUNS);
    }
    process::run(command.args(playwright_args))
}
