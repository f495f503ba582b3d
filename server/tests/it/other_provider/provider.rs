//! A provider that signs everybody in as alice, says of itself what a test wants, and makes the ID tokens that it wants.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::extract::{Form, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use relying_party::Clock;
use serde_json::{Value, json};
use server::config::Config;
use server::{StartError, app_a, app_b, serve};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::browser::{Browser, Page};
use crate::curfew::{GRACE, Parties, patient, site};

/// The `sub` of its only user.
pub(super) const ALICE: &str = "alice's identifier";

/// A key that signs with ES256.
pub(super) struct Key {
    pub(super) kid: &'static str,
    key: EncodingKey,
}

impl Key {
    pub(super) fn new(kid: &'static str) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Self { kid, key: EncodingKey::from_ec_der(pkcs8.as_ref()) }
    }

    pub(super) fn jwk(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some(self.kid.to_owned());
        serde_json::to_value(jwk).unwrap()
    }

    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        signed(header, claims, &self.key, Algorithm::ES256)
    }
}

fn signed(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = unsigned(header, claims);
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// By a secret that the client has as well.
pub(super) fn signed_by_secret(claims: &Value, secret: &str) -> String {
    signed(&json!({ "alg": "HS256" }), claims, &EncodingKey::from_secret(secret.as_bytes()), Algorithm::HS256)
}

/// The first two parts of a token.
pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
}

/// What a sign-out page makes of the `state` of a request.
pub(super) type SendBack = fn(&str) -> Option<String>;

type MakeIdToken = Box<dyn Fn(&[Key; 2], Value) -> String + Send>;

struct Shared {
    metadata: Value,
    keys: [Key; 2],
    /// What it publishes in the place of its keys.
    published: Mutex<Option<Value>>,
    id_token: Mutex<MakeIdToken>,
    /// Changes the token response.
    tokens: Mutex<fn(&mut Value)>,
    userinfo: Mutex<fn() -> Response>,
    /// What its UserInfo endpoint was shown as `Authorization`.
    shown: Mutex<Vec<String>>,
    /// By code.
    nonces: Mutex<HashMap<String, String>>,
    /// What its sign-out page sends back for `state`.
    state: Mutex<SendBack>,
}

/// It, and the apps, on free ports of this process.
pub(super) struct OtherProvider {
    pub(super) parties: Parties,
    shared: Arc<Shared>,
    stop: CancellationToken,
    running: JoinSet<Result<(), StartError>>,
    data: tempfile::TempDir,
}

impl OtherProvider {
    /// `members` are added to the usual ones of its metadata, in the place of those of the same name; null takes one out.
    pub(super) async fn start(members: Value) -> Self {
        Self::start_with(members, |_| {}).await
    }

    /// The same, with apps that are configured otherwise.
    pub(super) async fn start_with(members: Value, configure: impl FnOnce(&mut Config)) -> Self {
        Self::start_at(members, configure, Clock::system()).await
    }

