//! The account page: where somebody is signed in, and the end of it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    DownApp, ISSUER, TestApp, TestBrowser, TestProvider, Tokens, authorize, claims, code_of, config_with,
    impatient_config_with, path, redirected,
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn is_signed_in(browser: &mut TestBrowser) -> bool {
    redirected(&browser.get(&authorize("app-a", &[("prompt", "none")])).await, "code").is_some()
}

async fn is_live(provider: &TestProvider, tokens: &Tokens) -> bool {
    provider.userinfo(&tokens.access_token).await.status == StatusCode::OK
}

fn result_of(answer: &crate::support::Answer) -> String {
    let location = answer.location();
    assert!(location.path().starts_with("/end_session/result/"), "{location}");
    location.path().to_owned()
}

fn outcomes(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(client_id, outcome)| ((*client_id).to_owned(), (*outcome).to_owned())).collect()
}

#[tokio::test]
async fn who_is_not_signed_in_is_asked_to_and_comes_back() {
    let provider = TestProvider::init().await;
    let mut browser = provider.browser();
    let page = browser.get("/account").await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    let csrf = page.input("csrf");
    let sign_in =
        |password: &'static str| [("csrf", csrf.clone()), ("username", "alice".into()), ("password", password.into())];
    let submit = async |browser: &mut TestBrowser, form: [(&str, String); 3]| {
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        browser.submit("/account/sign-in", &form).await
    };
    let wrong = submit(&mut browser, sign_in("wrong")).await;
    wrong.assert_error_page(403);
    assert!(wrong.body.contains("value=\"alice\""), "{}", wrong.body);
    let foreign = submit(&mut provider.browser(), sign_in("alice")).await;
    foreign.assert_error_page(403);
    let cross_site = browser.submit_cross_site("/account/sign-in", &[("csrf", &*csrf)]).await;
    cross_site.assert_error_page(403);

    let answer = submit(&mut browser, sign_in("alice")).await;
    assert_eq!(answer.location().path(), "/account");
    let page = browser.get("/account").await;
    assert!(page.body.contains("You are signed in as <strong>alice</strong>"), "{}", page.body);
    assert_eq!(page.sessions().len(), 1);
    assert!(page.sessions()[0].1, "this browser");
    assert!(is_signed_in(&mut browser).await, "and at the apps without a click");

    provider.clock.advance(9 * 60 * 60);
    assert!(browser.get("/account").await.body.contains("name=\"password\""));
}

#[tokio::test]
async fn each_session_says_where_it_is_and_nothing_that_the_browser_made_up() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    provider.visit(&mut browser, "app-b").await;
    provider.clock.advance(2 * 60 * 60);

    let mut firefox = provider.browser();
    let page = firefox.get("/account").await;
    let form = [("csrf", &*page.input("csrf")), ("username", "alice"), ("password", "alice")];
    let headers = [("sec-fetch-site", "same-origin"), ("user-agent", FIREFOX)];
    firefox.send("POST", "/account/sign-in", &headers, Some(&form)).await;
    let mut evil = provider.browser();
    let page = evil.get("/account").await;
    let form = [("csrf", &*page.input("csrf")), ("username", "alice"), ("password", "alice")];
    let headers = [("sec-fetch-site", "same-origin"), ("user-agent", "<script>alert(1)</script> Linux")];
    evil.send("POST", "/account/sign-in", &headers, Some(&form)).await;
    provider.signed_in("bob").await;

    let page = firefox.get("/account").await;
    let here: Vec<bool> = page.sessions().iter().map(|(_, here)| *here).collect();
    assert_eq!(here, [false, true, false], "of alice, what was used last first: {}", page.body);
    for text in ["Firefox on Linux", "A browser on Linux", "App A, App B", "No app yet", "2 hours ago", "just now"] {
        assert!(page.body.contains(text), "{text} in {}", page.body);
    }
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
}

