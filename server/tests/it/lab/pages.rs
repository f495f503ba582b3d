//! The lab's own page, and its script in the pages of the parties.

use reqwest::{Method, StatusCode};

use super::world::Demo;
use crate::browser::{Browser, client};
use crate::curfew::Curfew;

const SCRIPT: &str = "<script type=\"module\" src=\"/lab/window.js\"></script></head>";

#[tokio::test]
async fn the_page_has_a_strict_policy_and_its_files_are_asked_for_anew() {
    let demo = Demo::start().await;
    let mut browser = Browser::new();
    let page = browser.open(&format!("{}/", demo.lab)).await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    // Without one, the windows that it opens can speak to it.
    assert_eq!(page.header("cross-origin-opener-policy"), "");
    assert!(!page.body.contains("<script>") && !page.body.contains("<style") && !page.body.contains(" style="));
    for file in ["/pkg/lab.js", "/lab-boot.js", "/assets/main.css", "/assets/lab.css"] {
        assert!(page.body.contains(file), "{file}");
        let file = browser.open(&format!("{}{file}", demo.lab)).await;
        assert_eq!((file.status, file.header("cache-control")), (StatusCode::OK, "no-cache"), "{}", file.url);
    }
    for none in ["/boot.js", "/pkg/frontend.js", "/pkg/../assets/nothing", "/api/nothing", "/nothing"] {
        let none = browser.open(&format!("{}{none}", demo.lab)).await;
        assert_eq!((none.status, none.header("cache-control")), (StatusCode::NOT_FOUND, "no-store"), "{}", none.url);
    }
    assert_eq!(browser.open(&format!("{}/healthz", demo.lab)).await.status, StatusCode::OK);
    demo.stop().await;
}

#[tokio::test]
async fn the_windows_get_a_script_that_knows_the_lab_and_frames_get_none() {
    let demo = Demo::start().await;
    let mut browser = Browser::new();
    for page in [
        format!("{}/", demo.app_a),
        format!("{}/signed-out", demo.app_a),
        format!("{}/nowhere", demo.app_a),
        format!("{}/login", demo.app_a),
        format!("{}/", demo.app_b),
        format!("{}/any/page", demo.app_b),
        format!("{}/", demo.provider),
        format!("{}/account", demo.provider),
    ] {
        let page = browser.open(&page).await;
        assert!(page.body.contains(SCRIPT), "{}: {}", page.url, page.body);
        assert_eq!(page.header("cross-origin-opener-policy"), "", "{}", page.url);
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'self'"), "{policy}");
    }
    for origin in [&demo.app_a, &demo.app_b, &demo.provider] {
        let script = browser.open(&format!("{origin}/lab/window.js")).await;
        assert!(script.header("content-type").starts_with("text/javascript"));
        assert!(script.body.contains(&format!("const LAB = \"{}\";", demo.lab)), "{}", script.body);
    }
    for frame in
        [format!("{}/callback/silent", demo.app_b), format!("{}/check_session", demo.provider), front_channel(&demo)]
    {
        let frame = browser.open(&frame).await;
        assert!(frame.status == StatusCode::OK && !frame.body.contains("window.js"), "{}: {}", frame.url, frame.body);
    }
    let framed = client().get(&demo.app_a).header("sec-fetch-dest", "iframe").send().await.unwrap();
    assert!(!framed.text().await.unwrap().contains("window.js"));
    demo.stop().await;
}

fn front_channel(demo: &Demo) -> String {
    let mut url = url::Url::parse(&format!("{}/logout/front-channel", demo.app_b)).unwrap();
    url.query_pairs_mut().extend_pairs([("iss", demo.provider.as_str()), ("sid", "a-session-that-is-not-known-here")]);
    url.into()
}

#[tokio::test]
async fn parties_without_a_lab_have_no_script_of_it() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    for origin in [&curfew.app_a, &curfew.app_b, &curfew.provider] {
        assert!(!browser.open(origin).await.body.contains("/lab/"), "{origin}");
        let script = browser.send(Method::GET, &format!("{origin}/lab/window.js"), None).await;
        assert!(!script.header("content-type").starts_with("text/javascript"), "{origin}");
    }
    curfew.stop().await;
}
