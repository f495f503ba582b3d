//! An ID token names the session of an access token without `sid`: OpenID Connect Core 1.0 sections 3.1.3.7 and 3.1.3.8.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::StreamExt as _;
use relying_party::{Authenticated, Channel, Guard, RelyingParty, Trust, session_endpoint};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384};
use tower::ServiceExt as _;

use crate::support::{AUDIENCE, CLIENT_ID, Document, Fixture, NOW, TestKey, answer, soon, unsigned};

async fn whoami(who: Authenticated) -> String {
    who.session.sid.unwrap_or_default()
}

fn api_of(guard: Guard, party: &RelyingParty) -> Router {
    let routes = Router::new().route("/api/whoami", get(whoami)).route("/api/session", session_endpoint());
    routes.layer(guard).with_state(party.clone())
}

fn api(fixture: &Fixture) -> Router {
    api_of(Guard::new(fixture.party.clone(), AUDIENCE), &fixture.party)
}

/// The claims of an access token without `sid`.
fn access_claims(fixture: &Fixture, jti: &str) -> Value {
    json!({
        "iss": fixture.issuer(), "aud": AUDIENCE, "sub": "alice", "client_id": CLIENT_ID, "jti": jti,
        "iat": NOW, "exp": NOW + 300, "scope": "openid notes",
    })
}

fn access_token(fixture: &Fixture, jti: &str) -> String {
    fixture.provider.key.sign("at+jwt", &access_claims(fixture, jti))
}

fn hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16])
}

/// The claims of an ID token that came with this access token.
fn id_claims(fixture: &Fixture, access_token: &str, sid: &str) -> Value {
    json!({
        "iss": fixture.issuer(), "aud": CLIENT_ID, "sub": "alice", "sid": sid, "iat": NOW, "exp": NOW + 300,
        "auth_time": NOW - 100, "nonce": "n", "at_hash": hash(access_token),
    })
}

fn id_token(fixture: &Fixture, access_token: &str, sid: &str) -> String {
    fixture.provider.key.sign("JWT", &id_claims(fixture, access_token, sid))
}

/// With some members changed; null takes one out.
fn with(mut claims: Value, members: Value) -> Value {
    let claims_of = claims.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        claims_of.insert(name.clone(), value.clone());
    }
    claims_of.retain(|_, value| !value.is_null());
    claims
}

async fn present(api: &Router, access_token: &str, id_token: &str) -> (StatusCode, Value) {
    let request = Request::post("/api/session").header("authorization", format!("Bearer {access_token}"));
    answer(api.clone().oneshot(request.body(Body::from(id_token.to_owned())).unwrap()).await.unwrap()).await
}

/// The `sid` by which the guard judges this token, or why it refuses it.
async fn call(api: &Router, access_token: &str) -> Result<String, String> {
    let request = Request::get("/api/whoami").header("authorization", format!("Bearer {access_token}"));
    let response = api.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    if response.status() == StatusCode::OK {
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
        return Ok(String::from_utf8(body.to_vec()).unwrap());
    }
    Err(answer(response).await.1["reason"].as_str().unwrap_or_default().to_owned())
}

fn ended() -> Result<String, String> {
    Err("session_ended".to_owned())
}

