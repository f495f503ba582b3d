//! Tokens that are bound to a key, at an API: RFC 9449 section 7.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use axum::{Router, http};
use dpop::Key;
use relying_party::{Channel, Guard, Trust};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{AUDIENCE, Fixture, NOW, answer};

const ORIGIN: &str = "https://api.example";

struct Api {
    fixture: Fixture,
    router: Router,
    key: Key,
    nonce: String,
}

impl Api {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        let guard = Guard::new(fixture.party.clone(), AUDIENCE).prove_possession(ORIGIN).unwrap();
        // Where the API is mounted, a request has lost the start of its path.
        let router = Router::new().nest("/api", Router::new().route("/notes", get(|| async { "notes" })).layer(guard));
        let mut api = Self { fixture, router, key: Key::generate().unwrap(), nonce: String::new() };
        let token = api.token("first", "s0");
        let proof = api.proof(&token);
        let (_, _, nonce) = api.get("DPoP", &token, Some(&proof)).await;
        api.nonce = nonce.expect("whoever sends a proof is told the nonce");
        api
    }

    fn token(&self, jti: &str, sid: &str) -> String {
        self.token_with(jti, sid, &json!({"jkt": self.key.thumbprint()}))
    }

    fn token_with(&self, jti: &str, sid: &str, cnf: &Value) -> String {
        let mut claims = json!({
            "iss": self.fixture.issuer(), "aud": AUDIENCE, "sub": "alice", "client_id": "app-b", "jti": jti,
            "sid": sid, "iat": NOW, "exp": NOW + 300, "auth_time": NOW - 100, "scope": "openid notes",
        });
        if !cnf.is_null() {
            claims["cnf"] = cnf.clone();
        }
        self.fixture.provider.key.sign("at+jwt", &claims)
    }

    fn request<'a>(&'a self, token: &'a str) -> dpop::Request<'a> {
        let url = "https://api.example/api/notes?page=2";
        dpop::Request { method: "GET", url, access_token: Some(token), nonce: Some(&self.nonce), now: NOW }
    }

    fn proof(&self, token: &str) -> String {
        self.key.prove(&self.request(token)).unwrap()
    }

    /// Status, challenge and body in one text, and the nonce.
    async fn get(&self, scheme: &str, token: &str, proof: Option<&str>) -> (StatusCode, String, Option<String>) {
        let mut request = Request::get("/api/notes?page=1").header("authorization", format!("{scheme} {token}"));
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let nonce = header(&response, "dpop-nonce");
        let challenge = header(&response, "www-authenticate").unwrap_or_default();
        if response.status() == StatusCode::OK {
            return (StatusCode::OK, String::new(), nonce);
        }
        let (status, body) = answer(response).await;
        (status, format!("{challenge} {body}"), nonce)
    }
}

