//! Tokens of App B that are bound to a key, from the provider to the API.

use relying_party::dpop::{Key, Request};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::browser::{Browser, client};
use crate::curfew::{Curfew, access_token, claims};
use crate::sign_out::sign_out_at_a;

/// As App B does it in a browser: the nonce of each server is kept, and asked for where it is not known.
struct Holder {
    key: Key,
    nonce: Option<String>,
}

impl Holder {
    fn new() -> Self {
        Self { key: Key::generate().unwrap(), nonce: None }
    }

    fn prove(&self, method: &str, url: &str, access_token: Option<&str>) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        self.key.prove(&Request { method, url, access_token, nonce: self.nonce.as_deref(), now }).unwrap()
    }

    async fn exchange(&mut self, curfew: &Curfew, code: &str) -> Value {
        let url = format!("{}/token", curfew.provider);
        loop {
            let proof = self.prove("POST", &url, None);
            let answer = curfew.token_request(&client(), code).header("dpop", proof).send().await.unwrap();
            let is_first = self.nonce.replace(nonce(&answer)).is_none();
            let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
            if body["error"] != "use_dpop_nonce" || !is_first {
                return body;
            }
        }
    }

    /// Status and `reason` of the API's answer.
    async fn call(&mut self, curfew: &Curfew, token: &str) -> (StatusCode, Value) {
        let url = format!("{}/api/notes", curfew.app_b);
        // The provider's nonce is not the API's.
        self.nonce = None;
        loop {
            let proof = self.prove("GET", &url, Some(token));
            let request = client().get(&url).header("authorization", format!("DPoP {token}")).header("dpop", proof);
            let answer = request.send().await.unwrap();
            let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
            let is_first = self.nonce.replace(nonce(&answer)).is_none();
            let status = answer.status();
            let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
            if !challenge.is_some_and(|challenge| challenge.contains("use_dpop_nonce")) || !is_first {
                return (status, body["reason"].clone());
            }
        }
    }
}

fn nonce(answer: &Response) -> String {
    answer.headers()["dpop-nonce"].to_str().unwrap().to_owned()
}

/// A token that was copied from App B's storage is worth nothing without the key, and with it only until the sign-out.
#[tokio::test]
async fn a_bound_token_is_good_for_the_holder_of_its_key_until_the_session_ends() {
    let curfew = Curfew::start().await;
    let mut browser = Browser::new();
    curfew.sign_in_at_a(&mut browser, "alice").await;
    let code = curfew.code_for_b(&mut browser).await.unwrap();
    let mut holder = Holder::new();
    let tokens = holder.exchange(&curfew, &code).await;
    let token = access_token(&tokens);
    assert_eq!(
        (&tokens["token_type"], &claims(token)["cnf"]["jkt"]),
        (&"DPoP".into(), &holder.key.thumbprint().into())
    );
    assert_eq!(holder.call(&curfew, token).await.0, StatusCode::OK);

    let copied = curfew.call(reqwest::Method::GET, "/notes", token, None).await;
    assert_eq!((copied.status, &copied.body["reason"]), (StatusCode::UNAUTHORIZED, &"proof".into()));
    assert_eq!(Holder::new().call(&curfew, token).await, (StatusCode::UNAUTHORIZED, "proof".into()));
    assert_eq!(holder.call(&curfew, token).await.0, StatusCode::OK, "nothing that the thief did counts");

    sign_out_at_a(&curfew, &mut browser).await;
    assert_eq!(holder.call(&curfew, token).await, (StatusCode::UNAUTHORIZED, "session_ended".into()));
    let copied = curfew.call(reqwest::Method::GET, "/notes", token, None).await;
    assert_eq!(copied.body["reason"], "session_ended");
    curfew.stop().await;
}
