//! The guard of an API, from the outside: requests in, answers out.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use axum::{Router, http};
use relying_party::ledger::sqlite::open_pool;
use relying_party::{Authenticated, Channel, Clock, Guard, RelyingParty, Trust};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{AUDIENCE, Document, Fixture, NOW, TestKey, answer, settings, soon, unsigned};

async fn whoami(State(()): State<()>, who: Authenticated) -> String {
    format!("{} {}", who.session.sub, who.claims.scope.join(","))
}

fn api(guard: Guard) -> Router {
    Router::new().route("/api/whoami", get(whoami)).layer(guard).with_state(())
}

fn claims(fixture: &Fixture, jti: &str, sid: &str) -> Value {
    json!({
        "iss": fixture.issuer(), "aud": AUDIENCE, "sub": "alice", "client_id": "app-b", "jti": jti, "sid": sid,
        "iat": NOW, "exp": NOW + 300, "auth_time": NOW - 100, "scope": "openid notes",
    })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

async fn send(app: &Router, headers: &[(&str, &str)]) -> http::Response<Body> {
    let request =
        headers.iter().fold(Request::get("/api/whoami"), |request, (name, value)| request.header(*name, *value));
    app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn call(app: &Router, token: &str) -> http::Response<Body> {
    send(app, &[("authorization", &format!("Bearer {token}"))]).await
}

/// The `reason` of a 401, which body and header must agree on.
async fn reason(response: http::Response<Body>) -> String {
    let header = response.headers().get("www-authenticate").expect("a challenge").to_str().unwrap().to_owned();
    let (status, body) = answer(response).await;
    assert_eq!((status, &body["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_token")));
    let reason = body["reason"].as_str().unwrap().to_owned();
    assert!(
        header == "Bearer"
            || header.contains(r#"error="invalid_token""#) && header.contains(&format!(r#"reason="{reason}""#)),
        "{header}"
    );
    reason
}

#[tokio::test]
async fn a_good_token_passes_and_its_session_is_known_from_then_on() {
    let fixture = Fixture::new().await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    let requests = fixture.provider.jwks_requests();
    let first = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a1", "s1"));
    let second = fixture.provider.key.sign("application/at+jwt", &claims(&fixture, "a2", "s1"));
    for token in [&first, &first, &second] {
        assert_eq!(call(&app, token).await.status(), StatusCode::OK);
    }
    assert_eq!(fixture.count("rp_session").await, 1, "two tokens, one session");
    assert_eq!(fixture.provider.jwks_requests(), requests, "nothing asks the provider");
}

/// Whatever else is wrong with it, a token of an ended session is `session_ended`.
#[tokio::test]
async fn the_checks_come_in_their_order() {
    let fixture = Fixture::new().await;
    let guard = Guard::new(fixture.party.clone(), AUDIENCE).require_scope("notes");
    let app = api(guard);
    fixture.party.end(&fixture.ends_sid("ended", Channel::BackChannel), Trust::Verified).await.unwrap();
    let key = &fixture.provider.key;
    let (live, ended) = (claims(&fixture, "a1", "s1"), claims(&fixture, "a2", "ended"));
    let expired = |claims: &Value| with(claims.clone(), "exp", json!(NOW));
    let bound = |claims: &Value| with(claims.clone(), "cnf", json!({"jkt": "thumbprint"}));
    let scopeless = |claims: &Value| with(claims.clone(), "scope", json!("openid"));

    for (what, token, expected) in [
        ("ended", key.sign("at+jwt", &ended), "session_ended"),
        ("ended and expired", key.sign("at+jwt", &expired(&ended)), "session_ended"),
        ("ended and without scope", key.sign("at+jwt", &scopeless(&ended)), "session_ended"),
        ("ended and bound", key.sign("at+jwt", &bound(&ended)), "session_ended"),
        ("ended, but forged", TestKey::es256("k1").sign("at+jwt", &ended), "invalid"),
        ("ended, but an ID token", key.sign("JWT", &ended), "invalid"),
        (
            "ended, but of another issuer",
            key.sign("at+jwt", &with(ended.clone(), "iss", json!("https://evil.example"))),
            "invalid",
        ),
        ("ended, but for another audience", key.sign("at+jwt", &with(ended.clone(), "aud", json!("other"))), "invalid"),
        ("expired", key.sign("at+jwt", &expired(&live)), "expired"),
        ("expired and without scope", key.sign("at+jwt", &expired(&scopeless(&live))), "expired"),
        ("bound to a key", key.sign("at+jwt", &bound(&live)), "proof"),
        ("not yet good", key.sign("at+jwt", &with(live.clone(), "nbf", json!(NOW + 61))), "invalid"),
        ("issued in the future", key.sign("at+jwt", &with(live.clone(), "iat", json!(NOW + 61))), "invalid"),
        ("without jti", key.sign("at+jwt", &with(live.clone(), "jti", json!(null))), "invalid"),
        ("without exp", key.sign("at+jwt", &with(live.clone(), "exp", json!(null))), "invalid"),
        ("a logout token", key.sign("logout+jwt", &live), "invalid"),
        ("unsigned", unsigned(&json!({"alg": "none", "typ": "at+jwt"}), &live), "invalid"),
        ("garbage", "a.b.c".into(), "invalid"),
        ("huge", "x".repeat(20_000), "invalid"),
    ] {
        // Twice: what is remembered must not change the answer.
        for _ in 0..2 {
            assert_eq!(reason(call(&app, &token).await).await, expected, "{what}");
        }
    }

    let response = call(&app, &key.sign("at+jwt", &scopeless(&live))).await;
    let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert_eq!(challenge, r#"Bearer error="insufficient_scope", scope="notes""#);
    let (status, body) = answer(response).await;
    assert_eq!((status, &body["error"]), (StatusCode::FORBIDDEN, &json!("insufficient_scope")));
}

/// State is truth: a token that was just good is refused from the moment the sign-out is recorded, also after a restart.
#[tokio::test]
async fn a_sign_out_reaches_a_token_that_was_seen_before() {
    let mut fixture = Fixture::new().await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    let token = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a1", "s1"));
    let other = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a2", "s2"));
    assert_eq!(call(&app, &token).await.status(), StatusCode::OK);

    let ended = fixture.party.end(&fixture.ends_sid("s1", Channel::FrontChannel), Trust::Unsigned).await.unwrap();
    assert_eq!(ended.local_sessions.len(), 1, "first sight made the session known, so an unsigned request counts");
    assert_eq!(reason(call(&app, &token).await).await, "session_ended");
    assert_eq!(call(&app, &other).await.status(), StatusCode::OK);

    fixture.restart().await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    assert_eq!(reason(call(&app, &token).await).await, "session_ended");
}

/// T-06, T-07: by `sub`, with the token's `auth_time`.
#[tokio::test]
async fn a_sub_only_sign_out_spares_the_next_sign_in() {
    let fixture = Fixture::new().await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    let key = &fixture.provider.key;
    let before = key.sign("at+jwt", &claims(&fixture, "a1", "s1"));
    let after = key.sign("at+jwt", &with(claims(&fixture, "a2", "s2"), "auth_time", json!(NOW + 1)));
    fixture.party.end(&fixture.ends_sub("alice", NOW), Trust::Verified).await.unwrap();
    assert_eq!(reason(call(&app, &before).await).await, "session_ended");
    assert_eq!(reason(call(&app, &after).await).await, "session_ended", "nobody signs in after the token is issued");
    let after = with(with(claims(&fixture, "a3", "s2"), "auth_time", json!(NOW + 1)), "iat", json!(NOW + 1));
    assert_eq!(call(&app, &key.sign("at+jwt", &after)).await.status(), StatusCode::OK);
}

/// BCL-43: a token for an app whose user is away names no session, and is not taken for one of the session that ended; the end
/// of all of the user's sessions is its end as well.
#[tokio::test]
async fn a_token_without_a_session_is_of_none() {
    let fixture = Fixture::new().await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    let mut away = claims(&fixture, "a2", "");
    away.as_object_mut().unwrap().remove("sid");
    let of_session = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a1", "s1"));
    let away = fixture.provider.key.sign("at+jwt", &away);
    fixture.party.end(&fixture.ends_sid("s1", Channel::BackChannel), Trust::Verified).await.unwrap();
    assert_eq!(reason(call(&app, &of_session).await).await, "session_ended");
    assert_eq!(call(&app, &away).await.status(), StatusCode::OK);
    fixture.party.end(&fixture.ends_sub("alice", NOW), Trust::Verified).await.unwrap();
    assert_eq!(reason(call(&app, &away).await).await, "session_ended");
}

#[tokio::test]
async fn time_passes_for_a_token_that_was_seen_before() {
    let fixture = Fixture::with(|settings| settings.session_lifetime = 1_000).await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    let short = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a1", "s1"));
    let long = fixture.provider.key.sign("at+jwt", &with(claims(&fixture, "a2", "s2"), "exp", json!(NOW + 99_999)));
    for token in [&short, &long] {
        assert_eq!(call(&app, token).await.status(), StatusCode::OK);
    }
    fixture.clock.advance(300);
    assert_eq!(reason(call(&app, &short).await).await, "expired");
    fixture.clock.advance(700);
    assert_eq!(reason(call(&app, &long).await).await, "expired", "no token outlives the memory of its sign-out");
}

/// An API's own sign-out: by `jti`, this token only, and for good.
#[tokio::test]
async fn a_revoked_token_is_refused_also_after_a_restart() {
    let mut fixture = Fixture::new().await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    let token = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a1", "s1"));
    let sibling = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a2", "s1"));
    assert_eq!(call(&app, &token).await.status(), StatusCode::OK);
    fixture.party.revoke_token("a1", NOW + 300).await.unwrap();
    assert_eq!(reason(call(&app, &token).await).await, "session_ended");
    assert_eq!(call(&app, &sibling).await.status(), StatusCode::OK);
    fixture.restart().await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    assert_eq!(reason(call(&app, &token).await).await, "session_ended");
}

/// RFC 6750 section 3: no credentials, no error code.
#[tokio::test]
async fn without_one_bearer_token_nothing_is_said_about_any() {
    let fixture = Fixture::new().await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    let token = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a1", "s1"));
    for headers in [vec![], vec![("authorization", "Basic YWxpY2U6YWxpY2U=")], vec![("authorization", "Bearer ")]] {
        let response = send(&app, &headers).await;
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert_eq!(reason(response).await, "invalid");
    }
    let in_query = Request::get(format!("/api/whoami?access_token={token}")).body(Body::empty()).unwrap();
    assert_eq!(reason(app.clone().oneshot(in_query).await.unwrap()).await, "invalid");

    let bearer = format!("Bearer {token}");
    let twice = send(&app, &[("authorization", &bearer), ("authorization", &bearer)]).await;
    assert_eq!(answer(twice).await.0, StatusCode::BAD_REQUEST);
}

/// BCL-39: new keys are fetched once; a withdrawn key takes its tokens with it, also those seen before.
#[tokio::test]
async fn keys_rotate_under_the_guard() {
    let mut fixture = Fixture::new().await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    let old = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a1", "s1"));
    assert_eq!(call(&app, &old).await.status(), StatusCode::OK);

    fixture.provider.rotate_to(TestKey::es256("k2"));
    let new = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a2", "s1"));
    assert_eq!(call(&app, &new).await.status(), StatusCode::OK);
    assert_eq!(reason(call(&app, &old).await).await, "invalid");

    fixture.clock.advance(30);
    fixture.provider.serve_jwks(Document::unavailable());
    let foreign = TestKey::es256("k9").sign("at+jwt", &claims(&fixture, "a3", "s1"));
    let response = call(&app, &foreign).await;
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(answer(response).await.0, StatusCode::SERVICE_UNAVAILABLE, "not knowing is not a 401");
    assert_eq!(call(&app, &new).await.status(), StatusCode::OK);
}

/// BCL-39: while the provider is not asked for its keys, a token of an unknown one cannot be judged.
#[tokio::test]
async fn a_new_key_that_is_not_looked_for_now_is_503() {
    let mut fixture = Fixture::new().await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    let foreign = TestKey::es256("k9").sign("at+jwt", &claims(&fixture, "a1", "s1"));
    assert_eq!(reason(call(&app, &foreign).await).await, "invalid", "the keys are fetched and known");
    fixture.cool_down().await;
    fixture.provider.rotate_to(TestKey::es256("k2"));
    let new = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a2", "s1"));
    let response = call(&app, &new).await;
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(answer(response).await.0, StatusCode::SERVICE_UNAVAILABLE, "not knowing is not a 401");
    fixture.clock.advance(30);
    assert_eq!(call(&app, &new).await.status(), StatusCode::OK);
}

/// Fail closed, honestly: never 200, and never 401, which a tab would take for a sign-out.
#[tokio::test]
async fn without_keys_or_ledger_the_answer_is_503() {
    let fixture = Fixture::new().await;
    let app = api(Guard::new(fixture.party.clone(), AUDIENCE));
    fixture.pool.close().await;
    let response = call(&app, &fixture.provider.key.sign("at+jwt", &claims(&fixture, "a1", "s1"))).await;
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(answer(response).await.0, StatusCode::SERVICE_UNAVAILABLE);

    let folder = tempfile::tempdir().unwrap();
    let pool = open_pool(&folder.path().join("app.sqlite")).await.unwrap();
    // Nothing listens on port 1.
    let party =
        RelyingParty::open(settings("http://127.0.0.1:1", folder.path()), pool, Clock::manual(NOW)).await.unwrap();
    let response = call(&api(Guard::new(party.clone(), AUDIENCE)), "a.b.c").await;
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(answer(response).await.0, StatusCode::SERVICE_UNAVAILABLE);
    soon(party.shutdown()).await;
}

/// Providers that do not follow RFC 9068: by choice only.
#[tokio::test]
async fn untyped_tokens_pass_where_they_are_let() {
    let fixture = Fixture::new().await;
    let mut untyped = claims(&fixture, "unused", "s1");
    untyped.as_object_mut().unwrap().retain(|name, _| !["jti", "auth_time", "client_id"].contains(&name.as_str()));
    let token = fixture.provider.key.sign("JWT", &untyped);
    let guard = Guard::new(fixture.party.clone(), AUDIENCE);
    assert_eq!(reason(call(&api(guard.clone()), &token).await).await, "invalid");
    assert_eq!(call(&api(guard.danger_accept_untyped_tokens()), &token).await.status(), StatusCode::OK);
}

/// A guard that remembers a token for one scope does not let it pass for another.
#[tokio::test]
async fn what_is_remembered_is_not_the_scope() {
    let fixture = Fixture::new().await;
    let guard = Guard::new(fixture.party.clone(), AUDIENCE);
    let token = fixture.provider.key.sign("at+jwt", &claims(&fixture, "a1", "s1"));
    assert_eq!(call(&api(guard.clone().require_scope("notes")), &token).await.status(), StatusCode::OK);
    assert_eq!(call(&api(guard.require_scope("admin")), &token).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_route_without_a_guard_gives_nobody_away() {
    let app = Router::new().route("/api/whoami", get(whoami)).with_state(());
    let response = app.oneshot(Request::get("/api/whoami").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer(response).await.0, StatusCode::INTERNAL_SERVER_ERROR);
}

/// The crate's promise: an API that obeys sign-outs takes fewer than 40 lines.
#[test]
fn the_example_is_short() {
    let code = include_str!("../../examples/api.rs");
    let lines = code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    assert!(lines.count() < 40);
}
