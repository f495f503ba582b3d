use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Answer, TestBrowser, TestProvider, VERIFIER, authorize, code_of, config};

/// An app that has registered itself.
pub(crate) struct Registered {
    pub(crate) client_id: String,
    pub(crate) access_token: String,
    /// What it was answered.
    pub(crate) information: Value,
}

/// Where such apps are sent back to.
pub(crate) const CALLBACK: &str = "https://app.example.com/callback";

/// The configuration of the other tests, with registration switched on in this way.
pub(crate) fn config_registering(how: Value) -> Value {
    let mut config = config();
    config["dynamic_registration"] = how;
    config
}

impl TestProvider {
    /// A registration request.
    pub(crate) async fn register(&self, metadata: &Value) -> Answer {
        self.registering("POST", "/register", "", Some(metadata)).await
    }

    /// A request to an endpoint of registrations.
    pub(crate) async fn registering(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("content-type", "application/json")];
        if !token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        self.browser().request(method, path, &headers, body.map_or_else(String::new, Value::to_string)).await
    }

    /// An app that registers, with these members besides.
    pub(crate) async fn registered(&self, members: &Value) -> Registered {
        let mut metadata = json!({"client_name": "Notes", "redirect_uris": [CALLBACK]});
        metadata.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let answer = self.register(&metadata).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let information: Value = serde_json::from_str(&answer.body).unwrap();
        Registered {
            client_id: information["client_id"].as_str().unwrap().to_owned(),
            access_token: information["registration_access_token"].as_str().unwrap().to_owned(),
            information,
        }
    }

    /// A request to the app's own registration.
    pub(crate) async fn manage(&self, method: &str, app: &Registered, body: Option<&Value>) -> Answer {
        self.registering(method, &format!("/register/{}", app.client_id), &app.access_token, body).await
    }
}

impl Registered {
    /// The path of an authorization request of this app, with changes.
    pub(crate) fn authorize(&self, changes: &[(&str, &str)]) -> String {
        let mut all = vec![("redirect_uri", self.callback()), ("scope", "openid profile")];
        all.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        all.extend(changes);
        authorize(&self.client_id, &all)
    }

    fn callback(&self) -> &str {
        self.information["redirect_uris"][0].as_str().unwrap()
    }

    /// The user, who is signed in, goes to the app and allows what it asks for; gives the code.
    pub(crate) async fn allowed_by(&self, browser: &mut TestBrowser, changes: &[(&str, &str)]) -> String {
        let answer = browser.get(&self.authorize(changes)).await;
        let page = browser.follow(answer).await;
        code_of(&browser.consent(&page, "allow").await)
    }

    /// A token request by `client_secret_basic`.
    pub(crate) async fn token(&self, provider: &TestProvider, form: &[(&str, &str)]) -> Answer {
        let secret = self.information["client_secret"].as_str().unwrap();
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{secret}", self.client_id)));
        provider.browser().send("POST", "/token", &[("authorization", &basic)], Some(form)).await
    }

    /// The app exchanges a code.
    pub(crate) async fn exchange(&self, provider: &TestProvider, code: &str) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.callback()),
            ("code_verifier", VERIFIER),
        ];
        self.token(provider, &form).await
    }
}
