//! Traps that others fell into, where one browser or one stop is all it takes.

use reqwest::StatusCode;

use crate::browser::{Browser, claim, client};
use crate::curfew::{Curfew, access_token};
use crate::sign_out::signed_in;

/// T-22: Bob's browser loads the front-channel address of Alice's session. It ends hers, and his cookie stays.
#[tokio::test]
async fn a_front_channel_request_spares_the_browser_that_sends_it() {
    let curfew = Curfew::start().await;
    let (mut alice, mut bob) = (Browser::new(), Browser::new());
    let home = curfew.sign_in_at_a(&mut alice, "alice").await;
    curfew.sign_in_at_a(&mut bob, "bob").await;
    let sid = claim(&home.body, "sid").unwrap();
    let url = format!("{}/logout/front-channel?iss={}&sid={sid}", curfew.app_a, curfew.provider);
    let page = bob.open(&url).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("set-cookie"), "", "no cookie is touched");
    assert!(bob.open(&curfew.app_a).await.body.contains("data-user=\"bob\""));
    assert!(alice.open(&curfew.app_a).await.body.contains("data-session=\"signed-out\""));
    curfew.stop().await;
}

/// T-27: the parties stop while a tab of each app holds its stream, and the streams say nothing of a sign-out.
#[tokio::test]
async fn open_streams_do_not_hold_up_a_stop() {
    let curfew = Curfew::start().await;
    let mut alice = signed_in(&curfew, "alice").await;
    let home = alice.browser.open(&curfew.app_a).await;
    let path = home.body.split("/events?").nth(1).unwrap().split("&quot;").next().unwrap();
    let port = curfew.app_a.rsplit(':').next().unwrap();
    let cookie = alice.browser.cookie(&format!("curfew-a-{port}")).unwrap();
    let at_a = client().get(format!("{}/events?{path}", curfew.app_a));
    let at_a = at_a.header("cookie", format!("curfew-a-{port}={cookie}"));
    let at_b = client().get(format!("{}/api/events", curfew.app_b)).bearer_auth(access_token(&alice.tokens));
    let (mut at_a, mut at_b) = (at_a.send().await.unwrap(), at_b.send().await.unwrap());
    for stream in [&mut at_a, &mut at_b] {
        assert!(stream.chunk().await.unwrap().unwrap().starts_with(b":"), "it is open");
    }
    curfew.stop().await;
    for stream in [at_a, at_b] {
        let rest = stream.text().await.unwrap();
        assert!(!rest.contains("sign-out"), "{rest}");
    }
}
