//! Signing out: what ends, through which channel, and what does not.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use server::config::Switch;

use crate::browser::{Browser, Page, claim, client};
use crate::curfew::{Answer, Parties, access_token, claims};
use crate::each_way::each_way;

/// The form of App A's page.
pub(crate) async fn sign_out_at_a(parties: &Parties, browser: &mut Browser) -> Page {
    let home = browser.open(&parties.app_a).await;
    browser.submit(&format!("{}/logout", parties.app_a), &[("csrf", &home.hidden("csrf"))]).await
}

/// What App B's tab does: its own API first, then the provider.
pub(crate) async fn sign_out_at_b(parties: &Parties, browser: &mut Browser, tokens: &Value) -> Page {
    let told = parties.call(Method::POST, "/sign-out", access_token(tokens), None).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT);
    browser.open(&end_session_of_b(parties, tokens)).await
}

/// Where App B's tab goes to sign out.
pub(crate) fn end_session_of_b(parties: &Parties, tokens: &Value) -> String {
    let mut url = url::Url::parse(&format!("{}/end_session", parties.provider)).unwrap();
    url.query_pairs_mut().extend_pairs([
        ("id_token_hint", tokens["id_token"].as_str().unwrap()),
        ("post_logout_redirect_uri", &format!("{}/", parties.app_b)),
        ("state", "a b&c"),
    ]);
    url.into()
}

pub(crate) fn assert_ended(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.body["error"], "invalid_token");
    assert_eq!(answer.body["reason"], "session_ended");
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("invalid_token") && challenge.contains("session_ended"), "{challenge}");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

pub(crate) struct Both {
    pub(crate) browser: Browser,
    pub(crate) tokens: Value,
}

pub(crate) async fn signed_in(parties: &Parties, user: &str) -> Both {
    let mut browser = Browser::new();
    parties.sign_in_at_a(&mut browser, user).await;
    let tokens = parties.sign_in_at_b(&mut browser).await;
    Both { browser, tokens }
}

/// RPI-26, RPI-30, BCL-40, CORE-02, T-02: when the user is back at App A, everything has ended.
#[tokio::test]
async fn a_sign_out_at_a_ends_everything_of_this_session_and_nothing_of_another() {
    each_way(&[], async |curfew| {
        let mut alice = signed_in(&curfew, "alice").await;
        let mut elsewhere = signed_in(&curfew, "alice").await;
        let mut bob = signed_in(&curfew, "bob").await;

        let back = sign_out_at_a(&curfew, &mut alice.browser).await;
        assert_eq!(back.url.path(), "/signed-out", "{}", back.body);
        assert!(back.body.contains("tells the other apps"), "{}", back.body);
        let refused = curfew.call(Method::GET, "/notes", access_token(&alice.tokens), None).await;
        assert_ended(&refused);
        assert_eq!(refused.body["channel"], "back-channel", "the tab can say how its server heard");
        assert!(alice.browser.open(&curfew.app_a).await.body.contains("data-session=\"signed-out\""));
        assert_eq!(curfew.try_to_sign_in_at_b(&mut alice.browser).await.unwrap_err(), "login_required");

        for other in [&mut elsewhere, &mut bob] {
            let answer = curfew.call(Method::GET, "/notes", access_token(&other.tokens), None).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert!(other.browser.open(&curfew.app_a).await.body.contains("data-session=\"signed-in\""));
        }
        curfew.stop().await;
    })
    .await;
}

