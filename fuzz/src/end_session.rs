//! Requests to `end_session_endpoint`, from a browser that nobody has signed in with.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{Request, Response, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use provider::{Clock, ProviderState, router};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;
use url::Url;
use url::form_urlencoded::parse;

const ISSUER: &str = "http://localhost:4000";
const REGISTERED: [&str; 2] = ["http://127.0.0.1:4001/signed-out", "http://127.0.0.1:4001/?from=op"];
const LONGEST_BODY: usize = 64 * 1024;

/// What stands in an input for an ID token that the provider issued.
const HINT: &str = "{{hint}}";

struct Op {
    runtime: Runtime,
    router: Router,
    hint: String,
    _folder: TempDir,
}

static OP: LazyLock<Op> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let config = serde_json::from_value(json!({
        "issuer": ISSUER,
        "clients": [{
            "client_id": "app-a",
            "name": "App A",
            "redirect_uris": ["http://127.0.0.1:4001/callback"],
            "post_logout_redirect_uris": REGISTERED,
        }],
    }));
    let config = config.expect("a configuration");
    let open = ProviderState::open(config, folder.path(), "".into(), Clock::system());
    let router = router(runtime.block_on(open).expect("a provider"));
    let keys = Request::get("/jwks").body(Body::empty()).expect("a request");
    let jwks = runtime.block_on(async {
        let response = router.clone().oneshot(keys).await.unwrap_or_else(|never| match never {});
        to_bytes(response.into_body(), LONGEST_BODY).await.expect("a body")
    });
    let stored = std::fs::read(folder.path().join("signing-keys.json")).expect("the keys");
    let hint = hint(&of_es256(&jwks), &of_es256(&stored));
    Op { runtime, router, hint, _folder: folder }
});

/// The ES256 key of a document that has a list of `keys`.
fn of_es256(document: &[u8]) -> Value {
    let document: Value = serde_json::from_slice(document).expect("JSON");
    let keys = document["keys"].as_array().expect("keys");
    keys.iter().find(|key| key["alg"] == "ES256").expect("an ES256 key").clone()
}

/// An ID token of a session that has ended.
fn hint(public: &Value, stored: &Value) -> String {
    let pkcs8 = STANDARD.decode(stored["private_key"].as_str().expect("text")).expect("base64");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).expect("a key");
    let header = json!({ "alg": "ES256", "kid": public["kid"], "typ": "JWT" });
    let claims = json!({ "iss": ISSUER, "aud": "app-a", "sub": "nobody", "sid": "ended", "iat": 1, "exp": 2 });
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = format!("{header}.{claims}");
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).expect("a signature");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// `GET` or `POST`, a line break, and the parameters; `{{hint}}` is an ID token of the provider.
pub fn end_session(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (method, parameters) = text.split_once('\n').unwrap_or(("GET", text));
    let parameters = &parameters.replacen(HINT, &OP.hint, 1);
    if parameters.len() > LONGEST_BODY {
        return;
    }
    let request = if method == "POST" {
        let form = "application/x-www-form-urlencoded";
        Request::post("/end_session").header(CONTENT_TYPE, form).body(Body::from(parameters.clone()))
    } else {
        let Some(uri) = uri(parameters) else { return };
        Request::get(uri).body(Body::empty())
    };
    let response = send(request.expect("a request"));
    assert!(!response.status().is_server_error(), "{}", response.status());
    assert_eq!(response.headers().get(CACHE_CONTROL).map(|value| value.as_bytes()), Some(&b"no-store"[..]));
    let Some(location) = response.headers().get(LOCATION) else { return };
    assert!(response.status().is_redirection());
    // What stands behind a `#` is not sent.
    let sent = uri(parameters).filter(|_| method != "POST");
    let sent = sent.as_ref().and_then(Uri::query).unwrap_or(parameters);
    leads_where_it_may(location.to_str().expect("an address is ASCII"), sent);
}

fn uri(parameters: &str) -> Option<Uri> {
    format!("/end_session?{parameters}").parse().ok()
}

/// To the endpoint itself, where the cookie is; or to a registered URI, with `state` as it was sent and nothing else.
fn leads_where_it_may(location: &str, parameters: &str) {
    if location.starts_with("/end_session?") {
        return;
    }
    let asked = |wanted: &str| {
        let found = parse(parameters.as_bytes()).find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
    };
    let asked_for = asked("post_logout_redirect_uri").expect("it was asked for");
    let registered = REGISTERED.into_iter().find(|uri| *uri == asked_for).expect("an open redirect");
    let mut expected = Url::parse(registered).expect("a URL");
    if let Some(state) = asked("state") {
        expected.query_pairs_mut().append_pair("state", &state);
    }
    assert_eq!(location, expected.as_str());
}

fn send(request: Request<Body>) -> Response<Body> {
    OP.runtime.block_on(OP.router.clone().oneshot(request)).unwrap_or_else(|never| match never {})
}
