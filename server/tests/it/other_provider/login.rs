//! What strangers who begin sign-ins cannot hold up, and sign-ins that a sign-out overtakes.

use relying_party::ledger::sqlite::open_pool;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::provider::OtherProvider;
use crate::browser::{Browser, client};

/// While somebody else has the database, sign-ins begin as ever: they need nothing of what a sign-out needs.
#[tokio::test]
async fn a_sign_in_that_begins_takes_no_place_in_the_database() {
    let other = OtherProvider::start(json!({})).await;
    let pool = open_pool(&other.database_of_a()).await.unwrap();
    let held = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let login = format!("{}/login", other.parties.app_a);
    let mut browser = Browser::new();
    for _ in 0..10 {
        let answer = browser.send(Method::GET, &login, None).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    drop(held);
    pool.close().await;

    // One browser has eight of them at most, and many of strangers have pushed none of them out.
    let port = other.parties.app_a.rsplit(':').next().unwrap();
    let logins = format!("curfew-a-{port}-login-");
    let kept = browser.cookie_names().into_iter().filter(|name| name.starts_with(&logins)).count();
    assert_eq!(kept, 8);
    let begun = browser.send(Method::GET, &login, None).await.location().unwrap();
    for _ in 0..100 {
        assert_eq!(client().get(&login).send().await.unwrap().status(), StatusCode::SEE_OTHER);
    }
    let home = browser.open(begun.as_str()).await;
    assert!(home.body.contains("data-session=\"signed-in\""), "{}", home.body);
    other.stop().await;
}
