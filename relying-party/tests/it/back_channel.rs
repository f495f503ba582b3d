//! The `backchannel_logout_uri` as a provider sees it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::{Router, http};
use relying_party::{Admission, Channel, RelyingParty, Standing, back_channel_endpoint};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{CLIENT_ID, Document, Fixture, NOW, TestKey, answer, soon};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const FORM: &str = "application/x-www-form-urlencoded";

fn claims(fixture: &Fixture, jti: &str, sid: &str) -> Value {
    json!({
        "iss": fixture.issuer(), "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 120, "jti": jti, "sid": sid, "toe": NOW,
        "events": { EVENT: {} },
    })
}

fn token(fixture: &Fixture, jti: &str, sid: &str) -> String {
    fixture.provider.key.sign("logout+jwt", &claims(fixture, jti, sid))
}

async fn send(party: &RelyingParty, content_type: &str, body: String) -> http::Response<Body> {
    let app = Router::new().route("/logout/back-channel", back_channel_endpoint()).with_state(party.clone());
    let request = Request::post("/logout/back-channel").header("content-type", content_type);
    app.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()
}

async fn post_token(fixture: &Fixture, token: &str) -> (StatusCode, Value) {
    answer(send(&fixture.party, FORM, format!("logout_token={token}")).await).await
}

/// BCL-08, BCL-47 to BCL-49: what is no POST, no form or too large is refused like any other bad request.
#[tokio::test]
async fn what_is_no_form_that_was_posted_is_refused_in_json() {
    const JSON: &str = "application/json";
    let fixture = Fixture::new().await;
    let good = format!("logout_token={}", token(&fixture, "t1", "s1"));
    let large = format!("{good}&padding={}", "x".repeat(40_000));
    let table = [
        ("GET", FORM, &good, 405),
        ("HEAD", FORM, &good, 405),
        ("PUT", FORM, &good, 405),
        ("DELETE", FORM, &good, 405),
        ("OPTIONS", FORM, &good, 405),
        ("POST", JSON, &good, 400),
        ("POST", FORM, &large, 400),
    ];
    for (method, content_type, body, expected) in table {
        let app = Router::new().route("/logout/back-channel", back_channel_endpoint());
        let request =
            Request::builder().method(method).uri("/logout/back-channel").header("content-type", content_type);
        let request = request.body(Body::from(body.clone())).unwrap();
        let response = app.with_state(fixture.party.clone()).oneshot(request).await.unwrap();
        let allow: Vec<_> = response.headers().get_all("allow").iter().cloned().collect();
        assert_eq!(allow, if expected == 405 { vec!["POST"] } else { vec![] }, "{method} {content_type}");
        let (status, body) = answer(response).await;
        assert_eq!(status, expected, "{method} {content_type}");
        if method != "HEAD" {
            assert_eq!(body["error"], "invalid_request", "{method} {content_type}");
        }
    }
    assert_eq!(fixture.count("rp_ended").await, 0);
}

/// BCL-40, BCL-46, BCL-49, BCL-50: without cookie or CSRF token.
#[tokio::test]
async fn a_good_token_ends_its_session_before_the_200() {
    let fixture = Fixture::new().await;
    let (ours, other) = (fixture.session("s1", "alice"), fixture.session("s2", "alice"));
    fixture.begin(&ours, "one").await;
    fixture.begin(&other, "two").await;

    assert_eq!(post_token(&fixture, &token(&fixture, "t1", "s1")).await, (StatusCode::OK, Value::Null));

    let Standing::Ended { event, .. } = fixture.party.check(&ours).unwrap() else { panic!("s1 is live") };
    assert_eq!(event.channel, Channel::BackChannel);
    assert_eq!(fixture.party.check(&other).unwrap(), Standing::Live);
    assert_eq!(fixture.count("rp_session").await, 1);
}

/// BCL-40, T-07: a token by `sub` ends all sessions of the user so far, and no later one.
#[tokio::test]
async fn a_token_by_sub_ends_every_session_of_the_user() {
    let fixture = Fixture::new().await;
    for sid in ["s1", "s2"] {
        fixture.begin(&fixture.session(sid, "alice"), sid).await;
    }
    fixture.begin(&fixture.session("s3", "bob"), "s3").await;
    let mut claims = claims(&fixture, "t1", "unused");
    claims.as_object_mut().unwrap().remove("sid");
    claims["sub"] = json!("alice");

    let (status, _) = post_token(&fixture, &fixture.provider.key.sign("logout+jwt", &claims)).await;

    assert_eq!(status, StatusCode::OK);
    assert_eq!(fixture.count("rp_session").await, 1, "bob stays");
    let mut again = fixture.session("s4", "alice");
    again.auth_time = NOW + 1;
    assert_eq!(fixture.begin(&again, "s4").await, Admission::Admitted);
}