    /// The same with a clock of App A's own.
    pub(super) async fn start_at(members: Value, configure: impl FnOnce(&mut Config), clock_of_a: Clock) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut listeners = Vec::new();
        for _ in 0..3 {
            listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
        }
        let [provider, app_a, app_b] =
            [0, 1, 2].map(|party: usize| format!("http://{}", listeners[party].local_addr().unwrap()));
        let shared = Arc::new(Shared {
            metadata: metadata(&provider, members),
            keys: [Key::new("one"), Key::new("two")],
            id_token: Mutex::new(Box::new(|keys, claims| good_id_token(keys, &claims))),
            published: Mutex::default(),
            tokens: Mutex::new(|_| {}),
            userinfo: Mutex::new(|| Json(json!({ "sub": ALICE })).into_response()),
            shown: Mutex::default(),
            nonces: Mutex::default(),
            state: Mutex::new(|state| Some(state.to_owned())),
        });
        let mut config = patient(Config::demo_at(&provider, &app_a, &app_b).unwrap());
        configure(&mut config);
        let folder = |name: &str| {
            let folder = data.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            folder
        };
        let a = app_a::open_at(config.app_a.unwrap(), &folder("app-a"), clock_of_a).await.unwrap();
        let b = app_b::open(config.app_b.unwrap(), &folder("app-b"), &site(data.path())).await.unwrap();
        let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
        let mut listeners = listeners.into_iter();
        let op = axum::serve(listeners.next().unwrap(), router(shared.clone()));
        let op = op.with_graceful_shutdown(stop.clone().cancelled_owned());
        running.spawn(async move {
            op.await.unwrap();
            Ok(())
        });
        for (party, listener) in [a, b].into_iter().zip(listeners) {
            running.spawn(serve(party, vec![listener], stop.clone()));
        }
        let parties = Parties { provider, app_a, app_b };
        parties.until_all_healthy().await;
        Self { parties, shared, stop, running, data }
    }

    /// Its ID tokens from now on, made of good claims.
    pub(super) fn make_id_tokens(&self, make: impl Fn(&[Key; 2], Value) -> String + Send + 'static) {
        *self.shared.id_token.lock().unwrap() = Box::new(make);
    }

    /// What it publishes from now on in the place of its keys.
    pub(super) fn publish(&self, keys: &[Value]) {
        *self.shared.published.lock().unwrap() = Some(json!({ "keys": keys }));
    }

    /// What it makes of a good token response from now on.
    pub(super) fn change_tokens(&self, change: fn(&mut Value)) {
        *self.shared.tokens.lock().unwrap() = change;
    }

    /// What its UserInfo endpoint answers from now on.
    pub(super) fn answer_userinfo(&self, answer: fn() -> Response) {
        *self.shared.userinfo.lock().unwrap() = answer;
    }

    /// What its UserInfo endpoint was shown as `Authorization` since it was last asked.
    pub(super) fn shown_to_userinfo(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.shown.lock().unwrap())
    }

    /// Tokens of a session of alice's at App B: an access token, which does not name the session, and the ID token that does.
    pub(super) fn tokens_of_b(&self, jti: &str, sid: &str) -> (String, String) {
        let key = &self.shared.keys[0];
        let header = |typ: &str| json!({ "alg": "ES256", "kid": key.kid, "typ": typ });
        let common = json!({ "iss": self.parties.provider, "sub": ALICE, "iat": now(), "exp": now() + 300 });
        let with = |members: Value| {
            let mut claims = common.clone();
            claims.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            claims
        };
        let audience = format!("{}/api", self.parties.app_b);
        let access_token = json!({ "aud": audience, "client_id": "app-b", "jti": jti, "scope": "openid notes" });
        let access_token = key.sign(&header("at+jwt"), &with(access_token));
        let at_hash = URL_SAFE_NO_PAD.encode(&Sha256::digest(&access_token)[..16]);
        let id_token = json!({ "aud": "app-b", "sid": sid, "at_hash": at_hash, "nonce": "n" });
        (access_token, key.sign(&header("JWT"), &with(id_token)))
    }

    /// What it posts to an app whose session has ended.
    pub(super) fn logout_token(&self, client_id: &str, sid: &str) -> String {
        let key = &self.shared.keys[0];
        let claims = json!({
            "iss": self.parties.provider, "aud": client_id, "sid": sid, "iat": now(), "exp": now() + 120,
            "jti": format!("logout-{client_id}-{sid}"),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        key.sign(&json!({ "alg": "ES256", "kid": key.kid, "typ": "logout+jwt" }), &claims)
    }

    /// What it posts to App A when all of alice's sessions have ended, at that time.
    pub(super) fn logout_token_by_sub(&self, iat: u64) -> String {
        let key = &self.shared.keys[0];
        let claims = json!({
            "iss": self.parties.provider, "aud": "app-a", "sub": ALICE, "iat": iat, "exp": now() + 120,
            "jti": format!("logout-alice-{iat}"),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        key.sign(&json!({ "alg": "ES256", "kid": key.kid, "typ": "logout+jwt" }), &claims)
    }

    /// What it answers for `state` after a sign-out from now on.
    pub(super) fn send_back(&self, state: SendBack) {
        *self.shared.state.lock().unwrap() = state;
    }

    /// Where a sign-in at App A ends.
    pub(super) async fn sign_in(&self, browser: &mut Browser) -> Page {
        browser.open(&format!("{}/login", self.parties.app_a)).await
    }

    /// App A's database.
    pub(super) fn database_of_a(&self) -> PathBuf {
        self.data.path().join("app-a/app-a.sqlite")
    }

    /// Where a sign-out at App A ends.
    pub(super) async fn sign_out(&self, browser: &mut Browser, home: &Page) -> Page {
        let csrf = home.hidden("csrf");
        browser.submit(&format!("{}/logout", self.parties.app_a), &[("csrf", &csrf)]).await
    }

    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        let ended = async {
            while let Some(party) = self.running.join_next().await {
                party.unwrap().unwrap();
            }
        };
        tokio::time::timeout(GRACE, ended).await.expect("stopped by itself");
    }
}

pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn metadata(issuer: &str, members: Value) -> Value {
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/end_session"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // More than an app should take.
        "id_token_signing_alg_values_supported": ["none", "HS256", "RS256", "ES256"],
    });
    let document = metadata.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        // A path is one of its own.
        let own = value.as_str().filter(|text| text.starts_with('/')).map(|path| json!(format!("{issuer}{path}")));
        document.insert(name.clone(), own.unwrap_or_else(|| value.clone()));
    }
    document.retain(|_, value| !value.is_null());
    metadata
}

