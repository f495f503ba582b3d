//! Whatever has happened before, the end of all sessions of a user leaves no live credential of theirs, and ends nobody
//! else's.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{TestBrowser, TestProvider, Tokens, authorize, code_of, config_with, redirected};

const USERS: [&str; 2] = ["alice", "bob"];

/// What happens in one of the browsers, or at an app.
#[derive(Clone, Debug)]
enum Step {
    SignIn { browser: usize, user: usize },
    Visit { browser: usize, client_id: &'static str },
    Code { browser: usize },
    Refresh { nth: usize },
    Wait { seconds: u64 },
}

/// How all of alice's sessions end.
#[derive(Clone, Copy, Debug)]
enum End {
    Account,
    Administrator,
    Operator,
    Password,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4usize, 0..2usize).prop_map(|(browser, user)| Step::SignIn { browser, user }),
        3 => (0..4usize, prop_oneof![Just("app-a"), Just("app-b")])
            .prop_map(|(browser, client_id)| Step::Visit { browser, client_id }),
        1 => (0..4usize).prop_map(|browser| Step::Code { browser }),
        2 => (0..8usize).prop_map(|nth| Step::Refresh { nth }),
        1 => (1..600u64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Account), Just(End::Administrator), Just(End::Operator), Just(End::Password)]
}

fn config() -> Value {
    let renews = json!({"grant_types": ["authorization_code", "refresh_token"]});
    let mut config = config_with(&[("app-a", renews.clone()), ("app-b", renews)]);
    config["administrators"] = json!([{"id": "desk", "secret": "an-administrators-secret"}]);
    config["users"][0]["email"] = json!("alice@example.com");
    // Hashes that take no time.
    config["users"][1] = json!({"username": "bob", "name": "Bob", "password_hash": crate::support::cheap_hash("bob")});
    config
}

/// What an app holds, and whose it is.
struct Held {
    user: usize,
    client_id: &'static str,
    tokens: Tokens,
}

struct World {
    provider: TestProvider,
    browsers: Vec<(TestBrowser, Option<usize>)>,
    held: Vec<Held>,
    codes: Vec<(usize, String)>,
}

impl World {
    async fn new() -> Self {
        let provider = TestProvider::with(config()).await;
        let browsers = (0..6).map(|_| (provider.browser(), None)).collect();
        Self { provider, browsers, held: Vec::new(), codes: Vec::new() }
    }