/// T-14: the state comes back as it was sent.
#[tokio::test]
async fn a_sign_out_at_b_ends_the_session_at_a() {
    each_way(&[], async |curfew| {
        let mut alice = signed_in(&curfew, "alice").await;
        let back = sign_out_at_b(&curfew, &mut alice.browser, &alice.tokens).await;
        assert!(back.url.as_str().starts_with(&curfew.app_b), "{}", back.url);
        assert_eq!(back.query("state").as_deref(), Some("a b&c"));
        assert!(alice.browser.open(&curfew.app_a).await.body.contains("data-session=\"signed-out\""));
        assert_ended(&curfew.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
        curfew.stop().await;
    })
    .await;
}

/// App B's own sign-out refuses its token at once, whatever the provider does later.
#[tokio::test]
async fn the_api_refuses_a_token_that_its_app_has_signed_out() {
    each_way(&[], async |curfew| {
        let mut alice = signed_in(&curfew, "alice").await;
        let told = curfew.call(Method::POST, "/sign-out", access_token(&alice.tokens), None).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT);
        assert_ended(&curfew.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
        // The session itself lives on: App A is untouched, and a new token is good.
        assert!(alice.browser.open(&curfew.app_a).await.body.contains("data-session=\"signed-in\""));
        let tokens = curfew.sign_in_at_b(&mut alice.browser).await;
        assert_eq!(curfew.call(Method::GET, "/notes", access_token(&tokens), None).await.status, StatusCode::OK);
        curfew.stop().await;
    })
    .await;
}

/// T-10, BCP-12: a code that was out when the session ended gives nothing.
#[tokio::test]
async fn a_code_of_an_ended_session_is_dead() {
    each_way(&[], async |curfew| {
        let mut alice = signed_in(&curfew, "alice").await;
        let code = curfew.code_for_b(&mut alice.browser).await.unwrap();
        sign_out_at_a(&curfew, &mut alice.browser).await;
        let (status, body) = curfew.exchange(&code).await;
        assert_eq!((status, body["error"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid_grant")));
        curfew.stop().await;
    })
    .await;
}

/// Reads a stream to its end and returns its text.
pub(crate) async fn read_stream(answer: reqwest::Response) -> String {
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    tokio::time::timeout(Duration::from_secs(60), answer.text()).await.expect("the stream ends").unwrap()
}

pub(crate) async fn stream_of_b(parties: &Parties, tokens: &Value) -> reqwest::Response {
    let url = format!("{}/api/events", parties.app_b);
    client().get(url).bearer_auth(access_token(tokens)).send().await.unwrap()
}

#[tokio::test]
async fn an_open_stream_hears_of_its_own_session_only() {
    each_way(&[], async |curfew| {
        let mut alice = signed_in(&curfew, "alice").await;
        let bob = signed_in(&curfew, "bob").await;
        let (alices, mut bobs) = (stream_of_b(&curfew, &alice.tokens).await, stream_of_b(&curfew, &bob.tokens).await);
        let first = bobs.chunk().await.unwrap().unwrap();
        assert!(first.starts_with(b":"), "a comment says that the stream is open");

        sign_out_at_a(&curfew, &mut alice.browser).await;
        let text = read_stream(alices).await;
        assert!(text.contains("event: sign-out\n") && text.contains("\nid: ") || text.contains("id: "), "{text}");
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let event: Value = serde_json::from_str(data).unwrap();
        assert_eq!(event["sid"], claims(access_token(&alice.tokens))["sid"]);
        assert_eq!(event["channel"], "back-channel");

        // Bob's stream is still open, and closes without an event when the server stops.
        curfew.stop().await;
        let rest = read_stream(bobs).await;
        assert!(!rest.contains("sign-out"), "{rest}");
    })
    .await;
}

#[tokio::test]
async fn without_push_there_is_no_stream_and_the_api_refuses_all_the_same() {
    each_way(&[Switch::Push], async |curfew| {
        let mut alice = signed_in(&curfew, "alice").await;
        assert_eq!(stream_of_b(&curfew, &alice.tokens).await.status(), StatusCode::NO_CONTENT);
        sign_out_at_a(&curfew, &mut alice.browser).await;
        assert_ended(&curfew.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
        curfew.stop().await;
    })
    .await;
}

/// FCL-25, FCL-27, T-22: the endpoint acts by `iss` and `sid`, without cookies, and on the session they name only.
#[tokio::test]
async fn a_front_channel_request_ends_the_session_it_names() {
    each_way(&[Switch::BackChannel], async |curfew| {
        let (mut alice, bob) = (signed_in(&curfew, "alice").await, signed_in(&curfew, "bob").await);
        let sid = claims(access_token(&alice.tokens))["sid"].as_str().unwrap().to_owned();
        let url = format!("{}/logout/front-channel?iss={}&sid={sid}", curfew.app_b, curfew.provider);
        let page = Browser::new().open(&url).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.header("content-security-policy").contains(&format!("frame-ancestors {}", curfew.provider)));
        assert_eq!(page.header("cache-control"), "no-store");
        assert_ended(&curfew.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
        assert_eq!(curfew.call(Method::GET, "/notes", access_token(&bob.tokens), None).await.status, StatusCode::OK);
        // FCL-27: no more than that, whatever else is asked: nobody is sent anywhere, and the provider's session lives.
        let more = format!("{url}&post_logout_redirect_uri=http://evil.example/&redirect_uri=http://evil.example/");
        let page = Browser::new().open(&more).await;
        assert_eq!((page.status, page.url.as_str()), (StatusCode::OK, more.as_str()));
        assert!(!page.body.contains("evil.example"), "{}", page.body);
        let account = alice.browser.open(&format!("{}/account", curfew.provider)).await;
        assert!(account.body.contains("data-here=\"true\""), "{}", account.body);
        // FCL-21: again is a success.
        assert_eq!(Browser::new().open(&url).await.status, StatusCode::OK);
        curfew.stop().await;
    })
    .await;
}

/// Forged requests of both kinds are refused, and end nothing.
#[tokio::test]
async fn forged_requests_end_nothing() {
    each_way(&[], async |curfew| {
        let mut alice = signed_in(&curfew, "alice").await;
        let sid = claims(access_token(&alice.tokens))["sid"].as_str().unwrap().to_owned();
        for app in [&curfew.app_a, &curfew.app_b] {
            let front = |query: String| format!("{app}/logout/front-channel?{query}");
            for query in [
                String::new(),
                format!("sid={sid}"),
                format!("iss={}", curfew.provider),
                format!("iss=http://evil.example&sid={sid}"),
                format!("iss={}/&sid={sid}", curfew.provider),
                format!("iss={0}&iss={0}&sid={sid}", curfew.provider),
                format!("iss={}&sid={sid}&sid={sid}", curfew.provider),
                format!("iss={}&sid={}", curfew.provider, "x".repeat(5_000)),
            ] {
                let page = Browser::new().open(&front(query.clone())).await;
                assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
                assert_eq!(page.header("cache-control"), "no-store");
            }
            // An unknown session: success, as the specification has it, and nobody else's end.
            let unknown = Browser::new().open(&front(format!("iss={}&sid=unknown", curfew.provider))).await;
            assert_eq!(unknown.status, StatusCode::OK);

            let back = format!("{app}/logout/back-channel");
            let unsigned = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.";
            for form in
                [vec![], vec![("logout_token", "")], vec![("logout_token", "x")], vec![("logout_token", unsigned)]]
            {
                let answer = client().post(&back).form(&form).send().await.unwrap();
                assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{form:?}");
                assert_eq!(answer.headers()["cache-control"], "no-store");
                let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
                assert!(body["error"].is_string(), "{body}");
            }
            let huge = "x".repeat(1 << 20);
            let answer = client().post(&back).form(&[("logout_token", huge)]).send().await.unwrap();
            assert!(answer.status().is_client_error());
            let id_token = alice.tokens["id_token"].as_str().unwrap();
            let answer = client().post(&back).form(&[("logout_token", id_token)]).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "BCL-28: an ID token is no logout token");
            let answer = client().get(&back).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "BCL-08");
            assert_eq!(
                (&answer.headers()["allow"], &answer.headers()["cache-control"]),
                (&"POST".parse().unwrap(), &"no-store".parse().unwrap())
            );
            let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
            assert_eq!(body["error"], "invalid_request", "BCL-48");
        }
        assert_eq!(curfew.call(Method::GET, "/notes", access_token(&alice.tokens), None).await.status, StatusCode::OK);
        assert!(alice.browser.open(&curfew.app_a).await.body.contains("data-session=\"signed-in\""));
        curfew.stop().await;
    })
    .await;
}

/// A form that another site sends, or that has another session's token, signs nobody out.
#[tokio::test]
async fn a_forged_sign_out_form_is_refused() {
    each_way(&[], async |curfew| {
        let mut alice = signed_in(&curfew, "alice").await;
        let url = format!("{}/logout", curfew.app_a);
        let refused = alice.browser.send(Method::POST, &url, Some(&[("csrf", "guess")])).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let refused = alice.browser.send(Method::POST, &url, None).await;
        assert!(refused.status.is_client_error(), "no word of where it comes from: {}", refused.status);
        assert!(alice.browser.open(&curfew.app_a).await.body.contains("data-session=\"signed-in\""));

        let nobody = Browser::new().send(Method::POST, &url, Some(&[("csrf", "")])).await;
        assert_eq!(nobody.location().unwrap().path(), "/signed-out");
        curfew.stop().await;
    })
    .await;
}

/// RPI-17, RPI-22: the browser has lost the provider's cookie, but not App A's. The provider asks, and then ends the
/// session that the hint names, instead of saying that there is none.
#[tokio::test]
async fn a_sign_out_without_the_providers_cookie_still_ends_the_session() {
    each_way(&[], async |curfew| {
        let mut alice = signed_in(&curfew, "alice").await;
        alice.browser.forget("curfew-op-");
        let question = sign_out_at_a(&curfew, &mut alice.browser).await;
        assert!(question.body.contains("data-testid=\"confirm-sign-out\""), "{}", question.body);
        let answer = curfew.call(Method::GET, "/notes", access_token(&alice.tokens), None).await;
        assert_eq!(answer.status, StatusCode::OK, "nothing has ended before the answer");

        let hidden = question.all_hidden();
        let mut fields: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.push(("answer", "sign-out"));
        let back = alice.browser.submit(question.form_action().as_str(), &fields).await;
        assert_eq!(back.url.path(), "/signed-out", "{}", back.body);
        assert_ended(&curfew.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
        curfew.stop().await;
    })
    .await;
}

/// Two tabs signed in one after the other show one session, and either can end it.
#[tokio::test]
async fn a_page_from_before_a_second_sign_in_can_still_sign_out() {
    each_way(&[], async |curfew| {
        let mut browser = Browser::new();
        let first = curfew.sign_in_at_a(&mut browser, "alice").await;
        let again = browser.open(&format!("{}/login", curfew.app_a)).await;
        assert!(again.body.contains("data-user=\"alice\""));
        let url = format!("{}/logout", curfew.app_a);
        let back = browser.submit(&url, &[("csrf", &first.hidden("csrf"))]).await;
        assert_eq!(back.url.path(), "/signed-out", "{}", back.body);

        // A session of somebody else gets a token of its own.
        let bob = curfew.sign_in_at_a(&mut browser, "bob").await;
        assert_ne!(bob.hidden("csrf"), first.hidden("csrf"));
        curfew.stop().await;
    })
    .await;
}

/// T-10: App A has heard of the end before the sign-in comes back, and says so on a page.
#[tokio::test]
async fn a_sign_in_to_an_ended_session_says_that_it_has_ended() {
    each_way(&[], async |curfew| {
        let mut browser = Browser::new();
        let home = curfew.sign_in_at_a(&mut browser, "alice").await;
        let query = format!("iss={}&sid={}", curfew.provider, claim(&home.body, "sid").unwrap());
        let ended = Browser::new().open(&format!("{}/logout/front-channel?{query}", curfew.app_a)).await;
        assert_eq!(ended.status, StatusCode::OK);

        // The provider's session goes on, so it sends the same `sid` again.
        let page = browser.open(&format!("{}/login", curfew.app_a)).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.body.contains("You have been signed out"), "{}", page.body);
        assert!(browser.open(&curfew.app_a).await.body.contains("data-session=\"signed-out\""));
        curfew.stop().await;
    })
    .await;
}

/// The address says signed out, the browser is not: the truth wins.
#[tokio::test]
async fn the_signed_out_page_is_not_shown_to_somebody_who_is_signed_in() {
    each_way(&[], async |curfew| {
        let mut browser = Browser::new();
        curfew.sign_in_at_a(&mut browser, "alice").await;
        for path in ["/signed-out", "/signed-out?only=provider-down", "/signed-out?state=x"] {
            let page = browser.open(&format!("{}{path}", curfew.app_a)).await;
            assert_eq!(page.url.path(), "/", "{path}");
            assert!(page.body.contains("data-session=\"signed-in\""));
        }
        curfew.stop().await;
    })
    .await;
}

/// The stream is of the session that the page shows, not of whoever is signed in now.
#[tokio::test]
async fn a_page_of_another_session_is_told_at_once() {
    each_way(&[], async |curfew| {
        let mut browser = Browser::new();
        let alices = curfew.sign_in_at_a(&mut browser, "alice").await;
        let stream = |page: &Page| {
            let path = page.body.split("/events?").nth(1).unwrap().split("&quot;").next().unwrap().to_owned();
            format!("{}/events?{path}", curfew.app_a)
        };
        let of_alice = stream(&alices);
        sign_out_at_a(&curfew, &mut browser).await;
        let bobs = curfew.sign_in_at_a(&mut browser, "bob").await;
        assert_ne!(of_alice, stream(&bobs));
        for url in [of_alice, format!("{}/events", curfew.app_a)] {
            let told = browser.open(&url).await;
            assert_eq!(told.body, "event: sign-out\ndata: {}\n\n", "{url}");
        }
        curfew.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_sign_out_without_a_session_or_a_form_is_no_error() {
    each_way(&[], async |curfew| {
        let url = format!("{}/logout", curfew.app_a);
        let answer = client().post(&url).header("sec-fetch-site", "same-origin").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()["location"], "/signed-out");
        curfew.stop().await;
    })
    .await;
}
