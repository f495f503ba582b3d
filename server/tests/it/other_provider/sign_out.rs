//! Signing out of App A where the provider offers less, or answers something else.

use serde_json::{Value, json};

use super::provider::{OtherProvider, SendBack};
use crate::browser::Browser;

/// RPI-25
#[tokio::test]
async fn without_an_end_session_endpoint_only_app_a_is_signed_out_and_says_so() {
    let other = OtherProvider::start(json!({ "end_session_endpoint": Value::Null })).await;
    let mut browser = Browser::new();
    let home = other.sign_in(&mut browser).await;
    let page = other.sign_out(&mut browser, &home).await;
    assert!(page.url.as_str().starts_with(&format!("{}/signed-out", other.parties.app_a)), "{}", page.url);
    assert!(page.body.contains("You are signed out of App A"), "{}", page.body);
    assert!(page.body.contains("offers no way to sign out everywhere"), "{}", page.body);
    assert!(browser.open(&other.parties.app_a).await.body.contains("data-session=\"signed-out\""));
    other.stop().await;
}

/// RPI-13: only the answer to App A's own request says that the session has ended everywhere.
#[tokio::test]
async fn a_return_with_a_wrong_state_or_none_is_noticed() {
    let other = OtherProvider::start(json!({})).await;
    let answers: [(SendBack, bool); 4] = [
        (|state| Some(state.to_owned()), true),
        (|_| None, false),
        (|_| Some(String::new()), false),
        (|state| Some(format!("{state}x")), false),
    ];
    for (answer, is_ours) in answers {
        other.send_back(answer);
        let mut browser = Browser::new();
        let home = other.sign_in(&mut browser).await;
        let page = other.sign_out(&mut browser, &home).await;
        assert_eq!(page.url.path(), "/signed-out");
        assert_eq!(page.body.contains("has ended your session and"), is_ours, "{}", page.body);
        assert_eq!(page.body.contains("is not certain"), !is_ours, "{}", page.body);
        // The word is good once; and who never asked is told of no answer.
        let again = browser.open(page.url.as_str()).await;
        assert!(again.body.contains("App A has no session of yours"), "{}", again.body);
    }
    other.stop().await;
}
