//! Whether the user allows it.

use super::*;

/// OpenID Connect Core 1.0 section 11: from a client that may not have it, it is ignored.
#[tokio::test]
async fn who_may_not_have_it_gets_the_rest() {
    let provider = init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let answer = browser.get(&authorize("app-a", &[SCOPE, SILENT])).await;
    let tokens = provider.exchange("app-a", &code_of(&answer)).await;
    assert_eq!(tokens.answer["scope"], "openid profile");
    sign_out(&mut browser, &tokens).await;
    let answer = refresh(&provider, "app-a", &tokens.answer).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "BCL-42");
}

/// BCP-03, and OpenID Connect Core 1.0 section 11: the user is asked once for what an app may do while they are away, and
/// again for more, for another app and where the app wants it so.
#[tokio::test]
async fn the_user_is_asked_once() {
    let provider = init().await;
    let (mut browser, tokens) = allowed(&provider).await;
    assert_eq!(tokens.answer["scope"], SCOPE.1);
    code_of(&ask(&mut browser, &[SCOPE]).await);
    code_of(&ask(&mut browser, &[SCOPE, SILENT]).await);
    code_of(&ask(&mut browser, &[("scope", "openid profile notes")]).await);
    for changes in [[MORE, ("prompt", "")], [SCOPE, ("prompt", "consent")]] {
        let page = ask(&mut browser, &changes).await;
        assert!(page.body.contains("data-testid=\"allow\""), "{changes:?}");
        assert!(page.body.contains("after 30 days at the latest"), "{}", page.body);
        assert!(page.body.contains("data-scope=\"offline_access\""), "{}", page.body);
    }
    let provider = provider.restart(config()).await;
    let code = |answer: Answer| redirected(&answer, "code").is_some();
    let mut again = provider.browser();
    let login = ask(&mut again, &[SCOPE]).await;
    assert!(code(again.fill_in(&login, "alice", "alice").await), "another browser, after a restart");
    let mut bob = provider.browser();
    let login = ask(&mut bob, &[SCOPE]).await;
    let answer = bob.fill_in(&login, "bob", "bob").await;
    assert_eq!(answer.location().path(), "/consent", "another user");
}

/// OpenID Connect Core 1.0 section 3.1.2.6
#[tokio::test]
async fn without_a_page_there_is_no_consent() {
    let provider = init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let answer = ask(&mut browser, &[SCOPE, SILENT]).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("consent_required"));
    let page = ask(&mut browser, &[SCOPE]).await;
    let answer = browser.consent(&page, "deny").await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("access_denied"));
    let answer = ask(&mut browser, &[SCOPE, SILENT]).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("consent_required"), "a no is no yes");
    let answer = ask(&mut provider.browser(), &[SCOPE, SILENT]).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("login_required"), "that comes first");
    let page = ask(&mut browser, &[MORE]).await;
    browser.consent(&page, "allow").await;
    code_of(&ask(&mut browser, &[SCOPE, SILENT]).await);
}

/// What was allowed while the user is there is not allowed for when they are away.
#[tokio::test]
async fn consent_to_something_else_is_not_enough() {
    let provider = init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = ask(&mut browser, &[("scope", "openid profile notes"), ("prompt", "consent")]).await;
    assert!(!page.body.contains("away"), "{}", page.body);
    code_of(&browser.consent(&page, "allow").await);
    let answer = ask(&mut browser, &[SCOPE, SILENT]).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("consent_required"));
}
