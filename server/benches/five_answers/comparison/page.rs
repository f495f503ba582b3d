//! The page that shows the figures.

pub(crate) const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/five-answers.md");
#[allow(dead_code, reason = "the tests write none")]
pub(crate) const PLOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images/five-answers.svg");
const BEGIN: &str = "<!-- figures: written by `cargo xtask five-answers` -->\n";
const END: &str = "<!-- end of figures -->\n";

/// The table that the page has.
///
/// # Panics
/// The page has no marks.
pub(crate) fn table(page: &str) -> &str {
    let (_, rest) = page.split_once(BEGIN).expect("the page has the mark where the table begins");
    rest.split_once(END).expect("the page has the mark where the table ends").0
}

/// The page with another table.
///
/// # Panics
/// The page has no marks.
pub(crate) fn with_table(page: &str, new: &str) -> String {
    let old = format!("{BEGIN}{}{END}", table(page));
    page.replacen(&old, &format!("{BEGIN}{new}{END}"), 1)
}
