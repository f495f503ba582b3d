//! Headers on which security rests.

use reqwest::StatusCode;

use crate::browser::Browser;
use crate::curfew::Curfew;

#[tokio::test]
async fn every_page_has_a_strict_policy_and_is_framed_by_nobody() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    let pages = [
        format!("{}/", curfew.app_a),
        format!("{}/signed-out", curfew.app_a),
        format!("{}/callback", curfew.app_a),
        format!("{}/nowhere", curfew.app_a),
        format!("{}/", curfew.app_b),
        format!("{}/some/page", curfew.app_b),
        format!("{}/", curfew.provider),
    ];
    for url in pages {
        let page = browser.open(&url).await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{url}: {policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{url}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{url}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{url}");
        assert!(!page.body.contains("<script>") && !page.body.contains("<style") && !page.body.contains(" style="));
    }
    curfew.stop().await;
}

/// What a script could be made of is made of nothing but App B's own markup; `content-security.spec.ts` tries the rest.
#[tokio::test]
async fn app_b_asks_the_browser_for_trusted_types() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    for (path, policies) in [("/", "default"), ("/some/page", "default"), ("/callback/silent", "'none'")] {
        let page = browser.open(&format!("{}{path}", curfew.app_b)).await;
        let policy = page.header("content-security-policy");
        let expected = format!("; require-trusted-types-for 'script'; trusted-types {policies}");
        assert!(policy.ends_with(&expected), "{path}: {policy}");
    }
    curfew.stop().await;
}

/// The page at which the frame of a renewal arrives is no start of App B, and only App B may frame it.
#[tokio::test]
async fn the_page_of_a_renewal_is_framed_by_its_own_origin_only() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    let page = browser.open(&format!("{}/callback/silent?code=secret&state=s", curfew.app_b)).await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("; frame-ancestors 'self';") && policy.contains("default-src 'none'"), "{policy}");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(!page.body.contains("boot.js") && !page.body.contains("<script>") && !page.body.contains("secret"));
    let script = browser.open(&format!("{}/assets/silent.js", curfew.app_b)).await;
    assert!(script.header("content-type").starts_with("text/javascript"));
    assert!(script.body.contains("location.origin"), "to its own origin only");
    curfew.stop().await;
}

#[tokio::test]
async fn what_depends_on_a_session_is_not_stored() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    for url in ["/", "/login", "/callback", "/signed-out", "/events", "/session", "/logout", "/logout/front-channel"] {
        let page = browser.send(reqwest::Method::GET, &format!("{}{url}", curfew.app_a), None).await;
        assert_eq!(page.header("cache-control"), "no-store", "App A {url}");
    }
    for url in ["/", "/callback", "/api/notes", "/api/nothing", "/logout/front-channel", "/logout/back-channel"] {
        let page = browser.send(reqwest::Method::GET, &format!("{}{url}", curfew.app_b), None).await;
        assert_eq!(page.header("cache-control"), "no-store", "App B {url}");
    }
    curfew.stop().await;
}

#[tokio::test]
async fn the_files_of_app_b_are_served_and_its_api_is_not_mistaken_for_a_page() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    for (path, content_type) in
        [("/boot.js", "text/javascript"), ("/pkg/frontend.js", "text/javascript"), ("/assets/main.css", "text/css")]
    {
        let file = browser.open(&format!("{}{path}", curfew.app_b)).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert!(file.header("content-type").starts_with(content_type), "{path}: {}", file.header("content-type"));
    }
    let page = browser.open(&format!("{}/some/page", curfew.app_b)).await;
    assert!(page.body.contains("curfew-config") && page.body.contains("data-session=\"checking\""));
    let api = browser.open(&format!("{}/api/nothing", curfew.app_b)).await;
    assert_eq!(api.status, StatusCode::NOT_FOUND);
    let none = browser.open(&format!("{}/api/notes", curfew.app_b)).await;
    assert_eq!(none.status, StatusCode::UNAUTHORIZED);
    curfew.stop().await;
}
