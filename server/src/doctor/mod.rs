//! `server doctor ISSUER`: which ways of signing out work with a provider, by what it says about itself.
//!
//! Fetching, reading, judging and writing are apart: [`fetch`] asks the provider, [`Facts`] are what of its documents
//! matters, [`ways`] and [`checks`] are the rules, pure functions of the facts, and [`text`] and JSON show the [`Report`].

mod checks;
mod configure;
mod facts;
mod fetch;
mod report;
mod text;
mod ways;

use std::io::Write as _;
use std::process::ExitCode;

pub use facts::{Facts, KeyFacts};
pub use report::{Outcome, Report, Verdict};

use crate::cli::Doctor;

/// Examines a provider and writes what it found to standard output.
pub async fn run(options: &Doctor) -> ExitCode {
    let report = match fetch::facts(&options.issuer).await {
        Ok(facts) => Report::of(&facts),
        Err(error) => Report::without_facts(&options.issuer, &error),
    };
    let text = if options.json { json(&report) } else { text::write(&report) };
    let mut out = std::io::stdout().lock();
    // A closed standard output is no reason to give another answer.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    ExitCode::from(report.exit_code)
}

fn json(report: &Report) -> String {
    // Strings, numbers and maps with text keys: there is nothing in a report that JSON cannot say.
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    format!("{text}\n")
}
