//! The report for people: plain text, at most 100 columns.

use super::configure::{Apps, Setting};
use super::report::{Outcome, Report, Verdict};
use super::ways::WayFinding;

/// No line is longer, but for a single word.
const WIDTH: usize = 100;
/// The column of what is found.
const INDENT: usize = 40;
const CELL: usize = 10;

/// Writes it.
pub(super) fn write(report: &Report) -> String {
    let mut text = format!("{}\n{}\n", report.issuer, in_short(report));
    if report.error.is_some() {
        return text;
    }
    section(&mut text, "WHERE A SIGN-OUT GETS");
    ways(&mut text, &report.ways);
    section(&mut text, "WHAT ELSE MATTERS");
    for finding in &report.checks {
        entry(&mut text, finding.check.as_str(), finding.verdict, &finding.says);
    }
    if let Some(configure) = &report.configure {
        section(&mut text, "AT THE PROVIDER, WITH THE APPS' OWN ORIGINS");
        apps(&mut text, &configure.provider, ["client of App A", "client of App B"]);
        section(&mut text, "IN curfew.toml, BESIDE client_id AND client_secret");
        apps(&mut text, &configure.curfew, ["[app_a]", "[app_b]"]);
    }
    section(&mut text, "OPEN UNTIL IT EXPIRES");
    for open in &report.until_expiry {
        wrapped(&mut text, "  - ", open);
    }
    text
}

fn in_short(report: &Report) -> String {
    match (&report.error, report.outcome) {
        (Some(error), _) => format!("cannot be examined: {error}"),
        (None, Outcome::Works) => "A sign-out at one app ends the session and reaches the others.".to_owned(),
        (None, Outcome::Gaps) => "Signing in works. Signing out has gaps.".to_owned(),
        (None, Outcome::CannotWork) => {
            "Not with this provider: nobody can sign in, or no sign-out gets from one app to another.".to_owned()
        }
    }
}

fn section(text: &mut String, title: &str) {
    text.push_str(&format!("\n{title}\n"));
}

fn ways(text: &mut String, ways: &[WayFinding]) {
    row(text, "  provider and apps", ["2 sites", "2 sites", "1 site", "1 site"]);
    row(text, "  third-party cookies", ["blocked", "allowed", "blocked", "allowed"]);
    for finding in ways {
        row(text, &format!("  {}", finding.way.title()), finding.settings.cells().map(Verdict::as_str));
    }
    text.push('\n');
    for finding in ways {
        entry(text, finding.way.as_str(), finding.verdict, &finding.says);
    }
}

fn row(text: &mut String, title: &str, cells: [&str; 4]) {
    let cells: String = cells.iter().map(|cell| format!("{cell:<CELL$}")).collect();
    text.push_str(format!("{title:<INDENT$}{cells}").trim_end());
    text.push('\n');
}

fn entry(text: &mut String, name: &str, verdict: Verdict, says: &str) {
    wrapped(text, &format!("  {name:<22}{:<16}", verdict.as_str()), says);
}

fn apps(text: &mut String, apps: &Apps, titles: [&str; 2]) {
    for (title, settings) in titles.into_iter().zip([&apps.app_a, &apps.app_b]) {
        text.push_str(&format!("  {title}\n"));
        for Setting { name, value } in settings {
            text.push_str(&format!("    {name} = {value}\n"));
        }
    }
}

/// Words after a first column, broken at the width.
fn wrapped(text: &mut String, first: &str, words: &str) {
    let indent = first.chars().count();
    text.push_str(first);
    let mut column = indent;
    for word in words.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > WIDTH {
            text.push_str(&format!("\n{:indent$}", ""));
            column = indent;
        } else if column > indent {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
}