/// BCL-37: an unknown session is success, and is recorded, so that it cannot begin later.
#[tokio::test]
async fn a_session_that_is_not_known_yet_never_begins() {
    let fixture = Fixture::new().await;
    let (status, _) = post_token(&fixture, &token(&fixture, "t1", "s1")).await;
    assert_eq!(status, StatusCode::OK);
    let admission = fixture.begin(&fixture.session("s1", "alice"), "late").await;
    assert!(matches!(admission, Admission::Ended { .. }));
    assert_eq!(fixture.count("rp_session").await, 0);
}

/// BCL-36, T-05: a delivery whose 200 was lost comes again, also after a restart.
#[tokio::test]
async fn a_repeated_delivery_is_a_success_and_a_reused_jti_is_not() {
    let mut fixture = Fixture::new().await;
    let first = token(&fixture, "t1", "s1");
    assert_eq!(post_token(&fixture, &first).await.0, StatusCode::OK);
    assert_eq!(post_token(&fixture, &first).await.0, StatusCode::OK);
    fixture.restart().await;
    assert_eq!(post_token(&fixture, &first).await.0, StatusCode::OK);
    assert_eq!(fixture.count("rp_ended").await, 1);

    let (status, body) = post_token(&fixture, &token(&fixture, "t1", "s2")).await;
    assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
    assert_eq!(fixture.party.check(&fixture.session("s2", "alice")).unwrap(), Standing::Live);
    assert_eq!(fixture.count("rp_ended").await, 1);
}

/// BCL-08, BCL-09, BCL-47..49, T-30: what is not one token in a form changes nothing.
#[tokio::test]
async fn malformed_requests_are_400_and_change_nothing() {
    let fixture = Fixture::new().await;
    fixture.begin(&fixture.session("s1", "alice"), "one").await;
    let good = token(&fixture, "t1", "s1");
    let forged = TestKey::es256("k1").sign("logout+jwt", &claims(&fixture, "t1", "s1"));
    let mut nonce = claims(&fixture, "t1", "s1");
    nonce["nonce"] = json!("n");
    let nonce = fixture.provider.key.sign("logout+jwt", &nonce);

    for (what, content_type, body) in [
        ("nothing", FORM, String::new()),
        ("no token", FORM, "token=x".into()),
        ("two tokens", FORM, format!("logout_token={good}&logout_token={good}")),
        ("two tokens, one of them bad", FORM, format!("logout_token=x&logout_token={good}")),
        ("not a form", "application/json", json!({"logout_token": good}).to_string()),
        ("plain text", "text/plain", format!("logout_token={good}")),
        ("no content type", "", format!("logout_token={good}")),
        ("a huge body", FORM, format!("logout_token={good}&x={}", "x".repeat(40_000))),
        ("a forged token", FORM, format!("logout_token={forged}")),
        ("a token with a nonce", FORM, format!("logout_token={nonce}")),
        ("garbage", FORM, "logout_token=%00%ff".into()),
    ] {
        let (status, body) = answer(send(&fixture.party, content_type, body).await).await;
        assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")), "{what}");
        assert!(body["error_description"].as_str().is_some_and(|text| !text.is_empty()), "{what}");
    }
    assert_eq!(fixture.party.check(&fixture.session("s1", "alice")).unwrap(), Standing::Live);
    assert_eq!((fixture.count("rp_session").await, fixture.count("rp_ended").await), (1, 0));

    let extra = send(
        &fixture.party,
        "application/x-www-form-urlencoded; charset=UTF-8",
        format!("a=1&logout_token={good}&b=2"),
    );
    assert_eq!(answer(extra.await).await.0, StatusCode::OK, "other parameters are ignored");
}

