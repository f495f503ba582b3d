//! OpenID Connect Core 1.0 section 5.3: what App A makes of the UserInfo endpoint's answer.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use reqwest::StatusCode;
use serde_json::json;

use super::provider::{ALICE, OtherProvider, good_id_token};
use crate::browser::{Browser, claim};

type Answer = fn() -> Response;

/// With ID tokens that name nobody.
async fn provider() -> OtherProvider {
    let other = OtherProvider::start(json!({ "userinfo_endpoint": "/userinfo" })).await;
    other.make_id_tokens(|keys, mut claims| {
        claims.as_object_mut().unwrap().remove("preferred_username");
        good_id_token(keys, &claims)
    });
    other
}

#[tokio::test]
async fn it_is_asked_once_with_the_access_token_and_says_how_the_user_is_called() {
    let other = provider().await;
    other.answer_userinfo(|| {
        Json(json!({ "sub": ALICE, "preferred_username": "alice2", "name": "Alice Two" })).into_response()
    });
    let home = other.sign_in(&mut Browser::new()).await;
    assert!(home.body.contains("data-user=\"alice2\""), "{}", home.body);
    assert_eq!(claim(&home.body, "name").as_deref(), Some("Alice Two"));
    assert_eq!(other.shown_to_userinfo(), ["Bearer opaque"]);

    // What the ID token says comes first, and the type of an access token is written in any case.
    other.make_id_tokens(|keys, claims| good_id_token(keys, &claims));
    other.change_tokens(|tokens| tokens["token_type"] = json!("bearer"));
    let home = other.sign_in(&mut Browser::new()).await;
    assert!(home.body.contains("data-user=\"alice\""), "{}", home.body);
    assert_eq!(other.shown_to_userinfo(), ["Bearer opaque"]);
    other.stop().await;
}

#[tokio::test]
async fn an_answer_about_somebody_else_signs_nobody_in() {
    let other = provider().await;
    let answers: [(&str, Answer); 5] = [
        ("another sub", || Json(json!({ "sub": "bob", "preferred_username": "alice" })).into_response()),
        ("no sub", || Json(json!({ "preferred_username": "alice" })).into_response()),
        ("a sub that is no text", || Json(json!({ "sub": 7 })).into_response()),
        ("a sub that is null", || Json(json!({ "sub": null })).into_response()),
        ("no object", || Json(json!([ALICE])).into_response()),
    ];
    for (what, answer) in answers {
        other.answer_userinfo(answer);
        let mut browser = Browser::new();
        let page = other.sign_in(&mut browser).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{what}: {}", page.body);
        assert!(page.body.contains("named one user at first and then another"), "{what}: {}", page.body);
        let home = browser.open(&other.parties.app_a).await;
        assert!(home.body.contains("data-session=\"signed-out\""), "{what}");
    }
    other.stop().await;
}

/// An endpoint that is down takes nobody's sign-in away: who it is stands in the ID token.
#[tokio::test]
async fn without_an_answer_the_id_token_has_to_do() {
    let other = provider().await;
    let answers: [(&str, Answer); 6] = [
        ("an error", || StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        ("a token that it does not take", || StatusCode::UNAUTHORIZED.into_response()),
        ("a redirect", || (StatusCode::FOUND, [(LOCATION, "/userinfo")]).into_response()),
        ("a signed answer", || ([(CONTENT_TYPE, "application/jwt")], "e30.e30.AA").into_response()),
        ("no JSON", || "<html>".into_response()),
        ("a long answer", || {
            Json(json!({ "sub": ALICE, "preferred_username": "alice2", "about": "x".repeat(300_000) })).into_response()
        }),
    ];
    for (what, answer) in answers {
        other.answer_userinfo(answer);
        let home = other.sign_in(&mut Browser::new()).await;
        assert!(home.body.contains("data-session=\"signed-in\""), "{what}: {}", home.body);
        assert_eq!(claim(&home.body, "preferred_username"), None, "{what}");
        assert_eq!(other.shown_to_userinfo().len(), 1, "{what}");
    }
    other.stop().await;
}

#[tokio::test]
async fn it_is_not_asked_before_the_id_token_is_verified_nor_with_a_token_of_another_type() {
    let other = provider().await;
    other.change_tokens(|tokens| tokens["token_type"] = json!("DPoP"));
    let home = other.sign_in(&mut Browser::new()).await;
    assert!(home.body.contains("data-session=\"signed-in\""), "{}", home.body);
    assert!(other.shown_to_userinfo().is_empty(), "another type");

    other.change_tokens(|_| {});
    other.make_id_tokens(|keys, mut claims| {
        claims["nonce"] = json!("guess");
        good_id_token(keys, &claims)
    });
    assert_eq!(other.sign_in(&mut Browser::new()).await.status, StatusCode::BAD_REQUEST);
    assert!(other.shown_to_userinfo().is_empty(), "a bad ID token");
    other.stop().await;
}
