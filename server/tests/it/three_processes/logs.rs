//! What a log must not hold, at the level at which everything is logged.

use std::fs;

use reqwest::Method;
use serde_json::json;
use server::cli::PartyKind;

use super::Processes;
use crate::curfew::{access_token, claims};
use crate::sign_out::{assert_ended, sign_out_at_a, signed_in};

/// A sign-in at both apps, a renewal, requests to the API and a sign-out; then every secret of it is looked for.
#[tokio::test]
async fn no_log_of_any_party_holds_a_secret() {
    let processes = Processes::start_in(vec![("RUST_LOG", "trace".to_owned())]).await;
    let mut alice = signed_in(&processes, "alice").await;
    let mut secrets = vec![("App A's secret", "app-a-demo-secret-known-to-everybody".to_owned())];
    let code = processes.code_for_b(&mut alice.browser).await.unwrap();
    let more = processes.exchange(&code).await.1;
    secrets.push(("a code", code));
    for tokens in [&alice.tokens, &more] {
        for name in ["access_token", "id_token", "refresh_token"] {
            secrets.extend(tokens[name].as_str().map(|token| ("a token", token.to_owned())));
        }
        for token in ["access_token", "id_token"] {
            let claims = claims(tokens[token].as_str().unwrap());
            secrets.extend(claims["sid"].as_str().map(|sid| ("a sid", sid.to_owned())));
        }
    }
    let cookies: Vec<_> = alice.browser.cookie_names().iter().filter_map(|name| alice.browser.cookie(name)).collect();
    assert!(cookies.len() >= 2, "one of the provider's and one of App A's");
    secrets.extend(cookies.into_iter().map(|cookie| ("a cookie", cookie)));
    let note = json!({ "text": "nobody's business" });
    processes.call(Method::POST, "/notes", access_token(&alice.tokens), Some(note)).await;
    secrets.push(("a note", "nobody's business".to_owned()));
    sign_out_at_a(&processes, &mut alice.browser).await;
    assert_ended(&processes.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);

    for party in [PartyKind::Provider, PartyKind::AppA, PartyKind::AppB] {
        let log = fs::read_to_string(processes.log(party)).unwrap();
        assert!(log.contains("TRACE") && log.contains("started processing request"), "{} logs it all", party.name());
        for (what, secret) in &secrets {
            // In a token's place its signature would do.
            let part = secret.rsplit('.').next().unwrap();
            let line = log.lines().find(|line| line.contains(part));
            assert!(line.is_none(), "{what} in {}'s log: {line:?}", party.name());
        }
    }
    processes.stop().await;
}
