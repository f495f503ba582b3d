//! The three parties on free ports of this process, talking HTTP to each other.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::{self, Next};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use relying_party::Clock;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use server::config::{Config, Switch};
use server::{Metrics, Party, StartError, app_a, app_b, serve};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::browser::{Browser, Page, client};

/// Where the three parties are, however they run, and what a user and App B's tab do with them.
pub(crate) struct Parties {
    pub(crate) provider: String,
    pub(crate) app_a: String,
    pub(crate) app_b: String,
}

/// The three parties in this process.
pub(crate) struct Curfew {
    parties: Parties,
    /// Requests that the provider has answered.
    pub(crate) provider_requests: Arc<AtomicUsize>,
    stop: CancellationToken,
    running: JoinSet<Result<(), StartError>>,
    _data: tempfile::TempDir,
}

impl Deref for Curfew {
    type Target = Parties;

    fn deref(&self) -> &Parties {
        &self.parties
    }
}

/// A folder that looks like App B's build; its API needs no more.
pub(crate) fn site(folder: &std::path::Path) -> PathBuf {
    let site = folder.join("site");
    std::fs::create_dir_all(site.join("pkg")).unwrap();
    std::fs::write(site.join("pkg/frontend.js"), "export default 1;").unwrap();
    std::fs::write(site.join("boot.js"), "0;").unwrap();
    std::fs::create_dir_all(site.join("assets")).unwrap();
    std::fs::write(site.join("assets/main.css"), "body {}").unwrap();
    std::fs::write(site.join("pkg/lab.js"), "export default 2;").unwrap();
    std::fs::write(site.join("lab-boot.js"), "1;").unwrap();
    std::fs::write(site.join("assets/lab.css"), "main {}").unwrap();
    site
}

/// How long a party may take to stop by itself, on a machine that does much else.
pub(crate) const GRACE: Duration = Duration::from_secs(60);

/// No wait of this configuration is over, however slow the machine, before what is waited for has come.
pub(crate) fn patient(mut config: Config) -> Config {
    let provider = config.provider.as_mut().unwrap();
    (provider.sign_out_patience_ms, provider.back_channel_timeout_ms) = (10_000, 10_000);
    config.app_a.as_mut().unwrap().provider_patience_ms = 10_000;
    config
}

impl Curfew {
    pub(crate) async fn start() -> Self {
        Self::start_without(&[]).await
    }

    pub(crate) async fn start_without(switches: &[Switch]) -> Self {
        Self::start_with(|config| config.switch_off(switches)).await
    }

    /// With another configuration than the demo's.
    pub(crate) async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        Self::start_at(configure, Clock::system()).await
    }

    /// The same with a clock of App A's own.
    pub(crate) async fn start_at(configure: impl FnOnce(&mut Config), clock_of_a: Clock) -> Self {
        Self::start_watched(configure, clock_of_a, None).await
    }

    /// As the demo, and what it does is counted.
    pub(crate) async fn start_counted(metrics: &Metrics) -> Self {
        Self::start_watched(|_| {}, Clock::system(), Some(metrics)).await
    }

    async fn start_watched(configure: impl FnOnce(&mut Config), clock_of_a: Clock, metrics: Option<&Metrics>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut listeners = Vec::new();
        for _ in 0..3 {
            listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
        }
        let ports: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        let [op_origin, a_origin, b_origin] = [0, 1, 2].map(|party| {
            let host = if party == 0 { "localhost" } else { "127.0.0.1" };
            format!("http://{host}:{}", ports[party])
        });
        let mut config = patient(Config::demo_at(&op_origin, &a_origin, &b_origin).unwrap());
        configure(&mut config);

        let folder = |name: &str| {
            let folder = data.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            folder
        };
        let provider_requests = Arc::new(AtomicUsize::new(0));
        let counted = provider_requests.clone();
        let count = middleware::from_fn(move |request: Request, next: Next| {
            counted.fetch_add(1, Ordering::SeqCst);
            next.run(request)
        });
        let of_app = |party| {
            let observers = metrics.map(|metrics| metrics.of_app(party)).into_iter();
            observers.fold(relying_party::Observers::default(), relying_party::Observers::and)
        };
        let provider_config = config.provider.unwrap();
        let observers = metrics.map(|metrics| metrics.of_provider(&provider_config)).into_iter();
        let observers = observers.fold(provider::Observers::default(), provider::Observers::and);
        let op = server::open_provider_observed(provider_config, &folder("provider"), observers).await.unwrap();
        let op = op.map_router(|router| router.layer(count));
        let (folder_of_a, folder_of_b, site) = (folder("app-a"), folder("app-b"), site(data.path()));
        let a = app_a::open_observed(config.app_a.unwrap(), &folder_of_a, clock_of_a, of_app("app-a"));
        let a = a.await.unwrap();
        let b = app_b::open_observed(config.app_b.unwrap(), &folder_of_b, &site, Clock::system(), of_app("app-b"));
        let b = b.await.unwrap();
        if let Some(metrics) = metrics {
            [&op, &a, &b].into_iter().for_each(|party| metrics.watch(party));
        }

        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        let mut listeners = listeners.into_iter();
        let mut run = |party: Party| running.spawn(serve(party, vec![listeners.next().unwrap()], stop.clone()));
        run(op);
        run(a);
        run(b);
        let parties = Parties { provider: op_origin, app_a: a_origin, app_b: b_origin };
        parties.until_all_healthy().await;
        Self { parties, provider_requests, stop, running, _data: data }
    }

    /// Stops as a signal would; every party must come to its end by itself.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        let ended = async {
            while let Some(party) = self.running.join_next().await {
                party.unwrap().unwrap();
            }
        };
        tokio::time::timeout(GRACE, ended).await.expect("stopped by itself");
    }
}