/// RPI-26, T-09, BCL-43
#[tokio::test]
async fn one_other_session_ends_and_this_one_stays() {
    let mut app = TestApp::answering(200).await;
    let provider = TestProvider::with(config_with(&[("app-a", app.back_channel())])).await;
    let (mut here, at_here) = provider.signed_in("alice").await;
    let (mut there, at_there) = provider.signed_in("alice").await;
    let (mut third, at_third) = provider.signed_in("alice").await;
    let there_id = there.get("/account").await.sessions().into_iter().find(|(_, here)| *here).unwrap().0;

    let answer = here.end_sessions(("session", &there_id)).await;
    assert_eq!(claims(app.next().await.logout_token())["sid"], claims(&at_there.id_token)["sid"]);
    let page = here.get(&result_of(&answer)).await;
    assert_eq!(page.outcomes(), outcomes(&[("app-a", "ended")]));
    assert!(page.body.contains("Here you are still signed in."), "{}", page.body);
    assert!(page.body.contains(&format!("href=\"{ISSUER}/account\"")), "the way back: {}", page.body);
    assert!(!is_live(&provider, &at_there).await && !is_signed_in(&mut there).await);
    for (browser, tokens) in [(&mut here, &at_here), (&mut third, &at_third)] {
        assert!(is_live(&provider, tokens).await && is_signed_in(browser).await);
    }
    assert!(app.is_quiet());

    let again = here.end_sessions(("session", &there_id)).await;
    assert_eq!(again.location().path(), "/account", "it ended meanwhile, and the page shows what is left");
}

/// T-09
#[tokio::test]
async fn all_other_sessions_end_and_nobody_elses() {
    let provider = TestProvider::init().await;
    let (mut here, _) = provider.signed_in("alice").await;
    let (mut there, _) = provider.signed_in("alice").await;
    let (mut third, _) = provider.signed_in("alice").await;
    let (mut bob, _) = provider.signed_in("bob").await;
    let answer = here.end_sessions(("which", "others")).await;
    let page = here.get(&result_of(&answer)).await;
    assert_eq!(page.outcomes(), outcomes(&[("app-a", "unreachable")]), "once for both sessions");
    assert!(!is_signed_in(&mut there).await && !is_signed_in(&mut third).await);
    assert!(is_signed_in(&mut here).await && is_signed_in(&mut bob).await);
    let page = here.get("/account").await;
    assert_eq!(page.sessions().len(), 1);
    assert!(!page.body.contains("end-others"), "there is nothing else to end");
}

/// RPI-26: one token for each `sid`, all in one transaction; the outcome of an app is that of all its sessions.
#[tokio::test]
async fn all_sessions_end_and_an_app_has_ended_when_all_of_its_sessions_have() {
    let mut app = TestApp::answering(200).await;
    let down = DownApp::new();
    let config = impatient_config_with(&[("app-a", app.back_channel()), ("app-b", down.back_channel())]);
    let provider = TestProvider::with(config).await;
    let (mut here, at_here) = provider.signed_in("alice").await;
    let (mut there, at_there) = provider.signed_in("alice").await;
    let at_b = provider.visit(&mut there, "app-b").await;

    let answer = here.end_sessions(("which", "all")).await;
    let result = result_of(&answer);
    let mut sids = [claims(app.next().await.logout_token()), claims(app.next().await.logout_token())]
        .map(|token| token["sid"].as_str().unwrap().to_owned());
    let mut expected = [&at_here, &at_there].map(|tokens| claims(&tokens.id_token)["sid"].as_str().unwrap().to_owned());
    sids.sort();
    expected.sort();
    assert_eq!(sids, expected);
    let page = here.get(&result).await;
    assert_eq!(page.outcomes(), outcomes(&[("app-a", "ended"), ("app-b", "pending")]));
    assert!(page.body.contains("/assets/result.js"), "the page goes on looking");
    for tokens in [&at_here, &at_there, &at_b] {
        assert!(!is_live(&provider, tokens).await);
    }
    assert!(!is_signed_in(&mut here).await && !is_signed_in(&mut there).await);

    let mut started = down.start(200);
    provider.deliver_after(60).await;
    started.next().await;
    let page = here.get(&result).await;
    assert_eq!(page.outcomes(), outcomes(&[("app-a", "ended"), ("app-b", "ended")]));
    // The result stays for an hour after the last news, whichever session that was of.
    provider.clock.advance(60 * 60 - 1);
    provider.state.sweep().await.unwrap();
    assert_eq!(here.get(&result).await.status, StatusCode::OK);
    provider.clock.advance(1);
    here.get(&result).await.assert_error_page(404);
    provider.clock.advance(8 * 24 * 60 * 60);
    provider.state.sweep().await.unwrap();
    provider.state.shutdown().await;
    assert_eq!(provider.stored::<i64>("SELECT count(*) FROM logout_result").await, 0);
}

