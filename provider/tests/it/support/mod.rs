//! What the tests share: a provider with a clock of its own, browsers, and apps that listen.

mod app;
mod browser;
mod client_key;
mod dpop;
mod registered;
mod site;
mod tls;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::SaltString;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use provider::{AuditEntry, Clock, ManualClock, Observers, Operator, ProviderConfig, ProviderState, router};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use url::Url;

pub(crate) use app::{DownApp, TestApp};
pub(crate) use browser::{Answer, TestBrowser};
pub(crate) use client_key::ClientKey;
pub(crate) use dpop::DpopKey;
pub(crate) use registered::{CALLBACK, Registered, config_registering};
pub(crate) use site::TestSite;
pub(crate) use tls::{TestAuthority, TlsListener};

pub(crate) const ISSUER: &str = "http://localhost:4000";
pub(crate) const SECRET: &str = "app-a-secret-for-tests";
/// When the tests begin, in seconds since the Unix epoch.
pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const VERIFIER: &str = "a-code-verifier-of-more-than-forty-three-characters";

/// For how long an attempt is nobody else's, in seconds: 3 more than the app has.
pub(crate) const LEASE: u64 = 33;

/// App A and App B of the demo; nobody listens at their back-channels. The waits are such that none is over, however slow
/// the machine, before what is waited for has come.
pub(crate) fn config() -> Value {
    json!({
        "issuer": ISSUER,
        "sign_out_patience_ms": 10_000,
        "back_channel_timeout_ms": 30_000,
        "clients": [
            {
                "client_id": "app-a",
                "name": "App A",
                "client_secret": SECRET,
                "redirect_uris": ["http://127.0.0.1:4001/callback"],
                "post_logout_redirect_uris": ["http://127.0.0.1:4001/signed-out", "http://127.0.0.1:4001/?from=op"],
                "home": "http://127.0.0.1:4001/",
            },
            {
                "client_id": "app-b",
                "name": "App B",
                "redirect_uris": ["http://127.0.0.1:4002/callback", "http://127.0.0.1:4002/callback?kind=b"],
                "post_logout_redirect_uris": ["http://127.0.0.1:4002/"],
                "scopes": ["openid", "profile", "notes"],
                "audience": "http://127.0.0.1:4002/api",
            },
        ],
        "users": [
            {"username": "alice", "password_hash": cheap_hash("alice"), "name": "Alice"},
            {"username": "bob", "password": "bob", "name": "Bob"},
        ],
    })
}

/// An argon2 hash that takes no time, which no real one should.
pub(crate) fn cheap_hash(password: &str) -> String {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
    argon2.hash_password(password.as_bytes(), &SaltString::encode_b64(b"salt for tests").unwrap()).unwrap().to_string()
}

/// [`config`], with these members merged into a client.
pub(crate) fn config_with(changes: &[(&str, Value)]) -> Value {
    let mut config = config();
    for (client_id, members) in changes {
        let clients = config["clients"].as_array_mut().unwrap();
        let client = clients.iter_mut().find(|client| client["client_id"] == *client_id).unwrap();
        client.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    }
    config
}

/// [`config_with`], where the user waits as long as users do: for apps that do not answer in time.
pub(crate) fn impatient_config_with(changes: &[(&str, Value)]) -> Value {
    let mut config = config_with(changes);
    config["sign_out_patience_ms"] = json!(300);
    config
}

const KEY_FILE: &str = "signing-keys.json";

/// A folder with signing keys for the tests of this process.
static KEYS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let open = async { open(config(), folder.path(), Clock::system()).await.shutdown().await };
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // In a thread of its own: the test that comes first is inside a runtime already.
    std::thread::scope(|scope| scope.spawn(|| runtime().block_on(open)).join().unwrap());
    folder
});

/// A provider in a folder of its own.
pub(crate) struct TestProvider {
    pub(crate) state: ProviderState,
    pub(crate) router: Router,
    pub(crate) clock: ManualClock,
    pub(crate) folder: TempDir,
}

/// What the token endpoint gave.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) id_token: String,
    pub(crate) answer: Value,
}

impl TestProvider {
    pub(crate) async fn init() -> Self {
        Self::with(config()).await
    }

    pub(crate) async fn with(config: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // RSA keys take long to make, and one is as good as another.
        std::fs::copy(KEYS.path().join(KEY_FILE), folder.path().join(KEY_FILE)).unwrap();
        Self::open(folder, config).await
    }

