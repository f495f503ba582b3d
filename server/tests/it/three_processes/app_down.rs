//! App B is down during the sign-out, and the provider is killed before App B is back.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use server::cli::PartyKind;

use super::{Processes, eventually};
use crate::browser::Page;
use crate::curfew::access_token;
use crate::sign_out::{Both, assert_ended, sign_out_at_a, signed_in};

const BACK_CHANNEL: &str = "/logout/back-channel";

/// What the provider says of this app.
fn outcome(page: &Page, client_id: &str) -> String {
    let item = page.body.split(&format!("data-client=\"{client_id}\" data-outcome=\"")).nth(1);
    item.unwrap_or_else(|| panic!("nothing of {client_id} in {}", page.body)).split('"').next().unwrap().to_owned()
}

/// Where the page of the sign-out has its result.
fn result(processes: &Processes, page: &Page) -> String {
    let path = page.body.split("data-report=\"").nth(1).unwrap().split("/report\"").next().unwrap();
    format!("{}{path}", processes.provider)
}

/// The sign-out, the kill of the provider, and the start of App B. Returns the page of the sign-out, and how long the
/// provider took for it.
async fn sign_out_while_b_is_down(processes: &mut Processes, alice: &mut Both) -> (Page, Duration) {
    processes.kill(PartyKind::AppB);
    let since = Instant::now();
    let page = sign_out_at_a(processes, &mut alice.browser).await;
    let took = since.elapsed();
    processes.kill(PartyKind::Provider);
    processes.restart(PartyKind::Provider).await;
    processes.restart(PartyKind::AppB).await;
    (page, took)
}

async fn is_refused(processes: &Processes, alice: &Both) -> bool {
    let answer = processes.call(Method::GET, "/notes", access_token(&alice.tokens), None).await;
    if answer.status == StatusCode::UNAUTHORIZED {
        assert_ended(&answer);
        return true;
    }
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    false
}

/// T-03: the user is told what is still to be done, and it is done when it can be, by the first attempt that can succeed.
#[tokio::test]
async fn an_app_that_was_down_refuses_the_old_token_by_the_next_attempt() {
    let mut processes = Processes::start().await;
    let mut alice = signed_in(&processes, "alice").await;
    let told = processes.received(PartyKind::AppB, BACK_CHANNEL);
    let (page, _) = sign_out_while_b_is_down(&mut processes, &mut alice).await;
    assert_eq!((outcome(&page, "app-a"), outcome(&page, "app-b")), ("ended".to_owned(), "pending".to_owned()));
    // The page goes on by itself, and gives the frame of an app at which nobody listens no more than this.
    assert!(page.body.contains(&format!("data-next=\"{}/signed-out?state=", processes.app_a)), "{}", page.body);
    assert!(page.body.contains("data-patience=\"500\""), "{}", page.body);

    eventually("App B refuses the token", async || is_refused(&processes, &alice).await).await;
    let result = result(&processes, &page);
    eventually("the result says so", async || outcome(&alice.browser.clone().open(&result).await, "app-b") == "ended")
        .await;
    assert_eq!(processes.received(PartyKind::AppB, BACK_CHANNEL), told + 1, "by the first that arrived");
}

/// The figures: `cargo test --release -p server --test it app_down_figures -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement, which says nothing of right and wrong"]
async fn app_down_figures() {
    const RUNS: usize = 20;
    let mut processes = Processes::start().await;
    let (mut pages, mut refusals) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let mut alice = signed_in(&processes, "alice").await;
        let (page, took) = sign_out_while_b_is_down(&mut processes, &mut alice).await;
        let healthy = Instant::now();
        assert_eq!(outcome(&page, "app-b"), "pending");
        eventually("App B refuses the token", async || is_refused(&processes, &alice).await).await;
        pages.push(took);
        refusals.push(healthy.elapsed());
    }
    println!("{RUNS} runs, App B down and the provider killed, median and max in ms:");
    println!("  sign-out at App A to the provider's page, which then goes on: {}", figures(pages));
    println!("  App B healthy to the token refused: {}", figures(refusals));
}

fn figures(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let middle = times.len() / 2;
    let median = (ms(times[middle - 1]) + ms(times[middle])) / 2.0;
    format!("{median:.0}, {:.0}", ms(times[times.len() - 1]))
}
