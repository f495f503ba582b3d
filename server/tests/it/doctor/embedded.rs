//! The embedded provider, and the sample in `docs/doctor.md`, which is what the doctor says of it.

use std::fs;

use serde_json::json;
use server::config::Switch;

use super::served::{doctor, report};
use crate::curfew::Curfew;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/doctor.md");
const BEGIN: &str = "<!-- the embedded provider: written by the test -->\n```text\n";
const END: &str = "```\n<!-- end of the embedded provider -->\n";

#[tokio::test]
async fn the_embedded_provider_is_well_and_the_page_shows_it() {
    let curfew = Curfew::start().await;
    let (code, text) = doctor(&[&curfew.provider]).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "at most 100 columns: {text}");
    assert!(!text.contains('\u{1b}'), "no colours: {text}");
    assert_documented(&text.replace(&curfew.provider, "http://localhost:4000"));
    curfew.stop().await;
}

#[tokio::test]
async fn a_channel_that_is_off_is_found_out() {
    let by_front = Curfew::start_without(&[Switch::BackChannel]).await;
    let found = report(&by_front.provider).await;
    let verdict = |way: usize| found["ways"][way]["verdict"].clone();
    assert_eq!([verdict(1), verdict(2), verdict(3)], [json!("no"), json!("works"), json!("works-same-site")]);
    assert_eq!(found["outcome"], "gaps");
    by_front.stop().await;

    let by_back = Curfew::start_without(&[Switch::FrontChannel]).await;
    let found = report(&by_back.provider).await;
    let verdict = |way: usize| found["ways"][way]["verdict"].clone();
    assert_eq!([verdict(1), verdict(2), verdict(3)], [json!("works"), json!("no"), json!("no")]);
    assert_eq!(found["outcome"], "works");
    by_back.stop().await;
}

/// The page has this sample. `CURFEW_UPDATE=1` writes it there.
fn assert_documented(sample: &str) {
    let page = fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has the mark where the sample begins");
    let (written, after) = rest.split_once(END).expect("the page has the mark where the sample ends");
    if std::env::var_os("CURFEW_UPDATE").is_some() {
        fs::write(PAGE, format!("{before}{BEGIN}{sample}{END}{after}")).unwrap();
    } else {
        assert_eq!(written, sample, "the sample of docs/doctor.md is stale: CURFEW_UPDATE=1 writes it");
    }
}