    /// One that tells these observers of what it does.
    pub(crate) async fn observed(config: Value, observers: Observers) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(KEYS.path().join(KEY_FILE), folder.path().join(KEY_FILE)).unwrap();
        let (clock, manual) = Clock::manual(START);
        let config: ProviderConfig = serde_json::from_value(config).unwrap();
        let opened = ProviderState::open_observed(config, folder.path(), Arc::from("body{}"), clock, observers);
        let state = opened.await.unwrap();
        Self { router: router(state.clone()), state, clock: manual, folder }
    }

    /// Another provider of the same name, whose keys are its own.
    pub(crate) async fn foreign() -> Self {
        Self::open(tempfile::tempdir().unwrap(), config()).await
    }

    async fn open(folder: TempDir, config: Value) -> Self {
        Self::open_at(folder, config, START).await
    }

    async fn open_at(folder: TempDir, config: Value, seconds: u64) -> Self {
        let (clock, manual) = Clock::manual(seconds);
        let state = open(config, folder.path(), clock).await;
        Self { router: router(state.clone()), state, clock: manual, folder }
    }

    /// Stops, and starts again with this configuration over the same folder, at the same time of day.
    pub(crate) async fn restart(self, config: Value) -> Self {
        self.restart_at(config, START).await
    }

    /// The same at another time.
    pub(crate) async fn restart_at(self, config: Value, seconds: u64) -> Self {
        self.state.shutdown().await;
        Self::open_at(self.folder, config, seconds).await
    }

    /// What a provider finds that starts at this time after `kill -9` of this one: the files as they are now.
    pub(crate) async fn killed(&self, config: Value, seconds: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(self.folder.path()).unwrap().map(Result::unwrap) {
            std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        Self::open_at(folder, config, seconds).await
    }

    /// Moves the clock on, and delivers what is due then. An attempt that is under way is recorded first: no lease is over
    /// before the app's time is, but where a clock jumps.
    pub(crate) async fn deliver_after(&self, seconds: u64) {
        self.state.deliver_due().await.unwrap();
        self.clock.advance(seconds);
        self.state.deliver_due().await.unwrap();
    }

    /// What the database holds, after a shutdown.
    pub(crate) async fn stored<T>(&self, query: &str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + Unpin,
    {
        let file = format!("sqlite:{}", self.folder.path().join("provider.sqlite").display());
        let mut conn = sqlx::SqliteConnection::connect(&file).await.unwrap();
        sqlx::query_scalar(query).fetch_one(&mut conn).await.unwrap()
    }

    /// Somebody who is writing to the database, so that nobody else can.
    pub(crate) async fn writing(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("provider.sqlite"));
        let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut conn).await.unwrap();
        conn
    }

    /// From now on no transaction can be committed in which this has happened; everything in it succeeds.
    pub(crate) async fn fail_commits_after(&self, event: &str) {
        // A row that refers to nobody, which is found out at the commit.
        self.change_schema(&[
            "CREATE TABLE nobody (id INTEGER PRIMARY KEY)",
            "CREATE TABLE broken (nobody INTEGER REFERENCES nobody (id) DEFERRABLE INITIALLY DEFERRED)",
            &format!("CREATE TRIGGER break AFTER {event} BEGIN INSERT INTO broken VALUES (1); END"),
        ])
        .await;
    }

    pub(crate) async fn fail_no_commits(&self) {
        self.change_schema(&["DROP TRIGGER break", "DROP TABLE broken", "DROP TABLE nobody"]).await;
    }

    async fn change_schema(&self, statements: &[&str]) {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("provider.sqlite"));
        let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
        for statement in statements {
            sqlx::query(statement).execute(&mut conn).await.unwrap();
        }
        conn.close().await.unwrap();
    }

    /// An operator at the same data, while the provider runs.
    pub(crate) async fn operator(&self, config: Value) -> Operator {
        let config: ProviderConfig = serde_json::from_value(config).unwrap();
        let folder = self.folder.path().to_owned();
        Operator::open(config, &folder, Clock::from_fn(|| START)).await.unwrap()
    }

    /// The whole audit log.
    pub(crate) async fn audit(&self) -> Vec<AuditEntry> {
        let operator = self.operator(config()).await;
        let entries = operator.audit_page(0, 0).await.unwrap();
        operator.close().await;
        entries
    }

    pub(crate) fn browser(&self) -> TestBrowser {
        TestBrowser::new(self.router.clone())
    }

    /// A browser that went through the login form for App A, and the tokens that App A got.
    pub(crate) async fn signed_in(&self, username: &str) -> (TestBrowser, Tokens) {
        let mut browser = self.browser();
        let code = browser.sign_in("app-a", username).await;
        let tokens = self.exchange("app-a", &code).await;
        (browser, tokens)
    }

    /// The browser visits another app, without a login form.
    pub(crate) async fn visit(&self, browser: &mut TestBrowser, client_id: &str) -> Tokens {
        let answer = browser.get(&authorize(client_id, &[("prompt", "none")])).await;
        self.exchange(client_id, &code_of(&answer)).await
    }

    /// Exchanges a code as the app would.
    pub(crate) async fn exchange(&self, client_id: &str, code: &str) -> Tokens {
        let answer = self.token(client_id, &[("code", code)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        Tokens {
            access_token: answer["access_token"].as_str().unwrap().to_owned(),
            id_token: answer["id_token"].as_str().unwrap().to_owned(),
            answer,
        }
    }

    /// A token request in order, with changes; an empty value leaves the parameter out.
    pub(crate) async fn token(&self, client_id: &str, changes: &[(&str, &str)]) -> Answer {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("redirect_uri", redirect_uri(client_id)),
            ("code_verifier", VERIFIER),
        ];
        let basic = format!("Basic {}", STANDARD.encode(format!("{client_id}:{SECRET}")));
        let mut headers = vec![];
        match client_id {
            "app-a" => headers.push(("authorization", basic.as_str())),
            _ => form.push(("client_id", client_id)),
        }
        form.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        form.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        self.browser().send("POST", "/token", &headers, Some(&form)).await
    }

    /// The app renews its tokens.
    pub(crate) async fn refresh(&self, client_id: &str, answer: &Value) -> Answer {
        let token = refresh_token(answer);
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", token), ("redirect_uri", ""), ("code_verifier", "")];
        self.token(client_id, &form).await
    }

    pub(crate) async fn userinfo(&self, access_token: &str) -> Answer {
        let bearer = format!("Bearer {access_token}");
        self.browser().send("GET", "/userinfo", &[("authorization", &bearer)], None).await
    }
}