impl Parties {
    pub(crate) async fn until_all_healthy(&self) {
        for origin in [&self.provider, &self.app_a, &self.app_b] {
            self.until_healthy(origin).await;
        }
    }

    /// Asks until the party is ready: each answer is a state, and the whole wait is bounded.
    pub(crate) async fn until_healthy(&self, origin: &str) {
        let client = client();
        let healthy = async {
            loop {
                let answer = client.get(format!("{origin}/healthz")).send().await;
                if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), healthy).await.expect("healthy in time");
    }

    /// Fills in the provider's form.
    pub(crate) async fn sign_in_at_provider(&self, browser: &mut Browser, form: &Page, user: &str) -> Page {
        self.try_to_sign_in(browser, form, user, user).await
    }

    pub(crate) async fn try_to_sign_in(&self, browser: &mut Browser, form: &Page, user: &str, password: &str) -> Page {
        assert!(form.body.contains("name=\"password\""), "the sign-in form, not {}", form.body);
        let hidden = form.all_hidden();
        let mut fields: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend([("username", user), ("password", password)]);
        browser.submit(form.form_action().as_str(), &fields).await
    }

    /// Signs in at App A and returns its page.
    pub(crate) async fn sign_in_at_a(&self, browser: &mut Browser, user: &str) -> Page {
        let form = browser.open(&format!("{}/login", self.app_a)).await;
        let home = self.sign_in_at_provider(browser, &form, user).await;
        assert!(home.body.contains("data-session=\"signed-in\""), "signed in, not {}", home.body);
        home
    }

    /// What App B does in the browser: silent code flow with PKCE. Returns the token response.
    pub(crate) async fn sign_in_at_b(&self, browser: &mut Browser) -> Value {
        self.try_to_sign_in_at_b(browser).await.expect("a live session at the provider")
    }

    /// The token response, or the `error` of the authorization response.
    pub(crate) async fn try_to_sign_in_at_b(&self, browser: &mut Browser) -> Result<Value, String> {
        let code = self.code_for_b(browser).await?;
        Ok(self.exchange(&code).await.1)
    }

    /// App B's authorization request with this `prompt`.
    pub(crate) fn authorization_request_of_b(&self, prompt: &str) -> url::Url {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut url = url::Url::parse(&format!("{}/authorize", self.provider)).unwrap();
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", "app-b"),
            ("redirect_uri", &format!("{}/callback", self.app_b)),
            ("scope", "openid profile notes"),
            ("state", "s"),
            ("nonce", "n"),
            ("prompt", prompt),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        url
    }

    pub(crate) async fn code_for_b(&self, browser: &mut Browser) -> Result<String, String> {
        let answer = browser.open(self.authorization_request_of_b("none").as_str()).await;
        assert!(answer.url.as_str().starts_with(&self.app_b), "back at App B, not {}", answer.url.path());
        assert_eq!(answer.query("iss").as_ref(), Some(&self.provider), "CORE-05");
        assert_eq!(answer.query("state").as_deref(), Some("s"));
        answer.query("code").ok_or_else(|| answer.query("error").unwrap_or_default())
    }

    pub(crate) async fn exchange(&self, code: &str) -> (StatusCode, Value) {
        self.exchange_by(&client(), code).await
    }

    /// App B's token request, as it stands without a proof.
    pub(crate) fn token_request(&self, client: &reqwest::Client, code: &str) -> reqwest::RequestBuilder {
        let redirect_uri = format!("{}/callback", self.app_b);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", "app-b"),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        client.post(format!("{}/token", self.provider)).form(&form)
    }

    /// App B's token request, by this client.
    pub(crate) async fn exchange_by(&self, client: &reqwest::Client, code: &str) -> (StatusCode, Value) {
        let answer = self.token_request(client, code).send().await.unwrap();
        (answer.status(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    /// Calls App B's API.
    pub(crate) async fn call(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Answer {
        let request = client().request(method, format!("{}/api{path}", self.app_b)).bearer_auth(token);
        let request = match &body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        let answer = request.send().await.unwrap();
        Answer {
            status: answer.status(),
            headers: answer.headers().clone(),
            body: serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null),
        }
    }
}

const VERIFIER: &str = "a-code-verifier-of-more-than-forty-three-characters";

/// The API's answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

pub(crate) fn access_token(tokens: &Value) -> &str {
    tokens["access_token"].as_str().unwrap_or_else(|| panic!("no access token in {tokens}"))
}

/// A JWT's claims, unverified.
pub(crate) fn claims(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
