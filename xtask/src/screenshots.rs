//! `cargo xtask screenshots`: a picture of every page and state, wide and narrow, light and dark, to be looked at.

use std::fs;

use crate::error::Error;
use crate::process::{self, Steps};
use crate::workspace::{self, Profile};
use crate::{demo, test};

pub(crate) fn run(playwright_args: &[String]) -> Result<(), Error> {
    let mut steps = Steps::new(3);
    steps.next("what the pictures need: Node, Chromium");
    let browsers = test::prepare_browser_tests()?;
    steps.next("the server and App B");
    let server = demo::build(Profile::Dev)?;
    steps.next("pictures");
    let folder = workspace::target().join("screenshots");
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let mut command = test::playwright(&server, &browsers);
    command.args(["--no-deps", "--project=screenshots"]).env("CURFEW_SCREENSHOTS", &folder);
    process::run(command.args(playwright_args))?;
    println!("      they are in {}", folder.display());
    Ok(())
}
