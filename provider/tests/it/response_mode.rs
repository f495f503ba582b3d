//! OAuth 2.0 Multiple Response Types section 2.1, OAuth 2.0 Form Post Response Mode.

use serde_json::json;
use url::form_urlencoded;

use crate::support::{Answer, ISSUER, TestProvider, authorize, authorize_form, config_with};

const CALLBACK: &str = "http://127.0.0.1:4002/callback";

/// What the app is told, and by which mode.
fn told(answer: &Answer) -> (&'static str, Vec<(String, String)>) {
    let pairs = |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    if answer.status == 200 {
        assert_eq!(answer.between("action=\"", "\"").as_deref(), Some(CALLBACK), "{}", answer.body);
        let inputs = answer.body.split("<input type=\"hidden\" name=\"").skip(1).map(|input| {
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            (name.to_owned(), rest.split('"').next().unwrap().replace("&amp;", "&"))
        });
        return ("form_post", inputs.collect());
    }
    let location = answer.location();
    assert!(location.as_str().starts_with(CALLBACK), "{location}");
    match (location.query(), location.fragment()) {
        (Some(query), None) => ("query", pairs(query)),
        (None, Some(fragment)) => ("fragment", pairs(fragment)),
        both => panic!("{both:?}"),
    }
}

fn parameter<'a>(told: &'a [(String, String)], name: &str) -> Option<&'a str> {
    told.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

/// CORE-05, SM-01: code, `state`, `iss` and `session_state` come by the mode that was asked for; so do errors.
#[tokio::test]
async fn answers_come_by_the_mode_that_was_asked_for() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    for asked in ["", "query", "fragment", "form_post"] {
        let expected = if asked.is_empty() { "query" } else { asked };
        let (mode, answer) = told(&browser.get(&authorize("app-b", &[("response_mode", asked)])).await);
        assert_eq!(mode, expected);
        assert_eq!(parameter(&answer, "state"), Some("s/t&a=t e"), "{asked}");
        assert_eq!(parameter(&answer, "iss"), Some(ISSUER), "{asked}");
        assert!(parameter(&answer, "session_state").is_some(), "{asked}: SM-01");
        assert_eq!(answer.len(), 4, "{asked}: {answer:?}");
        provider.exchange("app-b", parameter(&answer, "code").unwrap()).await;

        for (name, value, error) in [
            ("scope", "profile", "invalid_scope"),
            ("request", "a.b.c", "invalid_request_object"),
            ("request_uri", "https://127.0.0.1:4002/r", "request_uri_not_supported"),
            ("registration", "{}", "registration_not_supported"),
            ("claims", "{", "invalid_request"),
        ] {
            let answer = browser.get(&authorize("app-b", &[("response_mode", asked), (name, value)])).await;
            let (mode, answer) = told(&answer);
            assert_eq!((mode, parameter(&answer, "error")), (expected, Some(error)), "{asked}");
            assert_eq!(parameter(&answer, "state"), Some("s/t&a=t e"), "{asked}");
            assert_eq!(parameter(&answer, "iss"), Some(ISSUER), "{asked}");
            assert_eq!(parameter(&answer, "code"), None, "{asked}");
        }
        let nobody = provider.browser().get(&authorize("app-b", &[("response_mode", asked), ("prompt", "none")])).await;
        let (mode, answer) = told(&nobody);
        assert_eq!((mode, parameter(&answer, "error")), (expected, Some("login_required")));
    }
}

/// Where the mode is not said, the app looks where its response type says.
#[tokio::test]
async fn a_response_type_that_there_is_not_is_refused_where_the_app_looks() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    for (response_type, expected) in [("token", "fragment"), ("code id_token", "fragment"), ("none", "query")] {
        let (mode, answer) = told(&browser.get(&authorize("app-b", &[("response_type", response_type)])).await);
        assert_eq!((mode, parameter(&answer, "error")), (expected, Some("unsupported_response_type")));
    }
}

/// Also where a login form, a consent page or a POST stood between.
#[tokio::test]
async fn the_mode_survives_every_page() {
    let scopes = json!({"scopes": ["openid", "profile", "notes", "offline_access"], "grant_types": ["authorization_code", "refresh_token"]});
    let provider = TestProvider::with(config_with(&[("app-b", scopes)])).await;
    let mut browser = provider.browser();
    let page = browser.get(&authorize("app-b", &[("response_mode", "form_post")])).await;
    let page = browser.follow(page).await;
    let answer = browser.fill_in(&page, "alice", "alice").await;
    assert!(browser.cookies.contains_key("curfew-op-4000"), "the session's cookie comes with the form");
    assert!(parameter(&told(&answer).1, "code").is_some());

    for (answer, expected) in [("allow", "code"), ("deny", "error")] {
        let page = browser.get(&authorize("app-b", &[("response_mode", "form_post"), ("prompt", "consent")])).await;
        let page = browser.follow(page).await;
        let (mode, answer) = told(&browser.consent(&page, answer).await);
        assert!(mode == "form_post" && parameter(&answer, expected).is_some(), "{answer:?}");
    }

    let form = authorize_form("app-b", &[("response_mode", "fragment")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let parked = browser.submit_cross_site("/authorize", &form).await;
    let (mode, answer) = told(&browser.follow(parked).await);
    assert!(mode == "fragment" && parameter(&answer, "code").is_some(), "{answer:?}");
}

#[tokio::test]
async fn the_form_is_for_the_app_alone() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let changes = [
        ("response_mode", "form_post"),
        ("redirect_uri", "http://127.0.0.1:4002/callback?kind=b"),
        ("state", "\"><script>alert(1)</script>"),
    ];
    let page = browser.get(&authorize("app-b", &changes)).await;
    assert_eq!(page.between("action=\"", "\"").as_deref(), Some("http://127.0.0.1:4002/callback?kind=b"));
    assert_eq!(page.header("cache-control"), "no-store");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("; form-action http://127.0.0.1:4002; frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    assert!(!page.body.contains("<script>"), "{}", page.body);
    for expected in [
        "<script src=\"/assets/form-post.js\">",
        "data-testid=\"continue\">Continue to App B</button>",
        "name=\"state\" value=\"&quot;&gt;&lt;script&gt;",
    ] {
        assert!(page.body.contains(expected), "{expected}: {}", page.body);
    }
    let script = browser.get("/assets/form-post.js").await;
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
}

/// The form's `Origin` is the provider's, and not `null`, where the app looks at it; and no path is told.
#[tokio::test]
async fn a_form_says_where_it_comes_from() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = browser.get(&authorize("app-b", &[("response_mode", "form_post")])).await;
    assert_eq!(page.header("referrer-policy"), "strict-origin");
}