fn header(response: &http::Response<Body>, name: &str) -> Option<String> {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_bound_token_passes_with_a_proof_of_its_key() {
    let api = Api::new().await;
    let token = api.token("a1", "s1");
    for _ in 0..3 {
        let (status, why, nonce) = api.get("DPoP", &token, Some(&api.proof(&token))).await;
        assert_eq!((status, nonce.as_ref()), (StatusCode::OK, Some(&api.nonce)), "{why}");
    }
}

/// Whoever copied the token has not got the key.
#[tokio::test]
async fn a_copied_token_is_worth_nothing() {
    let api = Api::new().await;
    let (token, other_token) = (api.token("a1", "s1"), api.token("a2", "s1"));
    let thief = Key::generate().unwrap();
    let used = api.proof(&token);
    assert_eq!(api.get("DPoP", &token, Some(&used)).await.0, StatusCode::OK);
    let right = api.request(&token);
    let prove = |request: dpop::Request<'_>| Some(api.key.prove(&request).unwrap());
    let table = [
        ("Bearer", prove(right), "invalid_token"),
        ("Bearer", None, "invalid_token"),
        ("DPoP", None, "invalid_token"),
        ("DPoP", Some("x".to_owned()), "invalid_dpop_proof"),
        ("DPoP", Some(thief.prove(&right).unwrap()), "another key"),
        ("DPoP", Some(used), "used before"),
        ("DPoP", prove(dpop::Request { method: "POST", ..right }), "htm"),
        ("DPoP", prove(dpop::Request { url: "https://api.example/api/other", ..right }), "htu"),
        ("DPoP", prove(dpop::Request { url: "https://other.example/api/notes", ..right }), "htu"),
        ("DPoP", prove(dpop::Request { access_token: Some(&other_token), ..right }), "ath"),
        ("DPoP", prove(dpop::Request { access_token: None, ..right }), "ath"),
        ("DPoP", prove(dpop::Request { now: NOW - 301, ..right }), "iat"),
        ("DPoP", prove(dpop::Request { nonce: None, ..right }), "use_dpop_nonce"),
        ("DPoP", prove(dpop::Request { nonce: Some("made up"), ..right }), "use_dpop_nonce"),
    ];
    for (n, (scheme, proof, expected)) in table.into_iter().enumerate() {
        let (status, why, nonce) = api.get(scheme, &token, proof.as_deref()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{n}: {why}");
        assert!(why.starts_with("DPoP ") && why.contains(expected), "{n}: {why}");
        assert!(why.contains(r#"reason="proof""#) && why.contains(r#""reason":"proof""#), "{n}: {why}");
        assert_eq!(why.contains(r#""key":"other""#), expected == "another key", "{n}: {why}");
        assert_eq!(nonce.is_some(), proof.is_some(), "{n}");
    }
    assert_eq!(api.get("DPoP", &token, Some(&api.proof(&token))).await.0, StatusCode::OK);
}

/// The proof comes last: what is wrong with the token itself is said first, and a bearer token is bound to nothing.
#[tokio::test]
async fn what_is_wrong_with_the_token_comes_first() {
    let api = Api::new().await;
    let token = api.token("a1", "s1");
    assert_eq!(api.get("DPoP", &token, Some(&api.proof(&token))).await.0, StatusCode::OK);
    api.fixture.party.end(&api.fixture.ends_sid("s1", Channel::BackChannel), Trust::Verified).await.unwrap();
    for (scheme, proof) in [("DPoP", Some(api.proof(&token))), ("DPoP", None), ("Bearer", None)] {
        let (status, why, _) = api.get(scheme, &token, proof.as_deref()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(why.contains(r#""reason":"session_ended""#), "{why}");
    }
    let bearer = api.token_with("b1", "s2", &Value::Null);
    assert_eq!(api.get("Bearer", &bearer, None).await.0, StatusCode::OK);
    let (status, why, _) = api.get("DPoP", &bearer, Some(&api.proof(&bearer))).await;
    assert!(status == StatusCode::UNAUTHORIZED && why.contains(r#""reason":"invalid""#), "{why}");
}

/// A binding that is not understood is one that is not proven (RFC 7800 section 3.1).
#[tokio::test]
async fn other_bindings_are_refused() {
    let api = Api::new().await;
    for (n, cnf) in [json!({}), json!({"x5t#S256": "x"}), json!({"jkt": 7}), json!("x")].iter().enumerate() {
        let token = api.token_with(&format!("a{n}"), "s1", cnf);
        let (status, why, _) = api.get("DPoP", &token, Some(&api.proof(&token))).await;
        assert!(status == StatusCode::UNAUTHORIZED && why.contains(r#""reason":"proof""#), "{cnf}: {why}");
    }
}

/// Without a word about proofs, a guard takes no bound token at all.
#[tokio::test]
async fn a_guard_that_checks_no_proofs_takes_no_bound_tokens() {
    let api = Api::new().await;
    let guard = Guard::new(api.fixture.party.clone(), AUDIENCE);
    let router = Router::new().route("/api/notes", get(|| async { "notes" })).layer(guard);
    let plain = Api { router, ..api };
    let token = plain.token("a1", "s1");
    for (scheme, proof) in [("DPoP", Some(plain.proof(&token))), ("Bearer", None)] {
        let (status, why, nonce) = plain.get(scheme, &token, proof.as_deref()).await;
        assert!(status == StatusCode::UNAUTHORIZED && why.contains(r#""reason":"proof""#), "{why}");
        assert_eq!(nonce, None);
    }
}