/// FCL-10: frames are of this browser, and so are those that are loaded.
#[tokio::test]
async fn only_this_browsers_apps_are_told_by_frames() {
    let frame = json!({"frontchannel_logout_uri": "http://127.0.0.1:4001/out"});
    let provider = TestProvider::with(config_with(&[("app-a", frame)])).await;
    let (mut here, at_here) = provider.signed_in("alice").await;
    let (_, at_there) = provider.signed_in("alice").await;
    let page = here.end_sessions(("which", "all")).await;
    let sid = |tokens: &Tokens| claims(&tokens.id_token)["sid"].as_str().unwrap().to_owned();
    assert!(page.body.contains(&sid(&at_here)) && !page.body.contains(&sid(&at_there)), "{}", page.body);
    assert_eq!(page.outcomes(), outcomes(&[("app-a", "unconfirmed")]), "of this browser");
    assert!(page.header("set-cookie").contains("Max-Age=0"));
    let result = page.between("data-next=\"", "\"").unwrap();
    here.submit(&format!("{result}/report"), &[("client_id", "app-a"), ("outcome", "ended")]).await;
    let page = here.get(&result).await;
    assert_eq!(page.outcomes(), outcomes(&[("app-a", "unreachable")]), "the other browser's was not told");
}

#[tokio::test]
async fn what_is_refused_ends_nothing() {
    let provider = TestProvider::init().await;
    let (mut alice, tokens) = provider.signed_in("alice").await;
    let (mut bob, _) = provider.signed_in("bob").await;
    let csrf = alice.get("/account").await.input("csrf");
    let bobs_csrf = bob.get("/account").await.input("csrf");
    let bobs_id = bob.get("/account").await.sessions()[0].0.clone();

    let table: [(&[(&str, &str)], u16); 7] = [
        (&[("which", "all")], 403),
        (&[("csrf", ""), ("which", "all")], 403),
        (&[("csrf", &bobs_csrf), ("which", "all")], 403),
        (&[("csrf", &csrf)], 400),
        (&[("csrf", &csrf), ("which", "mine")], 400),
        (&[("csrf", &csrf), ("which", "all"), ("session", "x")], 400),
        (&[("csrf", &csrf), ("which", "all"), ("which", "all")], 400),
    ];
    for (form, status) in table {
        alice.submit("/account/end", form).await.assert_error_page(status);
    }
    for path in ["/account/end", "/account/withdraw", "/account/password", "/account/sign-in"] {
        let headers = [("sec-fetch-site", "same-site"), ("origin", "http://localhost:4001")];
        let answer = alice.send("POST", path, &headers, Some(&[("csrf", &*csrf), ("which", "all")])).await;
        answer.assert_error_page(403);
        assert_eq!(alice.get(path).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    let answer = alice.submit("/account/end", &[("csrf", &csrf), ("session", &bobs_id)]).await;
    assert_eq!(answer.location().path(), "/account", "somebody else's session is none of hers");
    assert!(is_signed_in(&mut bob).await && is_signed_in(&mut alice).await);

    // A page of a session that has ended has no say, not even with the cookie of then.
    let stale = alice.clone();
    alice.get(&path("/end_session", &[("id_token_hint", tokens.id_token.as_str())])).await;
    let (mut again, _) = provider.signed_in("alice").await;
    let mut stale = stale;
    for form in ["/account/end", "/account/withdraw", "/account/password"] {
        let answer = stale.submit(form, &[("csrf", &csrf), ("which", "all")]).await;
        assert_eq!(answer.location().path(), "/account", "{form}");
    }
    assert!(is_signed_in(&mut again).await);
    // The same browser, in a later session.
    let later = again.cookies.iter().filter(|(name, _)| !name.ends_with("-browser"));
    stale.cookies.extend(later.map(|(name, value)| (name.clone(), value.clone())));
    assert!(is_signed_in(&mut stale).await);
    let form = [("csrf", csrf.as_str()), ("which", "all")];
    stale.submit("/account/end", &form).await.assert_error_page(403);
    assert!(is_signed_in(&mut again).await, "a form of an earlier session does nothing in this one");
}

fn offline_config() -> Value {
    let app_b = json!({
        "grant_types": ["authorization_code", "refresh_token"],
        "scopes": ["openid", "profile", "notes", "offline_access"],
    });
    config_with(&[("app-b", app_b)])
}

/// BCL-43
#[tokio::test]
async fn what_apps_may_do_while_the_user_is_away_is_listed_and_can_be_withdrawn() {
    let provider = TestProvider::with(offline_config()).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let page = browser.get(&authorize("app-b", &[("scope", "openid offline_access")])).await;
    let page = browser.follow(page).await;
    let answer = browser.consent(&page, "allow").await;
    let tokens = provider.exchange("app-b", &code_of(&answer)).await;
    let (_, at_a) = provider.signed_in("alice").await;

    let page = browser.get("/account").await;
    assert!(page.body.contains("data-testid=\"offline-app\" data-client=\"app-b\""), "{}", page.body);
    assert!(!browser.get("/account?withdrawn=app-b").await.body.contains("data-testid=\"withdrawn\""), "not yet");
    let never = browser.get("/account?withdrawn=app-a").await;
    assert!(never.body.contains("App A</strong> has no access") && !never.body.contains("lost"), "{}", never.body);
    let csrf = page.input("csrf");
    browser.submit("/account/withdraw", &[("csrf", &csrf), ("client_id", "app-x")]).await.assert_error_page(400);
    browser.submit("/account/withdraw", &[("client_id", "app-b")]).await.assert_error_page(403);
    let answer = browser.submit("/account/withdraw", &[("csrf", &csrf), ("client_id", "app-b")]).await;
    let page = browser.follow(answer).await;
    assert!(page.body.contains("<strong>App B</strong> has no access while you are away"), "{}", page.body);
    assert!(!page.body.contains("data-testid=\"offline-app\""), "{}", page.body);
    assert_eq!(provider.refresh("app-b", &tokens.answer).await.status, StatusCode::BAD_REQUEST);
    assert!(is_live(&provider, &at_a).await && is_signed_in(&mut browser).await, "nobody is signed out");
    let last = provider.audit().await.pop().unwrap();
    assert_eq!((last.actor.as_str(), last.reason.as_deref()), ("user", Some("account")));
}

/// Rule 8: an end of all sessions, and a code that is exchanged at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_all_sessions_against_code_exchange_and_silent_sign_in() {
    let provider = TestProvider::init().await;
    for _ in 0..10 {
        let (mut here, _) = provider.signed_in("alice").await;
        let (mut there, _) = provider.signed_in("alice").await;
        let code = code_of(&there.get(&authorize("app-b", &[])).await);
        let changes = [("code", code.as_str())];
        let silent = {
            let mut there = there.clone();
            async move { there.get(&authorize("app-b", &[("prompt", "none")])).await }
        };
        let (_, exchanged, silent) =
            tokio::join!(here.end_sessions(("which", "all")), provider.token("app-b", &changes), silent);
        if exchanged.status == StatusCode::OK {
            let answer: Value = serde_json::from_str(&exchanged.body).unwrap();
            let token = answer["access_token"].as_str().unwrap();
            assert_eq!(provider.userinfo(token).await.status, StatusCode::UNAUTHORIZED);
        }
        if let Some(code) = redirected(&silent, "code") {
            assert_eq!(provider.token("app-b", &[("code", &code)]).await.status, StatusCode::BAD_REQUEST);
        }
        assert!(!is_signed_in(&mut there).await);
    }
}