/// T-29: the store fails, so nothing has happened, and the provider is told to try again.
#[tokio::test]
async fn a_broken_store_is_503_and_no_claim_of_success() {
    let mut fixture = Fixture::new().await;
    let session = fixture.session("s1", "alice");
    fixture.begin(&session, "one").await;
    fixture.pool.close().await;

    let response = send(&fixture.party, FORM, format!("logout_token={}", token(&fixture, "t1", "s1"))).await;

    assert!(response.headers().contains_key("retry-after"));
    let (status, body) = answer(response).await;
    assert_eq!((status, &body["error"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("temporarily_unavailable")));
    assert_eq!(fixture.party.check(&session).unwrap(), Standing::Live, "memory claims no more than disk");

    fixture.restart().await;
    assert_eq!(fixture.party.check(&session).unwrap(), Standing::Live);
    assert_eq!(post_token(&fixture, &token(&fixture, "t1", "s1")).await.0, StatusCode::OK, "the next delivery works");
    assert!(matches!(fixture.party.check(&session).unwrap(), Standing::Ended { .. }));
}

/// BCL-36, T-29: a `jti` is unique for its issuer only. Two apps of two providers share a store; a token of the one is no
/// replay of a token of the other.
#[tokio::test]
async fn a_jti_that_another_issuer_has_used_is_no_replay() {
    let first = Fixture::new().await;
    let mut second = Fixture::new().await;
    let settings = second.party.settings().clone();
    second.party.shutdown().await;
    second.party = RelyingParty::open(settings, first.pool.clone(), second.clock.clone()).await.unwrap();
    soon(second.party.until_ready()).await;

    assert_eq!(post_token(&first, &token(&first, "t1", "s1")).await.0, StatusCode::OK);
    assert_eq!(second.party.check(&second.session("s1", "alice")).unwrap(), Standing::Live, "another provider's s1");
    assert_eq!(post_token(&second, &token(&second, "t1", "s2")).await.0, StatusCode::OK);
    assert!(matches!(second.party.check(&second.session("s2", "alice")).unwrap(), Standing::Ended { .. }));
    assert_eq!(post_token(&second, &token(&second, "t1", "s3")).await.0, StatusCode::BAD_REQUEST, "its own it knows");
}

/// BCL-39: keys are fetched once for a `kid` that is not known; when they cannot be had, the provider tries again.
#[tokio::test]
async fn a_rotated_key_is_fetched_and_a_silent_provider_is_503() {
    let mut fixture = Fixture::new().await;
    fixture.provider.rotate_to(TestKey::es256("k2"));
    assert_eq!(post_token(&fixture, &token(&fixture, "t1", "s1")).await.0, StatusCode::OK);

    fixture.clock.advance(30);
    fixture.provider.rotate_to(TestKey::es256("k3"));
    fixture.provider.serve_jwks(Document::unavailable());
    let response = send(&fixture.party, FORM, format!("logout_token={}", token(&fixture, "t2", "s2"))).await;
    assert_eq!(
        (response.status(), response.headers().contains_key("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
}

/// BCL-44, BCL-46: a token that is sent once more, to a node that has heard nothing of the first time, has been acted upon
/// all the same. What a `jti` is used for a second time is a replay at either node.
#[tokio::test]
async fn a_token_that_another_node_acted_upon_is_a_success() {
    let fixture = Fixture::new().await;
    let (settings, pool) = (fixture.party.settings().clone(), fixture.pool.clone());
    let second = RelyingParty::open(settings, pool, fixture.clock.clone()).await.unwrap();
    soon(second.until_ready()).await;
    let (by_sid, other) = (token(&fixture, "t1", "s1"), token(&fixture, "t1", "s2"));
    let mut of_user = claims(&fixture, "t2", "");
    of_user.as_object_mut().unwrap().remove("sid");
    of_user["sub"] = json!("alice");
    let by_sub = fixture.provider.key.sign("logout+jwt", &of_user);
    of_user["toe"] = json!(NOW - 1);
    of_user["sub"] = json!("bob");
    let other_user = fixture.provider.key.sign("logout+jwt", &of_user);
    for token in [&by_sid, &by_sub] {
        assert_eq!(post_token(&fixture, token).await.0, StatusCode::OK);
        let again = send(&second, FORM, format!("logout_token={token}")).await;
        assert_eq!(answer(again).await.0, StatusCode::OK);
    }
    let session = fixture.session("s1", "alice");
    assert!(matches!(second.check(&session).unwrap(), Standing::Ended { .. }), "the second knows by now");
    for replayed in [&other, &other_user] {
        for party in [&fixture.party, &second] {
            let refused = answer(send(party, FORM, format!("logout_token={replayed}")).await).await;
            assert_eq!(refused.0, StatusCode::BAD_REQUEST, "{}", refused.1);
        }
    }
    assert_eq!(fixture.count("rp_ended").await, 2);
}

/// BCL-39: forged tokens cost the provider's next logout token some seconds at most; it is never refused for good.
#[tokio::test]
async fn forged_tokens_do_not_refuse_a_new_keys_token() {
    let mut fixture = Fixture::new().await;
    let forged = |kid: &str| TestKey::es256(kid).sign("logout+jwt", &json!({}));
    assert_eq!(post_token(&fixture, &forged("x1")).await.0, StatusCode::BAD_REQUEST, "the keys are fetched and known");
    fixture.provider.rotate_to(TestKey::es256("k2"));
    assert_eq!(post_token(&fixture, &token(&fixture, "t1", "s1")).await.0, StatusCode::OK);

    fixture.cool_down().await;
    fixture.provider.rotate_to(TestKey::es256("k3"));
    let body = format!("logout_token={}", token(&fixture, "t2", "s2"));
    let response = send(&fixture.party, FORM, body.clone()).await;
    assert_eq!(
        (response.status(), response.headers().contains_key("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
    fixture.clock.advance(30);
    assert_eq!(send(&fixture.party, FORM, body).await.status(), StatusCode::OK);
}