/// From then on the token ends with its session, the stream too, and also after a restart.
#[tokio::test]
async fn an_access_token_ends_with_the_session_that_its_id_token_named() {
    let mut fixture = Fixture::new().await;
    let app = api(&fixture);
    let (token, other) = (access_token(&fixture, "a1"), access_token(&fixture, "a2"));
    assert_eq!(call(&app, &token).await, Ok(String::new()), "without a session it passes");
    let named = id_token(&fixture, &token, "s1");
    assert_eq!(present(&app, &token, &named).await, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(call(&app, &token).await, Ok("s1".to_owned()));
    assert_eq!(present(&app, &token, &named).await.0, StatusCode::NO_CONTENT, "once more changes nothing");

    fixture.restart().await;
    let app = api(&fixture);
    assert_eq!(call(&app, &token).await, Ok("s1".to_owned()));
    let mut stream = fixture.party.subscribe(&fixture.session("s1", "alice")).unwrap();
    // Its session is known, so an unsigned request counts fully.
    let told = fixture.party.end(&fixture.ends_sid("s1", Channel::FrontChannel), Trust::Unsigned).await.unwrap();
    assert_eq!((told.local_sessions.len(), fixture.count("rp_ended").await), (1, 1));
    assert!(soon(stream.next()).await.is_some());
    assert_eq!(call(&app, &token).await, ended());
    assert_eq!(call(&app, &other).await, Ok(String::new()), "of this user, but of no session that ended");

    fixture.restart().await;
    assert_eq!(call(&api(&fixture), &token).await, ended());
}

/// Rule 8: what ended before the token's session was known ends it all the same.
#[tokio::test]
async fn a_session_that_has_ended_already_is_not_begun() {
    let mut fixture = Fixture::new().await;
    let app = api(&fixture);
    let token = access_token(&fixture, "a1");
    fixture.party.end(&fixture.ends_sid("s1", Channel::BackChannel), Trust::Verified).await.unwrap();
    assert_eq!(call(&app, &token).await, Ok(String::new()));
    let sessions = fixture.count("rp_session").await;
    let (status, body) = present(&app, &token, &id_token(&fixture, &token, "s1")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body, json!({"error": "invalid_token", "reason": "session_ended", "channel": "back-channel"}));
    assert_eq!(fixture.count("rp_session").await, sessions);
    assert_eq!(call(&app, &token).await, ended());
    fixture.restart().await;
    assert_eq!(call(&api(&fixture), &token).await, ended());
}

/// T-06: the earlier of both times is compared with the sign-out, so `auth_time` ends what `iat` would have spared.
#[tokio::test]
async fn a_sign_out_by_sub_is_compared_with_the_time_of_the_sign_in() {
    let fixture = Fixture::new().await;
    let app = api(&fixture);
    let (bound, unbound) = (access_token(&fixture, "a1"), access_token(&fixture, "a2"));
    let named = fixture.provider.key.sign("JWT", &with(id_claims(&fixture, &bound, ""), json!({"sid": null})));
    assert_eq!(present(&app, &bound, &named).await.0, StatusCode::NO_CONTENT);
    fixture.party.end(&fixture.ends_sub("alice", NOW - 50), Trust::Verified).await.unwrap();
    assert_eq!(call(&app, &bound).await, ended());
    assert_eq!(call(&app, &unbound).await, Ok(String::new()), "its iat is later than the sign-out");
}

/// Without `at_hash` the two tokens have to be of one user, and the named session's end is the token's.
#[tokio::test]
async fn without_at_hash_it_is_the_same_user() {
    let fixture = Fixture::new().await;
    let app = api(&fixture);
    let token = access_token(&fixture, "a1");
    let plain = with(id_claims(&fixture, &token, "s1"), json!({"at_hash": null, "auth_time": NOW + 30}));
    let of_bob = fixture.provider.key.sign("JWT", &with(plain.clone(), json!({"sub": "bob"})));
    assert_eq!(present(&app, &token, &of_bob).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(present(&app, &token, &fixture.provider.key.sign("JWT", &plain)).await.0, StatusCode::NO_CONTENT);
    fixture.party.end(&fixture.ends_sid("s2", Channel::BackChannel), Trust::Verified).await.unwrap();
    assert_eq!(call(&app, &token).await, Ok("s1".to_owned()), "an unknown sid never widens to the user");
    // A later auth_time than the access token's own would let it outlive a sign-out by sub.
    fixture.party.end(&fixture.ends_sub("alice", NOW), Trust::Verified).await.unwrap();
    assert_eq!(call(&app, &token).await, ended());
}

/// What the provider says of sessions itself is not for an ID token to say.
#[tokio::test]
async fn a_token_with_a_session_of_its_own_keeps_it() {
    let fixture = Fixture::new().await;
    let app = api(&fixture);
    let claims = with(access_claims(&fixture, "a1"), json!({"sid": "s1"}));
    let token = fixture.provider.key.sign("at+jwt", &claims);
    assert_eq!(present(&app, &token, &id_token(&fixture, &token, "s2")).await.0, StatusCode::NO_CONTENT);
    assert_eq!((call(&app, &token).await, fixture.count("rp_token_session").await), (Ok("s1".to_owned()), 0));
}

#[tokio::test]
async fn an_id_token_that_breaks_a_rule_changes_nothing() {
    let fixture = Fixture::new().await;
    let app = api(&fixture);
    let (token, other) = (access_token(&fixture, "a1"), access_token(&fixture, "a2"));
    let key = &fixture.provider.key;
    let good = id_claims(&fixture, &token, "s1");
    let changed = |members: Value| key.sign("JWT", &with(good.clone(), members));
    let table = [
        ("another user's", changed(json!({"sub": "bob"})), "another user"),
        ("another user's, without at_hash", changed(json!({"sub": "bob", "at_hash": null})), "another user"),
        ("for another app", changed(json!({"aud": "app-a"})), "aud"),
        ("for the API", changed(json!({"aud": AUDIENCE})), "aud"),
        ("for two apps, without azp", changed(json!({"aud": [CLIENT_ID, "app-a"]})), "azp"),
        ("of another app", changed(json!({"azp": "app-a"})), "azp"),
        ("of another provider", changed(json!({"iss": "https://evil.example"})), "iss"),
        ("expired", changed(json!({"exp": NOW - 60})), "expired"),
        ("of tomorrow", changed(json!({"iat": NOW + 86_400})), "future"),
        ("without exp", changed(json!({"exp": null})), "not an ID token"),
        ("with a sid that is none", changed(json!({"sid": 7})), "not an ID token"),
        ("with an at_hash that is none", changed(json!({"at_hash": 7})), "not an ID token"),
        ("another access token's", id_token(&fixture, &other, "s1"), "another access token"),
        ("with an empty at_hash", changed(json!({"at_hash": ""})), "another access token"),
        ("a longer at_hash", changed(json!({"at_hash": format!("{}A", hash(&token))})), "another access token"),
        ("of a stranger", TestKey::es256("k1").sign("JWT", &good), "signature"),
        ("unsigned", unsigned(&json!({"alg": "none"}), &good), "alg"),
        ("an access token", key.sign("at+jwt", &good), "another kind"),
        ("a logout token", key.sign("logout+jwt", &good), "another kind"),
        ("a logout token that does not say so", changed(json!({"events": {}, "at_hash": null})), "another kind"),
        ("empty", String::new(), "not an ID token"),
        ("garbage", "a.b.c".to_owned(), "not an ID token"),
        ("JSON", json!({"id_token": "a.b.c"}).to_string(), "not an ID token"),
        ("huge", "x".repeat(20_000), "longer"),
    ];
    for (what, id_token, why) in table {
        let (status, body) = present(&app, &token, &id_token).await;
        assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_id_token")), "{what}: {body}");
        assert!(body["error_description"].as_str().unwrap().contains(why), "{what}: {body}");
        assert_eq!(call(&app, &token).await, Ok(String::new()), "{what}");
    }
    assert_eq!(fixture.count("rp_token_session").await, 0);

    // It is the ID token that was wrong each time; several audiences are fine with the right azp.
    let several = changed(json!({"aud": [CLIENT_ID, "app-a"], "azp": CLIENT_ID}));
    assert_eq!(present(&app, &token, &several).await.0, StatusCode::NO_CONTENT);
}

/// An access token that another app got, with the ID token that this one got.
#[tokio::test]
async fn another_apps_access_token_gets_no_session_here() {
    let fixture = Fixture::new().await;
    let app = api(&fixture);
    let token =
        fixture.provider.key.sign("at+jwt", &with(access_claims(&fixture, "a1"), json!({"client_id": "backup"})));
    let (status, body) = present(&app, &token, &id_token(&fixture, &token, "s1")).await;
    assert_eq!((status, fixture.count("rp_token_session").await), (StatusCode::BAD_REQUEST, 0), "{body}");
}

#[tokio::test]
async fn the_hash_is_that_of_the_id_tokens_alg() {
    let fixture = Fixture::with(|settings| settings.algorithms.push(relying_party::Algorithm::RS384)).await;
    let key = TestKey::rs256("rsa");
    fixture.provider.serve_jwks(Document::json(
        &json!({ "keys": [fixture.provider.key.jwk(), with(key.jwk(), json!({"alg": null}))] }),
    ));
    let app = api(&fixture);
    let token = access_token(&fixture, "a1");
    let sha384 = URL_SAFE_NO_PAD.encode(&Sha384::digest(&token)[..24]);
    let key = key.with_algorithm(jsonwebtoken::Algorithm::RS384);
    let signed = |at_hash: &str| key.sign("JWT", &with(id_claims(&fixture, &token, "s1"), json!({"at_hash": at_hash})));
    let (status, body) = present(&app, &token, &signed(&hash(&token))).await;
    assert!(status == StatusCode::BAD_REQUEST && body.to_string().contains("another access token"), "{body}");
    assert_eq!(present(&app, &token, &signed(&sha384)).await.0, StatusCode::NO_CONTENT);
}

/// ECDSA: who has a signature can make a second one of the same text. The copy is no other token.
#[tokio::test]
async fn a_token_without_jti_is_known_by_what_was_signed() {
    let fixture = Fixture::new().await;
    let guard = Guard::new(fixture.party.clone(), AUDIENCE).danger_accept_untyped_tokens();
    let app = api_of(guard, &fixture.party);
    let claims = with(access_claims(&fixture, ""), json!({"jti": null}));
    let [token, copy] = [(); 2].map(|()| fixture.provider.key.sign("JWT", &claims));
    assert_ne!(token, copy, "a signature is made anew each time");
    assert_eq!(present(&app, &token, &id_token(&fixture, &token, "s1")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(call(&app, &copy).await, Ok("s1".to_owned()));
}

/// The first session that is named stays: whoever has two cannot move a token out of the one that ends.
#[tokio::test]
async fn a_token_is_not_moved_to_another_session() {
    let fixture = Fixture::new().await;
    let app = api(&fixture);
    let token = access_token(&fixture, "a1");
    let plain = |sid: &str| {
        let claims = with(id_claims(&fixture, &token, sid), json!({"at_hash": null}));
        fixture.provider.key.sign("JWT", &claims)
    };
    assert_eq!(present(&app, &token, &plain("s1")).await.0, StatusCode::NO_CONTENT);
    // The guard knows its session by now: there is nothing to do.
    assert_eq!(present(&app, &token, &plain("s2")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(call(&app, &token).await, Ok("s1".to_owned()));
}

/// The same where the first ID token named no session: the end by `sub` that it brought stays.
#[tokio::test]
async fn a_token_that_was_bound_to_its_user_is_not_moved_to_a_session() {
    let fixture = Fixture::new().await;
    let app = api(&fixture);
    let token = access_token(&fixture, "a1");
    let of_user = fixture.provider.key.sign("JWT", &with(id_claims(&fixture, &token, ""), json!({"sid": null})));
    assert_eq!(present(&app, &token, &of_user).await.0, StatusCode::NO_CONTENT);
    let (status, body) = present(&app, &token, &id_token(&fixture, &token, "s1")).await;
    assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_id_token")));
    assert!(body["error_description"].as_str().unwrap().contains("another session"), "{body}");
    assert_eq!(call(&app, &token).await, Ok(String::new()));
    fixture.party.end(&fixture.ends_sub("alice", NOW - 50), Trust::Verified).await.unwrap();
    assert_eq!(call(&app, &token).await, ended());
}

/// RFC 9068 section 2.2: no two tokens have one `jti`. Of a provider that breaks this, what one user's ID token says of a
/// session neither ends another user's token, nor keeps it alive, nor can be changed by it.
#[tokio::test]
async fn what_is_said_of_a_token_says_nothing_of_another_users_with_its_jti() {
    let mut fixture = Fixture::new().await;
    let app = api(&fixture);
    let (of_alice, key) = (access_token(&fixture, "a1"), fixture.provider.key.clone());
    let of_bob = key.sign("at+jwt", &with(access_claims(&fixture, "a1"), json!({"sub": "bob"})));
    let id_token_of_bob = |members: Value| {
        let of_him = with(id_claims(&fixture, &of_bob, "s1"), json!({"sub": "bob"}));
        key.sign("JWT", &with(of_him, members))
    };
    let (named, unnamed) = (id_token_of_bob(json!({})), id_token_of_bob(json!({"sid": null})));
    let alices = id_token(&fixture, &of_alice, "s1");
    let alices_unnamed = key.sign("JWT", &with(id_claims(&fixture, &of_alice, ""), json!({"sid": null})));

    assert_eq!(present(&app, &of_alice, &alices).await.0, StatusCode::NO_CONTENT);
    assert_eq!(call(&app, &of_bob).await, Ok(String::new()), "judged by himself, at the first sight");
    for id_token in [&named, &unnamed, &alices, &alices_unnamed] {
        let (status, body) = present(&app, &of_bob, id_token).await;
        assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_id_token")), "{body}");
    }
    assert_eq!(call(&app, &of_alice).await, Ok("s1".to_owned()));
    assert_eq!(fixture.count("rp_token_session").await, 1);

    fixture.party.end(&fixture.ends_sid("s1", Channel::BackChannel), Trust::Verified).await.unwrap();
    assert_eq!((call(&app, &of_alice).await, call(&app, &of_bob).await), (ended(), Ok(String::new())));
    fixture.party.end(&fixture.ends_sub("bob", NOW), Trust::Verified).await.unwrap();
    assert_eq!(call(&app, &of_bob).await, ended(), "by his own sign-out");
    fixture.restart().await;
    assert_eq!(call(&api(&fixture), &of_bob).await, ended());
}

/// And where neither names a session: it is the user who is compared.
#[tokio::test]
async fn without_any_sid_another_users_token_with_its_jti_is_refused_a_session() {
    let fixture = Fixture::new().await;
    let app = api(&fixture);
    let key = &fixture.provider.key;
    let tokens_of = |sub: &str| {
        let token = key.sign("at+jwt", &with(access_claims(&fixture, "a1"), json!({"sub": sub})));
        let claims = with(id_claims(&fixture, &token, ""), json!({"sub": sub, "sid": null}));
        (token, key.sign("JWT", &claims))
    };
    let ((of_alice, alices), (of_bob, bobs)) = (tokens_of("alice"), tokens_of("bob"));
    assert_eq!(present(&app, &of_alice, &alices).await.0, StatusCode::NO_CONTENT);
    let (status, body) = present(&app, &of_bob, &bobs).await;
    assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_id_token")), "{body}");
    fixture.party.end(&fixture.ends_sub("bob", NOW), Trust::Verified).await.unwrap();
    assert_eq!((call(&app, &of_alice).await, call(&app, &of_bob).await), (Ok(String::new()), ended()));
}

/// It is bounded, and goes with the token.
#[tokio::test]
async fn what_is_kept_has_a_bound_and_an_end() {
    let fixture = Fixture::with(|settings| settings.max_bound_tokens = 1).await;
    let app = api(&fixture);
    let (first, second) = (access_token(&fixture, "a1"), access_token(&fixture, "a2"));
    assert_eq!(present(&app, &first, &id_token(&fixture, &first, "s1")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(present(&app, &second, &id_token(&fixture, &second, "s1")).await.0, StatusCode::SERVICE_UNAVAILABLE);
    fixture.clock.advance(300);
    fixture.party.prune().await.unwrap();
    assert_eq!(fixture.count("rp_token_session").await, 0);
    let third = fixture.provider.key.sign("at+jwt", &with(access_claims(&fixture, "a3"), json!({"exp": NOW + 900})));
    let named = with(id_claims(&fixture, &third, "s1"), json!({"exp": NOW + 900}));
    let named = fixture.provider.key.sign("JWT", &named);
    assert_eq!(present(&app, &third, &named).await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_no_refusal() {
    let fixture = Fixture::new().await;
    let app = api(&fixture);
    let token = access_token(&fixture, "a1");
    let get = Request::get("/api/session").header("authorization", format!("Bearer {token}"));
    let response = app.clone().oneshot(get.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer(response).await.0, StatusCode::METHOD_NOT_ALLOWED);
    fixture.provider.serve_jwks(Document::unavailable());
    let foreign = TestKey::es256("k9").sign("JWT", &id_claims(&fixture, &token, "s1"));
    assert_eq!(
        present(&app, &token, &foreign).await.0,
        StatusCode::SERVICE_UNAVAILABLE,
        "an unknown key, and none to be had"
    );
    fixture.provider.serve_jwks(Document::json(&json!({ "keys": [fixture.provider.key.jwk()] })));
    assert_eq!(present(&app, &token, &foreign).await.0, StatusCode::BAD_REQUEST, "the keys are fetched and known");
    fixture.cool_down().await;
    assert_eq!(present(&app, &token, &foreign).await.0, StatusCode::SERVICE_UNAVAILABLE, "nobody is asked now");
    fixture.pool.close().await;
    assert_eq!(present(&app, &token, &id_token(&fixture, &token, "s1")).await.0, StatusCode::SERVICE_UNAVAILABLE);
}
