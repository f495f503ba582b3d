//! Five answers to "the user signed out elsewhere", side by side. Run with `cargo xtask five-answers`.
//!
//! Writes the table and the plot to `target/tmp/five-answers.{md,svg}`; with `CURFEW_UPDATE=1` into `docs/`.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a bench that cannot go on has failed")]

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/it/browser.rs"]
mod browser;
mod comparison;

use std::fs;
use std::path::Path;

use comparison::{Scale, page, plot, table};

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let scale = Scale::full();
    let figures = runtime.block_on(comparison::run(&scale));
    let (table, plot) = (table::render(&figures, &scale), plot::render(&figures));
    println!("{table}");
    let files = if std::env::var_os("CURFEW_UPDATE").is_some() {
        let written = fs::read_to_string(page::PATH).unwrap();
        [(page::PATH.into(), page::with_table(&written, &table)), (page::PLOT.into(), plot)]
    } else {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        [(folder.join("five-answers.md"), table), (folder.join("five-answers.svg"), plot)]
    };
    for (path, content) in files {
        fs::write(&path, content).unwrap();
        println!("wrote {}", path.display());
    }
}