/// An app's refresh token.
pub(crate) fn refresh_token(answer: &Value) -> &str {
    answer["refresh_token"].as_str().unwrap_or_else(|| panic!("no refresh token in {answer}"))
}

async fn open(config: Value, folder: &Path, clock: Clock) -> ProviderState {
    let config: ProviderConfig = serde_json::from_value(config).unwrap();
    ProviderState::open(config, folder, Arc::from("body{}"), clock).await.unwrap()
}

pub(crate) fn redirect_uri(client_id: &str) -> &'static str {
    match client_id {
        "app-a" => "http://127.0.0.1:4001/callback",
        _ => "http://127.0.0.1:4002/callback",
    }
}

/// The path of an authorization request in order, with changes; an empty value leaves the parameter out.
pub(crate) fn authorize(client_id: &str, changes: &[(&str, &str)]) -> String {
    path("/authorize", &authorize_form(client_id, changes))
}

pub(crate) fn authorize_form(client_id: &str, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let challenge = challenge(VERIFIER);
    let scope = if client_id == "app-a" { "openid profile" } else { "openid profile notes" };
    let mut parameters = vec![
        ("client_id", client_id),
        ("redirect_uri", redirect_uri(client_id)),
        ("response_type", "code"),
        ("scope", scope),
        ("state", "s/t&a=t e"),
        ("nonce", "n-1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    parameters.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    parameters.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    parameters.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// A path with a query.
pub(crate) fn path(path: &str, parameters: &[(impl AsRef<str>, impl AsRef<str>)]) -> String {
    let mut url: Url = format!("{ISSUER}{path}").parse().unwrap();
    url.query_pairs_mut().extend_pairs(parameters.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
    url[url::Position::BeforePath..].to_owned()
}

/// A parameter of the answer's redirect.
pub(crate) fn redirected(answer: &Answer, name: &str) -> Option<String> {
    let url = answer.location();
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

pub(crate) fn code_of(answer: &Answer) -> String {
    redirected(answer, "code").unwrap_or_else(|| panic!("no code in {}", answer.location()))
}

/// The claims of a token, as they are.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The header of a token, as it is.
pub(crate) fn header(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
}
