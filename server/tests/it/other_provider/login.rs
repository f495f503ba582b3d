//! What strangers who begin sign-ins cannot hold up, and sign-ins that a sign-out overtakes.

use relying_party::ledger::sqlite::open_pool;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::provider::{OtherProvider, good_id_token, now};
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

/// T-10, BCL-40: no `sid`, no `auth_time`, and an ID token that is younger than the sign-out that came before it.
#[tokio::test]
async fn a_sign_out_by_sub_after_a_sign_in_began_ends_it_before_it_is_there() {
    let other = OtherProvider::start(json!({})).await;
    other.make_id_tokens(|keys, mut claims| {
        claims["iat"] = json!(now() + 5);
        good_id_token(keys, &claims)
    });
    let login = format!("{}/login", other.parties.app_a);
    let sign_out = async |iat| {
        let form = [("logout_token", other.logout_token_by_sub(iat))];
        let answer = client().post(format!("{}/logout/back-channel", other.parties.app_a)).form(&form).send().await;
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    };
    // One of a minute ago is not of this session.
    sign_out(now() - 60).await;
    let home = other.sign_in(&mut Browser::new()).await;
    assert!(home.body.contains("data-session=\"signed-in\""), "{}", home.body);

    let mut browser = Browser::new();
    let to_provider = browser.send(Method::GET, &login, None).await.location().unwrap();
    let callback = browser.send(Method::GET, to_provider.as_str(), None).await.location().unwrap();
    sign_out(now()).await;
    let page = browser.open(callback.as_str()).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "{}", page.body);
    assert!(page.body.contains("You have been signed out"), "{}", page.body);
    let home = browser.open(&other.parties.app_a).await;
    assert!(home.body.contains("data-session=\"signed-out\""));
    other.stop().await;
}

/// Whoever asks for the headers of an address only, as a scanner of links does, uses up nothing and ends nothing.
#[tokio::test]
async fn head_does_not_act() {
    let other = OtherProvider::start(json!({ "frontchannel_logout_supported": true })).await;
    other.make_id_tokens(|keys, mut claims| {
        claims["sid"] = json!("s1");
        good_id_token(keys, &claims)
    });
    let (app_a, app_b) = (&other.parties.app_a, &other.parties.app_b);
    let mut browser = Browser::new();
    let to_provider = browser.send(Method::GET, &format!("{app_a}/login"), None).await.location().unwrap();
    let callback = browser.send(Method::GET, to_provider.as_str(), None).await.location().unwrap();
    let head = browser.send(Method::HEAD, callback.as_str(), None).await;
    assert_eq!((head.status, head.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET"));
    assert!(browser.open(callback.as_str()).await.body.contains("data-session=\"signed-in\""), "it is still good");

    for app in [app_a, app_b] {
        let url = format!("{app}/logout/front-channel?iss={}&sid=s1", other.parties.provider);
        assert_eq!(browser.send(Method::HEAD, &url, None).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert!(browser.open(app_a).await.body.contains("data-session=\"signed-in\""));
    other.stop().await;
}
