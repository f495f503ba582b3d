//! `cargo xtask conformance`: the table of requirements, each with the tests that name it.
//!
//! A test names a requirement in the comment above it or in its title. What no test names has a reason in the list, or is
//! said not to be shown yet.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::workspace;

const SPECIFICATIONS: [(&str, &str); 11] = [
    ("RPI", "OpenID Connect RP-Initiated Logout 1.0"),
    ("FCL", "OpenID Connect Front-Channel Logout 1.0"),
    ("BCL", "OpenID Connect Back-Channel Logout 1.0, with errata 1"),
    ("SM", "OpenID Connect Session Management 1.0"),
    ("CORE", "OpenID Connect Core 1.0 and RFC 9207, where sign-out is concerned"),
    ("BCP", "RFC 9700 and RFC 10017"),
    ("GTR", "Global Token Revocation, draft 06"),
    ("CAEP", "Continuous Access Evaluation Profile 1.0"),
    ("SSF", "Shared Signals Framework 1.0"),
    ("CMD", "OpenID Provider Commands 1.0"),
    ("T", "Traps that others fell into"),
];
const FOLDERS: [&str; 10] =
    ["dpop", "logout-event", "provider", "relying-party", "app", "frontend", "lab", "server", "end2end", "xtask/tests"];

struct Requirement {
    number: String,
    section: String,
    text: String,
    /// Why no test shows it.
    reason: Option<String>,
}

/// Writes `docs/conformance.md`; with `check`, says instead whether it is up to date.
pub(crate) fn run(check: bool) -> Result<(), Error> {
    let list = workspace::root().join("docs/requirements.txt");
    let requirements = parse(&fs::read_to_string(&list).map_err(Error::file(&list))?);
    let mut tests = BTreeMap::new();
    for folder in FOLDERS {
        collect(&workspace::root().join(folder), &mut tests)?;
    }
    let page = render(&requirements, &tests)?;
    let path = workspace::root().join("docs/conformance.md");
    if !check {
        return fs::write(&path, page).map_err(Error::file(path));
    }
    match fs::read_to_string(&path) {
        Ok(written) if written == page => Ok(()),
        _ => Err(Error::StaleConformance),
    }
}

fn parse(list: &str) -> Vec<Requirement> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let fields = lines.filter_map(|line| {
        let mut fields = line.splitn(4, " | ").map(str::to_owned);
        Some(Requirement {
            number: fields.next()?,
            section: fields.next()?,
            text: fields.next()?,
            reason: fields.next(),
        })
    });
    fields.collect()
}

/// By number, the tests that name it, as `file: name`.
fn collect(folder: &Path, tests: &mut BTreeMap<String, Vec<String>>) -> Result<(), Error> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).map_err(Error::file(folder))?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "node_modules" && name != "target" && name != "test-results" {
                collect(&path, tests)?;
            }
            continue;
        }
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let root = workspace::root();
        let shown = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let found = match extension.as_str() {
            "rs" => in_rust(&fs::read_to_string(&path).map_err(Error::file(&path))?),
            "ts" if name.ends_with(".spec.ts") => {
                in_typescript(&fs::read_to_string(&path).map_err(Error::file(&path))?)
            }
            _ => continue,
        };
        for (number, test) in found {
            let shown = format!("`{shown}`: {test}");
            let named = tests.entry(number).or_default();
            if !named.contains(&shown) {
                named.push(shown);
            }
        }
    }
    Ok(())
}

/// The numbers in the comments directly above each `#[test]`-like function, and its name.
fn in_rust(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut numbers, mut is_test) = (Vec::new(), false);
    for line in source.lines().map(str::trim) {
        if line.starts_with("//") {
            numbers.extend(numbers_in(line));
        } else if line.starts_with("#[") {
            is_test |= line.contains("test]") || line.contains("test(");
        } else if let Some(name) = function_name(line) {
            // Inside `proptest!` the attribute is the same.
            if is_test {
                found.extend(numbers.drain(..).map(|number| (number, name.replace('_', " "))));
            }
            (numbers, is_test) = (Vec::new(), false);
        } else {
            (numbers, is_test) = (Vec::new(), false);
        }
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "))?;
    rest.split(['(', '<']).next()
}

/// The numbers in a test's title or in the comments directly above it, and the title.
fn in_typescript(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut numbers = Vec::new();
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with("//") || line.starts_with("/*") || line.starts_with('*') {
            numbers.extend(numbers_in(line));
        } else if line.starts_with("test(") || line.starts_with("test.describe(") {
            // A long title stands on the line below.
            let title = quoted(line).or_else(|| lines.get(at + 1).and_then(|next| quoted(next)));
            let title = title.unwrap_or("a test");
            numbers.extend(numbers_in(title));
            found.extend(numbers.drain(..).map(|number| (number, title.to_owned())));
        } else {
            numbers.clear();
        }
    }
    found
}

