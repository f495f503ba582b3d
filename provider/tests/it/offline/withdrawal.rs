//! How the user withdraws it after a sign-out.

use super::*;

/// The address of the page that shows the result of a sign-out, and the page.
async fn result_page(browser: &mut TestBrowser, tokens: &Tokens) -> (String, Answer) {
    let parameters =
        [("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", "http://127.0.0.1:4002/")];
    let answer = browser.get(&path("/end_session", &parameters)).await;
    let result = answer.between("data-next=\"", "\"").unwrap();
    assert!(result.starts_with("/end_session/result/"), "not straight back: {result}");
    let page = browser.get(&result).await;
    (result, page)
}

async fn withdraw(browser: &mut TestBrowser, result: &str, page: &Answer, client_id: &str) -> Answer {
    let csrf = page.input("csrf");
    browser.submit(&format!("{result}/withdraw"), &[("csrf", &csrf), ("client_id", client_id)]).await
}

/// BCL-43: whoever signs out is told what goes on, before they go back, and can end it there.
#[tokio::test]
async fn whoever_signs_out_is_told_and_can_withdraw_it() {
    let provider = init().await;
    let (mut browser, tokens) = allowed(&provider).await;
    let question = browser.get("/end_session").await;
    assert!(question.body.contains("keep access while you are away"), "{}", question.body);
    let (result, page) = result_page(&mut browser, &tokens).await;
    assert!(page.body.contains("data-testid=\"offline-app\" data-client=\"app-b\""), "{}", page.body);
    assert!(page.body.contains("<strong>App B</strong> keeps access while you are away"), "{}", page.body);
    assert!(page.body.contains("Continue to App B"), "the way back is there");

    let away = refreshed(&provider, &tokens.answer).await;
    let answer = withdraw(&mut browser, &result, &page, "app-b").await;
    let page = browser.follow(answer).await;
    assert!(!page.body.contains("offline-app"), "{}", page.body);
    assert!(page.body.contains("<strong>App B</strong> has lost its access"), "{}", page.body);
    assert!(page.body.contains("for up to 5 minutes"), "{}", page.body);
    assert_refused(&provider, &away).await;
    assert_eq!(userinfo(&provider, &away).await, StatusCode::UNAUTHORIZED);
    assert_eq!(introspect(&provider, &away).await, json!({"active": false}));

    let (mut browser, _) = provider.signed_in("alice").await;
    let answer = ask(&mut browser, &[SCOPE, SILENT]).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("consent_required"), "nor is it remembered");
}

/// RPI-30: where every app has ended its session the user is sent straight back, but not past what goes on.
#[tokio::test]
async fn the_result_comes_before_the_way_back() {
    let (app_a, app_b) = (TestApp::answering(200).await, TestApp::answering(200).await);
    let mut config = config();
    for (client, app) in [(0, &app_a), (1, &app_b)] {
        let members = app.back_channel().as_object().unwrap().clone();
        config["clients"][client].as_object_mut().unwrap().extend(members);
    }
    let provider = TestProvider::with(config).await;
    for keeps_access in [false, true] {
        let (mut browser, tokens) = match keeps_access {
            true => allowed(&provider).await,
            false => provider.signed_in("alice").await,
        };
        let back = if keeps_access { "http://127.0.0.1:4002/" } else { "http://127.0.0.1:4001/signed-out" };
        let parameters = [("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", back)];
        let answer = browser.get(&path("/end_session", &parameters)).await;
        assert_eq!(answer.location().as_str() == back, !keeps_access, "{}", answer.location());
        let page = browser.follow(answer).await;
        assert_eq!(page.body.contains("offline-app"), keeps_access);
        assert_eq!(page.body.contains("Continue to App B"), keeps_access);
    }
}

/// A page that says so must be right.
#[tokio::test]
async fn nobody_is_told_of_what_is_over() {
    let provider = init().await;
    let (mut browser, tokens) = allowed(&provider).await;
    let (result, page) = result_page(&mut browser, &tokens).await;
    assert!(page.body.contains("offline-app"));
    let told = browser.get(&format!("{result}?withdrawn=app-b")).await;
    assert!(told.body.contains("offline-app") && !told.body.contains("has lost its access"), "an address ends nothing");
    let token = refresh_token(&tokens.answer);
    provider.browser().send("POST", "/revoke", &[], Some(&[("client_id", "app-b"), ("token", &token)])).await;
    assert!(!browser.get(&result).await.body.contains("offline-app"), "revoked");

    allowed_again(&provider).await;
    provider.clock.advance(7 * DAY - 1);
    let (mut browser, _) = provider.signed_in("alice").await;
    assert!(browser.get("/end_session").await.body.contains("keep access while you are away"));
    provider.clock.advance(1);
    assert!(
        !browser.get("/end_session").await.body.contains("keep access while you are away"),
        "not used for too long"
    );
}

/// RPI-37's sibling: a form that another page sends, or that was made for another browser, withdraws nothing.
#[tokio::test]
async fn forged_withdrawals_are_refused() {
    let provider = init().await;
    let (mut browser, tokens) = allowed(&provider).await;
    let (result, page) = result_page(&mut browser, &tokens).await;
    let csrf = page.input("csrf");
    let form = [("csrf", csrf.as_str()), ("client_id", "app-b")];
    let path = format!("{result}/withdraw");
    let origins: &[&[(&str, &str)]] =
        &[&[("sec-fetch-site", "cross-site")], &[("sec-fetch-site", "same-site")], &[("origin", "null")], &[]];
    for headers in origins {
        browser.send("POST", &path, headers, Some(&form)).await.assert_error_page(403);
    }
    for csrf in ["", "x", &"A".repeat(csrf.len())] {
        browser.submit(&path, &[("csrf", csrf), ("client_id", "app-b")]).await.assert_error_page(403);
    }
    provider.browser().submit(&path, &form).await.assert_error_page(403);
    browser.submit("/end_session/result/x/withdraw", &form).await.assert_error_page(403);
    for client_id in ["", "app-x"] {
        browser.submit(&path, &[("csrf", &csrf), ("client_id", client_id)]).await.assert_error_page(400);
    }
    let (mut other, of_bob) = provider.signed_in("bob").await;
    let answer = other.get(&crate::support::path("/end_session", &[("id_token_hint", of_bob.id_token)])).await;
    let of_bob = answer.between("data-report=\"", "/report").unwrap();
    let page = other.get(&of_bob).await;
    assert!(!page.body.contains("offline-app"), "what is alice's is not shown to bob");
    let answer = other.get("/end_session").await;
    assert!(!answer.body.contains("keep access"), "{}", answer.body);
    refreshed(&provider, &tokens.answer).await;
}

/// BCP-12: a code that was given before the user withdrew is worth nothing after it.
#[tokio::test]
async fn a_code_from_before_a_withdrawal() {
    let provider = init().await;
    let (mut here, tokens) = allowed(&provider).await;
    let (mut elsewhere, _) = provider.signed_in("alice").await;
    let code = code_of(&ask(&mut elsewhere, &[SCOPE]).await);
    let (result, page) = result_page(&mut here, &tokens).await;
    withdraw(&mut here, &result, &page, "app-b").await;
    let answer = provider.token("app-b", &[("code", &code)]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert!(answer.body.contains("no longer allowed"), "{}", answer.body);
    let answer = ask(&mut elsewhere, &[("scope", "openid profile notes"), SILENT]).await;
    provider.exchange("app-b", &code_of(&answer)).await;
}
