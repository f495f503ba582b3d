use axum::http::StatusCode;

use crate::support::{TestProvider, authorize, code_of, path, redirected};

/// T-10: whichever comes first, no live credential of the ended session is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_out_against_code_exchange_and_silent_sign_in() {
    let provider = TestProvider::init().await;
    for _ in 0..20 {
        let (mut browser, tokens) = provider.signed_in("alice").await;
        let code = code_of(&browser.get(&authorize("app-b", &[])).await);
        let sign_out = {
            let mut browser = browser.clone();
            async move { browser.get(&path("/end_session", &[("id_token_hint", tokens.id_token)])).await }
        };
        let changes = [("code", code.as_str())];
        let exchange = provider.token("app-b", &changes);
        let silent = {
            let mut browser = browser.clone();
            async move { browser.get(&authorize("app-b", &[("prompt", "none")])).await }
        };
        let (_, exchanged, silent) = tokio::join!(sign_out, exchange, silent);
        if exchanged.status == StatusCode::OK {
            let answer: serde_json::Value = serde_json::from_str(&exchanged.body).unwrap();
            let token = answer["access_token"].as_str().unwrap();
            assert_eq!(provider.userinfo(token).await.status, StatusCode::UNAUTHORIZED);
        }
        if let Some(code) = redirected(&silent, "code") {
            assert_eq!(provider.token("app-b", &[("code", &code)]).await.status, StatusCode::BAD_REQUEST);
        }
    }
}

/// One code, many hands: one gets tokens, and they are revoked as soon as the second comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_is_used_many_times_at_once() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let code = code_of(&browser.get(&authorize("app-b", &[])).await);
    let changes = [("code", code.as_str())];
    let answers = futures_util::future::join_all((0..8).map(|_| provider.token("app-b", &changes))).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
    assert_eq!(won.len(), 1);
    let answer: serde_json::Value = serde_json::from_str(&won[0].body).unwrap();
    assert_eq!(provider.userinfo(answer["access_token"].as_str().unwrap()).await.status, StatusCode::UNAUTHORIZED);
}

/// Two tabs sign out at once: one ends the session, the other finds it ended, and both go back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_sign_out_at_once() {
    let provider = TestProvider::init().await;
    let (browser, tokens) = provider.signed_in("alice").await;
    let parameters =
        [("id_token_hint", tokens.id_token.as_str()), ("post_logout_redirect_uri", "http://127.0.0.1:4001/signed-out")];
    let request = path("/end_session", &parameters);
    let answers = futures_util::future::join_all((0..4).map(|_| {
        let (mut browser, request) = (browser.clone(), request.clone());
        async move { browser.get(&request).await }
    }))
    .await;
    let pages = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let redirects = answers.iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count();
    assert_eq!((pages, redirects), (1, 3));
}