    async fn sign_in(&mut self, n: usize, user: usize) {
        let (browser, signed_in) = &mut self.browsers[n];
        let page = browser.get(&authorize("app-a", &[("prompt", "login")])).await;
        let page = browser.follow(page).await;
        let answer = browser.fill_in(&page, USERS[user], USERS[user]).await;
        let tokens = self.provider.exchange("app-a", &code_of(&answer)).await;
        if let Some(before) = signed_in.replace(user).filter(|before| *before != user) {
            // The session of before has ended; which of its user's tokens those were is not what this is about.
            self.held.retain(|held| held.user != before);
            self.codes.retain(|(of, _)| *of != before);
        }
        self.held.push(Held { user, client_id: "app-a", tokens });
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::SignIn { browser, user } => self.sign_in(browser, user).await,
            Step::Visit { browser, client_id } => {
                let (browser, user) = &mut self.browsers[browser];
                let Some(user) = *user else { return };
                let tokens = self.provider.visit(browser, client_id).await;
                self.held.push(Held { user, client_id, tokens });
            }
            Step::Code { browser } => {
                let (browser, user) = &mut self.browsers[browser];
                let Some(user) = *user else { return };
                self.codes.push((user, code_of(&browser.get(&authorize("app-b", &[])).await)));
            }
            Step::Refresh { nth } => {
                let count = self.held.len().max(1);
                let Some(held) = self.held.get_mut(nth % count) else { return };
                let answer = self.provider.refresh(held.client_id, &held.tokens.answer).await;
                assert_eq!(answer.status, 200, "{}", answer.body);
                held.tokens.answer = serde_json::from_str(&answer.body).unwrap();
                held.tokens.access_token = held.tokens.answer["access_token"].as_str().unwrap().to_owned();
            }
            // Codes are good for a minute, access tokens for five: both are made anew where they are needed.
            Step::Wait { seconds } => {
                self.provider.clock.advance(seconds);
                self.codes.clear();
                for held in &mut self.held {
                    let answer = self.provider.refresh(held.client_id, &held.tokens.answer).await;
                    held.tokens.answer = serde_json::from_str(&answer.body).unwrap();
                    held.tokens.access_token = held.tokens.answer["access_token"].as_str().unwrap().to_owned();
                }
            }
        }
    }

    /// Ends all of alice's sessions; says which browser goes on all the same.
    async fn end(&mut self, end: End) -> Option<usize> {
        let hers = self.browsers.iter().position(|(_, user)| *user == Some(0)).unwrap();
        match end {
            End::Account => {
                self.browsers[hers].0.end_sessions(("which", "all")).await;
            }
            End::Administrator => {
                let headers = [
                    // desk:an-administrators-secret
                    ("authorization", "Basic ZGVzazphbi1hZG1pbmlzdHJhdG9ycy1zZWNyZXQ="),
                    ("content-type", "application/json"),
                ];
                let body = json!({"sub_id": {"format": "email", "email": "alice@example.com"}}).to_string();
                let answer = self.provider.browser().request("POST", "/global-token-revocation", &headers, body).await;
                assert_eq!(answer.status, 204, "{}", answer.body);
            }
            End::Operator => {
                let operator = self.provider.operator(config()).await;
                operator.end_sessions_of("alice", false).await.unwrap();
                operator.close().await;
            }
            End::Password => {
                let browser = &mut self.browsers[hers].0;
                let csrf = browser.get("/account").await.input("csrf");
                let new = "correct horse battery";
                let form = [("csrf", csrf.as_str()), ("current", "alice"), ("new", new), ("again", new)];
                assert_eq!(browser.submit("/account/password", &form).await.status, 303);
                return Some(hers);
            }
        }
        None
    }

    async fn check(mut self, goes_on: Option<usize>) {
        let sid = |tokens: &Tokens| crate::support::claims(&tokens.id_token)["sid"].clone();
        let mut goes_on_sids = Vec::new();
        for (n, (browser, user)) in self.browsers.iter_mut().enumerate() {
            let lives = *user == Some(1) || goes_on == Some(n);
            for client_id in ["app-a", "app-b"] {
                let answer = browser.get(&authorize(client_id, &[("prompt", "none")])).await;
                assert_eq!(redirected(&answer, "code").is_some(), lives, "browser {n} of {user:?}");
                if goes_on == Some(n) {
                    goes_on_sids.push(sid(&self.provider.exchange(client_id, &code_of(&answer)).await));
                }
            }
        }
        for (user, code) in &self.codes {
            let answer = self.provider.token("app-b", &[("code", code)]).await;
            assert!(answer.status == 200 || *user == 0, "a code of bob: {}", answer.body);
            if answer.status == 200 && *user == 0 {
                let answer: Value = serde_json::from_str(&answer.body).unwrap();
                let claims = crate::support::claims(answer["id_token"].as_str().unwrap());
                assert!(goes_on_sids.contains(&claims["sid"]), "a code of alice");
            }
        }
        for held in &self.held {
            let lives = held.user == 1 || goes_on_sids.contains(&sid(&held.tokens));
            let userinfo = self.provider.userinfo(&held.tokens.access_token).await.status == 200;
            let refresh = self.provider.refresh(held.client_id, &held.tokens.answer).await.status == 200;
            assert_eq!((userinfo, refresh), (lives, lives), "of {} at {}", USERS[held.user], held.client_id);
        }
        let operator = self.provider.operator(config()).await;
        let left = operator.sessions(Some("alice")).await.unwrap().unwrap().len();
        operator.close().await;
        assert_eq!(left, usize::from(goes_on.is_some()));
        self.provider.state.shutdown().await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// GTR-02, T-09, T-18
    #[test]
    fn the_end_of_all_sessions_leaves_nothing_of_the_user_and_everything_of_others(
        steps in prop::collection::vec(step(), 0..14),
        end in end(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in steps {
                world.step(step).await;
            }
            // At least these sessions, whatever has become of the others.
            for (browser, user) in [(0, 1), (1, 0), (4, 0), (5, 0)] {
                world.sign_in(browser, user).await;
            }
            let goes_on = world.end(end).await;
            world.check(goes_on).await;
        });
    }
}