fn quoted(line: &str) -> Option<&str> {
    let start = line.find(['\'', '"', '`'])?;
    let quote = line[start..].chars().next()?;
    let rest = &line[start + 1..];
    rest.rfind(quote).map(|end| &rest[..end])
}

/// `BCL-29..32` and `BCL-29, BCL-30` alike.
fn numbers_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && !"-.".contains(character));
    for word in words {
        let word = word.trim_end_matches(['.', '-']);
        let (first, last) = word.split_once("..").unwrap_or((word, ""));
        let Some((prefix, number)) = first.split_once('-') else { continue };
        let known = SPECIFICATIONS.iter().any(|(known, _)| *known == prefix);
        let Some(number) = number.parse::<u32>().ok().filter(|_| known && number.len() == 2) else { continue };
        let last = last.rsplit('-').next().and_then(|last| last.parse().ok()).unwrap_or(number);
        found.extend((number..=last).map(|number| format!("{prefix}-{number:02}")));
    }
    found
}

fn render(requirements: &[Requirement], tests: &BTreeMap<String, Vec<String>>) -> Result<String, Error> {
    if let Some(unknown) = tests.keys().find(|number| !requirements.iter().any(|known| known.number == **number)) {
        return Err(Error::UnknownRequirement(unknown.clone()));
    }
    let is_shown = |requirement: &&Requirement| tests.contains_key(&requirement.number);
    if let Some(needless) = requirements.iter().filter(is_shown).find(|requirement| requirement.reason.is_some()) {
        return Err(Error::ShownRequirement(needless.number.clone()));
    }
    let shown = requirements.iter().filter(is_shown).count();
    let reasoned = requirements.iter().filter(|requirement| requirement.reason.is_some()).count();
    let mut page = format!(
        "# Conformance\n\nWhat the specifications ask where sign-out is concerned, in our own words, and the tests that show \
         it: {shown} of {}. Of {reasoned} more it says why no test shows them. Made by `cargo xtask conformance` from \
         `docs/requirements.txt` and the tests; what has no test is not claimed.\n",
        requirements.len()
    );
    for (prefix, title) in SPECIFICATIONS {
        let own = |requirement: &&Requirement| requirement.number.split('-').next() == Some(prefix);
        page.push_str(&format!("\n## {title}\n\n| number | section | what | tests |\n| --- | --- | --- | --- |\n"));
        for Requirement { number, section, text, reason } in requirements.iter().filter(own) {
            let reason = reason.as_deref().unwrap_or("not shown yet");
            let tests = tests.get(number).map_or_else(|| reason.to_owned(), |tests| tests.join("<br>"));
            page.push_str(&format!("| {number} | {section} | {text} | {tests} |\n"));
        }
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<String> {
        numbers_in(text)
    }

    #[test]
    fn numbers_are_found_alone_listed_and_in_ranges() {
        assert_eq!(numbers("/// BCL-34, T-30: why"), ["BCL-34", "T-30"]);
        assert_eq!(numbers("BCL-29..31 and RPI-01..RPI-02."), ["BCL-29", "BCL-30", "BCL-31", "RPI-01", "RPI-02"]);
        assert!(numbers("X-12, BCL-1, UTF-16, RS-256, sub-only").is_empty());
    }

    #[test]
    fn a_number_belongs_to_the_test_below_it() {
        let source = "/// T-01\n#[test]\nfn one_two() {}\n/// T-02\nfn helper() {}\n// T-03\n#[tokio::test]\nasync fn three() {}\n";
        let expected = [("T-01".to_owned(), "one two".to_owned()), ("T-03".to_owned(), "three".to_owned())];
        assert_eq!(in_rust(source), expected);
    }

    #[test]
    fn a_reason_stands_where_no_test_does_and_not_beside_one() {
        let list = parse("# a comment\nT-01 | 1 | shown\nT-02 | 2 | reasoned | we have none\nT-03 | 3 | open\n");
        let tests = |number: &str| BTreeMap::from([(number.to_owned(), vec!["`a.rs`: b".to_owned()])]);
        let page = render(&list, &tests("T-01")).unwrap();
        for row in [
            "T-01 | 1 | shown | `a.rs`: b |",
            "T-02 | 2 | reasoned | we have none |",
            "T-03 | 3 | open | not shown yet |",
        ] {
            assert!(page.contains(row), "{row}: {page}");
        }
        assert!(page.contains("1 of 3. Of 1 more"), "{page}");
        assert!(matches!(render(&list, &tests("T-02")), Err(Error::ShownRequirement(number)) if number == "T-02"));
        assert!(matches!(render(&list, &tests("T-04")), Err(Error::UnknownRequirement(number)) if number == "T-04"));
    }

    #[test]
    fn a_title_names_its_numbers_too() {
        let source = "// T-02\ntest('it locks (T-01)', async () => {\n  // T-03\n  x();\n});\n";
        let found = in_typescript(source);
        let found: Vec<&str> = found.iter().map(|(number, _)| number.as_str()).collect();
        assert_eq!(found, ["T-02", "T-01"]);
    }
}
