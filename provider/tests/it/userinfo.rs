use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{TestProvider, authorize, claims, code_of, config};

#[tokio::test]
async fn claims_by_scope() {
    let mut config = config();
    config["clients"][1]["scopes"] = json!(["openid", "profile", "email"]);
    config["users"][0]["email"] = json!("alice@example.com");
    let provider = TestProvider::with(config).await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let sub = claims(&tokens.id_token)["sub"].clone();
    let table = [
        ("openid", json!({"sub": sub})),
        ("openid profile", json!({"sub": sub, "name": "Alice", "preferred_username": "alice"})),
        ("openid email", json!({"sub": sub, "email": "alice@example.com"})),
    ];
    for (scope, expected) in table {
        let answer = browser.get(&authorize("app-b", &[("scope", scope)])).await;
        let tokens = provider.exchange("app-b", &code_of(&answer)).await;
        for method in ["GET", "POST"] {
            let bearer = format!("Bearer {}", tokens.access_token);
            let answer = browser.send(method, "/userinfo", &[("authorization", &bearer)], None).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap(), expected, "{scope}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

/// RFC 6750 section 3
#[tokio::test]
async fn refused_tokens() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let (_, foreign) = TestProvider::foreign().await.signed_in("alice").await;
    let without_token = browser.send("GET", "/userinfo", &[], None).await;
    assert_eq!(without_token.status, StatusCode::UNAUTHORIZED);
    assert_eq!(without_token.header("www-authenticate"), "Bearer realm=\"userinfo\"");

    let in_url = format!("/userinfo?access_token={}", tokens.access_token);
    assert_eq!(browser.send("GET", &in_url, &[], None).await.status, StatusCode::UNAUTHORIZED);
    let basic = format!("Basic {}", tokens.access_token);
    assert_eq!(
        browser.send("GET", "/userinfo", &[("authorization", &basic)], None).await.status,
        StatusCode::UNAUTHORIZED
    );

    let tampered = format!("{}x", tokens.access_token);
    let unsigned = format!("{}.", tokens.access_token.rsplit_once('.').unwrap().0);
    for (what, token) in [
        ("an ID token", &tokens.id_token),
        ("another provider's", &foreign.access_token),
        ("tampered with", &tampered),
        ("unsigned", &unsigned),
        ("nothing", &String::new()),
    ] {
        let answer = provider.userinfo(token).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
        assert!(answer.header("www-authenticate").contains("invalid_token"), "{what}");
    }
    provider.clock.advance(299);
    assert_eq!(provider.userinfo(&tokens.access_token).await.status, StatusCode::OK);
    provider.clock.advance(1);
    let expired = provider.userinfo(&tokens.access_token).await;
    assert!(expired.header("www-authenticate").contains("the token has expired"));
}
