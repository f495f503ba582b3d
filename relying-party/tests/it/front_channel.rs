//! The `frontchannel_logout_uri` of an app that answers with a page of its own.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use axum::{Router, http};
use relying_party::{Admission, FrontChannelRequest, LedgerError, RelyingParty, Standing, Trust};
use tower::ServiceExt as _;

use crate::support::{Fixture, answer};

async fn front_channel(
    State(party): State<RelyingParty>,
    request: FrontChannelRequest,
) -> Result<&'static str, LedgerError> {
    party.end(&request.event(), Trust::Unsigned).await?;
    Ok("signed out")
}

async fn send(party: &RelyingParty, query: &str) -> http::Response<Body> {
    let app = Router::new().route("/logout/front-channel", get(front_channel)).with_state(party.clone());
    let request = Request::get(format!("/logout/front-channel?{query}")).body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap()
}

/// FCL-20, FCL-21, FCL-25: by `iss` and `sid`, without a cookie; again is success.
#[tokio::test]
async fn a_known_session_ends_and_no_other() {
    let fixture = Fixture::new().await;
    let (ours, other) = (fixture.session("s1", "alice"), fixture.session("s2", "alice"));
    fixture.begin(&ours, "one").await;
    fixture.begin(&other, "two").await;
    let query = format!("iss={}&sid=s1", fixture.issuer());
    for _ in 0..2 {
        assert_eq!(send(&fixture.party, &query).await.status(), StatusCode::OK);
    }
    assert!(matches!(fixture.party.check(&ours).unwrap(), Standing::Ended { .. }));
    assert_eq!(fixture.party.check(&other).unwrap(), Standing::Live);
    assert_eq!((fixture.count("rp_ended").await, fixture.count("rp_unverified").await), (1, 0));
}

/// T-22: what has not the right form ends nothing.
#[tokio::test]
async fn malformed_requests_are_400_and_change_nothing() {
    let fixture = Fixture::new().await;
    fixture.begin(&fixture.session("s1", "alice"), "one").await;
    let iss = fixture.issuer();
    for query in [
        String::new(),
        format!("iss={iss}"),
        "sid=s1".into(),
        "iss=https://evil.example&sid=s1".into(),
        format!("iss={iss}/&sid=s1"),
        format!("iss={iss}&sid=s1&sid=s1"),
        format!("iss={iss}&iss={iss}&sid=s1"),
        format!("iss={iss}&sid=s1&x={}", "x".repeat(5_000)),
    ] {
        let (status, body) = answer(send(&fixture.party, &query).await).await;
        assert_eq!((status, body["error"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid_request")), "{query}");
    }
    assert_eq!(fixture.party.check(&fixture.session("s1", "alice")).unwrap(), Standing::Live);
    assert_eq!((fixture.count("rp_ended").await, fixture.count("rp_unverified").await), (0, 0));
}

/// An unsigned request for an unknown `sid` holds for a login transaction, and not for good.
#[tokio::test]
async fn an_unknown_session_is_refused_for_a_while() {
    let mut fixture = Fixture::new().await;
    let session = fixture.session("s1", "alice");
    assert_eq!(send(&fixture.party, &format!("iss={}&sid=s1", fixture.issuer())).await.status(), StatusCode::OK);
    assert_eq!((fixture.count("rp_ended").await, fixture.count("rp_unverified").await), (0, 1));

    fixture.restart().await;
    assert!(matches!(fixture.party.check(&session).unwrap(), Standing::Ended { .. }), "also after a restart");
    assert!(matches!(fixture.begin(&session, "one").await, Admission::Ended { .. }));

    fixture.clock.advance(659);
    assert!(matches!(fixture.party.check(&session).unwrap(), Standing::Ended { .. }), "a sign-in may be on its way");
    fixture.clock.advance(1);
    assert_eq!(fixture.party.check(&session).unwrap(), Standing::Live);
    assert_eq!(fixture.begin(&session, "one").await, Admission::Admitted);
}

#[tokio::test]
async fn a_broken_store_is_503() {
    let fixture = Fixture::new().await;
    fixture.begin(&fixture.session("s1", "alice"), "one").await;
    fixture.pool.close().await;
    let response = send(&fixture.party, &format!("iss={}&sid=s1", fixture.issuer())).await;
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(answer(response).await.0, StatusCode::SERVICE_UNAVAILABLE);
}
