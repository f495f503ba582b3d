//! `cargo xtask test`: the tests of the host crates, App B's pure parts, and the browser tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::process::{self, Steps, cargo};
use crate::workspace::{self, Profile};
use crate::{browser, demo, examples, node};

/// Which half to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    Rust,
    Browser,
}

pub(crate) fn run(which: Which, playwright_args: &[String]) -> Result<(), Error> {
    let mut steps = Steps::new(match which {
        Which::All => 5,
        Which::Rust => 2,
        Which::Browser => 3,
    });
    // What is missing is said before the long part, not after it.
    let browsers = if which == Which::Rust {
        None
    } else {
        steps.next("what the browser tests need: Node, Chromium");
        Some(prepare_browser_tests()?)
    };
    if which != Which::Browser {
        steps.next("tests of the host crates");
        process::run(cargo().arg("test"))?;
        steps.next("tests of App B's and the lab's parts that need no browser");
        let packages =
            ["--package", "frontend", "--package", "lab", "--package", "app", "--features", "app/csr,app/lab"];
        process::run(cargo().args(["test", "--lib"]).args(packages))?;
    }
    if let Some(browsers) = browsers {
        steps.next("the server, App B and the examples for the browser tests");
        let server = demo::build(Profile::Dev)?;
        examples::build()?;
        steps.next("browser tests");
        process::run(playwright(&server, &browsers).args(playwright_args))?;
    }
    Ok(())
}

/// The browsers of this machine.
pub(crate) struct Browsers {
    chromium: PathBuf,
    firefox: Option<PathBuf>,
}

/// Installs the browser tests' packages, checks their types, and finds the browsers.
pub(crate) fn prepare_browser_tests() -> Result<Browsers, Error> {
    if !node::is_there() {
        return Err(Error::NoNode);
    }
    let browsers = Browsers { chromium: browser::find()?, firefox: browser::firefox()? };
    if browsers.firefox.is_none() {
        println!("      no Firefox here: what is measured in it is skipped");
    }
    node::install(&end2end())?;
    process::run(Command::new("npm").args(["run", "--silent", "check"]).current_dir(end2end()))?;
    Ok(browsers)
}

/// The browser tests, with this server and these browsers.
pub(crate) fn playwright(server: &Path, browsers: &Browsers) -> Command {
    let mut command = Command::new("npx");
    command
        .args(["--no-install", "playwright", "test"])
        .current_dir(end2end())
        .env("CURFEW_SERVER", server)
        .env("CURFEW_SITE_DIR", workspace::site())
        .env("CURFEW_EXAMPLES", examples::folder())
        .env("CURFEW_CHROMIUM", &browsers.chromium);
    if let Some(firefox) = &browsers.firefox {
        command.env("CURFEW_FIREFOX", firefox);
    }
    command
}

fn end2end() -> PathBuf {
    workspace::root().join("end2end")
}
