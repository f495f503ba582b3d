//! What an open tab of a single-page app does, as each answer has it.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use relying_party::Clock;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::figures::Call;
use super::provider::CLIENT;
use super::{Answer, Stage};
use crate::browser::{Browser, client};

const VERIFIER: &str = "a-code-verifier-of-more-than-forty-three-characters";
/// How long a stream may take to tell of a sign-out.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open tab whose user is signed in.
pub(crate) struct Tab {
    pub(crate) user: User,
    pub(crate) caller: Caller,
}

/// Who can sign out: the browser with the provider's cookie.
pub(crate) struct User {
    browser: Browser,
    end_session_request: Url,
}

/// Where the API is.
#[derive(Clone)]
pub(crate) struct Api {
    client: reqwest::Client,
    origin: String,
}

/// The part of the tab that calls the API.
pub(crate) struct Caller {
    answer: Answer,
    pub(crate) api: Api,
    token_endpoint: String,
    clock: Clock,
    renew_before: u64,
    access_token: String,
    refresh_token: Option<String>,
    /// Seconds since the Unix epoch.
    expires_at: u64,
    /// Whether the access token has not been used.
    unspent: bool,
}

/// What became of asking for a further token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    Renewed,
    /// The provider says that the session is over.
    Refused,
    /// Nobody answers.
    Unreachable,
}

impl Tab {
    /// Code flow with PKCE, with the provider's form.
    pub(crate) async fn sign_in(stage: &Stage, user: &str) -> Self {
        let mut browser = Browser::new();
        let callback = format!("{}/callback", stage.api);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut url = Url::parse(&format!("{}/authorize", stage.issuer)).unwrap();
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", &callback),
            ("scope", "openid profile"),
            ("state", "s"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let form = browser.open(url.as_str()).await;
        let hidden = form.all_hidden();
        let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
        fields.extend([("username", user), ("password", user)]);
        let back = browser.submit(form.form_action().as_str(), &fields).await;
        let code = back.query("code").expect("signed in");

        let token_endpoint = format!("{}/token", stage.issuer);
        let client = client();
        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("client_id", CLIENT),
            ("redirect_uri", &*callback),
            ("code_verifier", VERIFIER),
        ];
        let answer = client.post(&token_endpoint).form(&exchange).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let tokens: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let mut caller = Caller {
            answer: stage.answer,
            api: Api { client, origin: stage.api.clone() },
            token_endpoint,
            clock: stage.clock.clone(),
            renew_before: stage.renew_before,
            access_token: String::new(),
            refresh_token: None,
            expires_at: 0,
            unspent: false,
        };
        caller.take(&tokens);
        let mut end_session_request = Url::parse(&format!("{}/end_session", stage.issuer)).unwrap();
        end_session_request.query_pairs_mut().extend_pairs([
            ("id_token_hint", &*text(&tokens, "id_token").expect("an ID token")),
            ("post_logout_redirect_uri", &format!("{}/", stage.api)),
        ]);
        Self { user: User { browser, end_session_request }, caller }
    }
}

impl User {
    /// Goes to the provider (RP-Initiated Logout 1.0 section 2), and returns when its answer is there.
    pub(crate) async fn sign_out(&mut self) {
        let page = self.browser.send(Method::GET, self.end_session_request.as_str(), None).await;
        assert!(page.status == StatusCode::OK || page.status.is_redirection(), "{}: {}", page.status, page.body);
    }

    /// The same where the provider may be down: whether it answered.
    pub(crate) async fn try_to_sign_out(&mut self) -> bool {
        self.browser.try_to_open(self.end_session_request.as_str()).await.is_ok()
    }
}

fn text(tokens: &Value, name: &str) -> Option<String> {
    tokens[name].as_str().map(str::to_owned)
}

impl Caller {
    fn take(&mut self, tokens: &Value) {
        self.access_token = text(tokens, "access_token").expect("an access token");
        self.refresh_token = text(tokens, "refresh_token");
        self.expires_at = self.clock.now() + tokens["expires_in"].as_u64().expect("a lifetime");
        self.unspent = true;
    }

    pub(crate) fn access_token(&self) -> &str {
        &self.access_token
    }

    /// Gets the next tokens for the refresh token.
    pub(crate) async fn renew(&mut self) -> Renewal {
        let refresh_token = self.refresh_token.clone().expect("this answer renews");
        let form = [("grant_type", "refresh_token"), ("client_id", CLIENT), ("refresh_token", &*refresh_token)];
        let Ok(answer) = self.api.client.post(&self.token_endpoint).form(&form).send().await else {
            return Renewal::Unreachable;
        };
        let status = answer.status();
        let tokens: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        if status != StatusCode::OK {
            assert_eq!(tokens["error"], "invalid_grant");
            return Renewal::Refused;
        }
        self.take(&tokens);
        Renewal::Renewed
    }

    /// Gets what the next call needs: a token of its own, where each is good once.
    pub(crate) async fn prepare(&mut self) -> Renewal {
        if self.answer == Answer::OneTime && !self.unspent { self.renew().await } else { Renewal::Renewed }
    }

    /// Calls the API as the tab does.
    pub(crate) async fn call(&mut self) -> Call {
        if self.prepare().await != Renewal::Renewed {
            return Call::NoToken;
        }
        self.unspent = false;
        self.api.call(&self.access_token).await
    }

    /// What the tab does by itself when the clock has moved: whether its session is over now, as far as it knows.
    pub(crate) async fn tick(&mut self) -> bool {
        let now = self.clock.now();
        match self.answer {
            Answer::LongLived => now >= self.expires_at,
            Answer::ShortLived if now + self.renew_before >= self.expires_at => {
                self.renew().await == Renewal::Refused || now >= self.expires_at
            }
            // Idle, the others ask nobody.
            _ => false,
        }
    }
}

impl Api {
    fn get(&self, path: &str, token: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}/api/{path}", self.origin)).bearer_auth(token)
    }

    /// Calls what is behind the check.
    pub(crate) async fn call(&self, token: &str) -> Call {
        match read(self.get("guarded", token)).await {
            StatusCode::OK => Call::Served,
            status => Call::Refused(status.as_u16()),
        }
    }

    /// The same handler without a check.
    pub(crate) async fn call_open(&self, token: &str) {
        assert_eq!(read(self.get("open", token)).await, StatusCode::OK);
    }

    /// Opens the stream of this session's end, and returns when it is open.
    pub(crate) async fn listen(&self, token: &str) -> Stream {
        let mut answer = self.get("events", token).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let opened = answer.chunk().await.unwrap().expect("a comment at once");
        assert!(opened.starts_with(b":"));
        Stream(answer)
    }
}

async fn read(request: reqwest::RequestBuilder) -> StatusCode {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    answer.bytes().await.unwrap();
    status
}

/// An open stream.
pub(crate) struct Stream(reqwest::Response);

impl Stream {
    /// Waits for the session's end, and says when it was heard of.
    pub(crate) async fn ended(mut self) -> Instant {
        let chunk = tokio::time::timeout(PATIENCE, self.0.chunk()).await.expect("told in time").unwrap();
        assert!(chunk.is_some_and(|event| event.starts_with(b"event: sign-out")));
        Instant::now()
    }
}