pub(super) fn good_id_token(keys: &[Key; 2], claims: &Value) -> String {
    keys[0].sign(&json!({ "alg": "ES256", "kid": keys[0].kid }), claims)
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/healthz", get(|| async {}))
        .route(
            "/.well-known/openid-configuration",
            get(async |State(shared): State<Arc<Shared>>| Json(shared.metadata.clone())),
        )
        .route(
            "/jwks",
            get(async |State(shared): State<Arc<Shared>>| {
                let published = shared.published.lock().unwrap().clone();
                let own = || json!({ "keys": [shared.keys[0].jwk(), shared.keys[1].jwk()] });
                Json(published.unwrap_or_else(own))
            }),
        )
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .route("/userinfo", get(userinfo))
        .route("/end_session", get(end_session))
        .with_state(shared)
}

type Parameters = HashMap<String, String>;

async fn authorize(State(shared): State<Arc<Shared>>, Query(request): Query<Parameters>) -> Redirect {
    let mut nonces = shared.nonces.lock().unwrap();
    let code = format!("code-{}", nonces.len());
    nonces.insert(code.clone(), request["nonce"].clone());
    Redirect::to(&with_parameters(&request["redirect_uri"], &[("code", &code), ("state", &request["state"])]))
}

async fn token(State(shared): State<Arc<Shared>>, Form(request): Form<Parameters>) -> Json<Value> {
    let now = now();
    let claims = json!({
        "iss": shared.metadata["issuer"],
        "aud": "app-a",
        "sub": ALICE,
        "preferred_username": "alice",
        "nonce": shared.nonces.lock().unwrap()[&request["code"]],
        "iat": now,
        "exp": now + 300,
    });
    let id_token = (shared.id_token.lock().unwrap())(&shared.keys, claims);
    let mut tokens =
        json!({ "access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": id_token });
    (shared.tokens.lock().unwrap())(&mut tokens);
    Json(tokens)
}

async fn userinfo(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let shown = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    shared.shown.lock().unwrap().push(shown.unwrap_or_default());
    (shared.userinfo.lock().unwrap())()
}

async fn end_session(State(shared): State<Arc<Shared>>, Query(request): Query<Parameters>) -> Redirect {
    let state = (shared.state.lock().unwrap())(&request["state"]);
    let parameters: Vec<_> = state.iter().map(|state| ("state", state.as_str())).collect();
    Redirect::to(&with_parameters(&request["post_logout_redirect_uri"], &parameters))
}

fn with_parameters(url: &str, parameters: &[(&str, &str)]) -> String {
    let mut url = url::Url::parse(url).unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    url.into()
}
