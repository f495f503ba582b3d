//! Every party killed at every step of a sign-out; the table in `docs/operating.md` is what comes of it.

use std::fmt::Write as _;
use std::fs;

use server::cli::PartyKind;

use super::kill::Step;
use super::stage::{End, Stage};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operating.md");
const BEGIN: &str = "<!-- kill matrix: written by the test -->\n";
const END: &str = "<!-- end of kill matrix -->\n";

/// T-03, T-04, T-05, BCL-36, BCL-37, BCL-46: whoever dies at whichever step, in the end all agree with the provider, and
/// nothing is lost.
#[tokio::test]
async fn nothing_is_lost_whoever_is_killed_at_whichever_step() {
    let (provider, app_a, app_b) =
        tokio::join!(column(PartyKind::Provider), column(PartyKind::AppA), column(PartyKind::AppB));
    let mut table = String::from("| killed | the provider | App A | App B |\n| --- | --- | --- | --- |\n");
    for (row, step) in Step::ALL.into_iter().enumerate() {
        let [provider, app_a, app_b] = [&provider, &app_a, &app_b].map(|column| end(column[row]));
        writeln!(table, "| {} | {provider} | {app_a} | {app_b} |", name(step)).unwrap();
    }
    assert_documented(&table);
}

/// What becomes of one party at each step, one after the other.
async fn column(killed: PartyKind) -> Vec<End> {
    let mut stage = Stage::start(Some(killed)).await;
    let mut ends = Vec::new();
    for step in Step::ALL {
        println!("{} killed: {step:?}", killed.name());
        ends.push(stage.play(killed, step).await);
    }
    ends
}

fn name(step: Step) -> &'static str {
    match step {
        Step::BeforeCommit => "before the provider has committed",
        Step::BeforeDelivery => "after that, before the app has the logout token",
        Step::BeforeAppCommits => "before the app has committed",
        Step::BeforeAnswer => "after that, before its answer has arrived",
        Step::BeforeRecord => "after that, before the provider has recorded the answer",
        Step::AppDown => "while the app is down",
        Step::StreamCut => "after everything, while a tab's stream is cut",
    }
}

fn end(end: End) -> &'static str {
    match end {
        End::AskedAgain => "not signed out; asked again",
        End::ToldAgain => "told after the restart",
        End::Remembered => "remembered",
    }
}

/// The page has this table. `CURFEW_UPDATE=1` writes it there.
fn assert_documented(table: &str) {
    let page = fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has the mark where the table begins");
    let (written, after) = rest.split_once(END).expect("the page has the mark where the table ends");
    if std::env::var_os("CURFEW_UPDATE").is_some() {
        fs::write(PAGE, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(written, table, "the table of docs/operating.md is stale: CURFEW_UPDATE=1 writes it");
    }
}
