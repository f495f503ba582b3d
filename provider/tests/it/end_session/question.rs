//! The question whether to sign out, and its answer.

use super::*;

/// RPI-23, RPI-29: with a client, an exact match and the user's own answer, the user goes back.
#[tokio::test]
async fn the_confirmed_sign_out_goes_back_to_the_app() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let parameters = [("client_id", "app-a"), ("post_logout_redirect_uri", SIGNED_OUT), ("state", "1")];
    let question = browser.get(&end_session(&parameters)).await;
    assert!(question.header("content-security-policy").contains("form-action 'self' http://127.0.0.1:4001;"));
    assert!(!question.body.contains(SIGNED_OUT), "the target stays at the provider");
    let answer = browser.answer(&question, "sign-out").await;
    assert_eq!(answer.between("data-next=\"", "\"").unwrap(), format!("{SIGNED_OUT}?state=1"));
    assert!(!is_signed_in(&mut browser).await);
    browser.answer(&question, "sign-out").await.assert_error_page(400);
}

/// RPI-37
#[tokio::test]
async fn forged_answers_end_nothing() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let question = browser.get(&end_session(&[])).await;
    let (request, csrf) = (question.input("request"), question.input("csrf"));
    let form = [("request", request.as_str()), ("csrf", &csrf), ("answer", "sign-out")];
    let origins: &[&[(&str, &str)]] = &[
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example.com")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:4001")],
        &[("origin", "http://localhost:4001")],
        &[],
    ];
    for headers in origins {
        browser.send("POST", "/end_session/confirm", headers, Some(&form)).await.assert_error_page(403);
    }
    for csrf in ["", "x", &csrf[1..]] {
        let form = [("request", request.as_str()), ("csrf", csrf), ("answer", "sign-out")];
        browser.submit("/end_session/confirm", &form).await.assert_error_page(403);
    }
    for answer in ["", "yes"] {
        let form = [("request", request.as_str()), ("csrf", &csrf), ("answer", answer)];
        browser.submit("/end_session/confirm", &form).await.assert_error_page(400);
    }
    browser.submit("/end_session/confirm", &[("answer", "sign-out")]).await.assert_error_page(400);
    let (mut bob, _) = provider.signed_in("bob").await;
    bob.submit("/end_session/confirm", &form).await.assert_error_page(403);
    assert!(is_signed_in(&mut browser).await);
    assert!(is_signed_in(&mut bob).await);
    browser.submit("/end_session/confirm", &form).await;
    assert!(!is_signed_in(&mut browser).await, "the real answer still counts");
}

#[tokio::test]
async fn an_answer_counts_for_the_session_that_was_asked_about() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let question = browser.get(&end_session(&[])).await;
    let page = browser.get(&authorize("app-a", &[("prompt", "login")])).await;
    let page = browser.follow(page).await;
    code_of(&browser.fill_in(&page, "bob", "bob").await);
    let answer = browser.answer(&question, "sign-out").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn a_question_expires() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let question = browser.get(&end_session(&[])).await;
    provider.clock.advance(10 * 60);
    browser.answer(&question, "sign-out").await.assert_error_page(400);
    assert!(is_signed_in(&mut browser).await);
}

/// RPI-33
#[tokio::test]
async fn without_a_session_there_is_nothing_to_ask() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let page = browser.get("/end_session").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("You are signed out"));

    let claimed = [("client_id", "app-a"), ("post_logout_redirect_uri", SIGNED_OUT)];
    let page = browser.get(&end_session(&claimed)).await;
    assert_eq!(page.status, StatusCode::OK, "RPI-29: no redirect without a hint");
    assert!(page.body.contains(&format!("href=\"{SIGNED_OUT}\"")), "but a link");
}
