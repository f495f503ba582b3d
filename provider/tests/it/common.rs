use axum::http::StatusCode;

use crate::support::TestProvider;

const APP: &str = "http://127.0.0.1:4002";

#[tokio::test]
async fn pages_of_registered_apps_may_read_four_endpoints_without_credentials() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    for path in ["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"] {
        for origin in [APP, "http://127.0.0.1:4001"] {
            let preflight = browser.send("OPTIONS", path, &[("origin", origin)], None).await;
            assert_eq!(preflight.status, StatusCode::NO_CONTENT, "{path}");
            assert_eq!(preflight.header("access-control-allow-origin"), origin, "{path}");
            assert_eq!(preflight.header("access-control-allow-headers"), "Authorization, Content-Type, DPoP");
            assert!(preflight.headers.get("access-control-allow-credentials").is_none());
            let answer = browser.send("GET", path, &[("origin", origin)], None).await;
            assert_eq!(answer.header("access-control-allow-origin"), origin, "{path}");
            assert_eq!(answer.header("access-control-expose-headers"), "DPoP-Nonce, WWW-Authenticate");
            assert_eq!(answer.header("vary"), "Origin");
        }
        for origin in ["https://evil.example.com", "null", "http://127.0.0.1:4003", "http://127.0.0.1:4002.example.com"]
        {
            for method in ["OPTIONS", "GET"] {
                let answer = browser.send(method, path, &[("origin", origin)], None).await;
                assert!(answer.headers.get("access-control-allow-origin").is_none(), "{path} {origin}");
                assert_eq!(answer.header("vary"), "Origin");
            }
        }
    }
}

#[tokio::test]
async fn nothing_else_can_be_read_across_origins() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    for path in [
        "/",
        "/authorize",
        "/login",
        "/select_account",
        "/consent",
        "/account",
        "/account/end",
        "/global-token-revocation",
        "/end_session",
        "/end_session/result/x",
        "/assets/main.css",
        "/healthz",
    ] {
        for method in ["GET", "OPTIONS"] {
            let answer = browser.send(method, path, &[("origin", APP)], None).await;
            assert!(answer.headers.get("access-control-allow-origin").is_none(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let paths = [
        "/",
        "/nowhere",
        "/authorize",
        "/login",
        "/select_account",
        "/consent",
        "/account",
        "/global-token-revocation",
        "/end_session",
        "/token",
        "/userinfo",
        "/jwks",
        "/healthz",
    ];
    for path in paths {
        let answer = browser.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{path}: {policy}");
        assert!(policy.contains("base-uri 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(!answer.body.contains(" style=") && !answer.body.contains("<style"), "{path}");
        if path != "/jwks" {
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
}

#[tokio::test]
async fn small_things() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let table = [
        ("/healthz", StatusCode::OK),
        ("/favicon.ico", StatusCode::NO_CONTENT),
        ("/", StatusCode::OK),
        ("/assets/main.css", StatusCode::OK),
        ("/assets/front-channel.js", StatusCode::OK),
        ("/assets/form-post.js", StatusCode::OK),
        ("/assets/result.js", StatusCode::OK),
        ("/nowhere", StatusCode::NOT_FOUND),
    ];
    for (path, expected) in table {
        assert_eq!(browser.get(path).await.status, expected, "{path}");
    }
    let css = browser.get("/assets/main.css").await;
    assert_eq!((css.header("content-type"), css.body.as_str()), ("text/css; charset=utf-8", "body{}"));
    let script = browser.get("/assets/front-channel.js").await;
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
}

#[tokio::test]
async fn without_its_store_the_provider_is_not_well() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    provider.state.shutdown().await;
    assert_eq!(browser.get("/healthz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(provider.userinfo(&tokens.access_token).await.status, StatusCode::SERVICE_UNAVAILABLE);
    browser.get("/end_session").await.assert_error_page(503);
}
