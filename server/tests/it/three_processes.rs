//! The parties as processes of their own, started, killed and started again.

use std::ops::Deref;
use std::process::{Child, Stdio};

use reqwest::{Method, StatusCode};

use crate::browser::Browser;
use crate::cli::{port_base, server};
use crate::curfew::{Parties, access_token, claims, site};
use crate::sign_out::{assert_ended, sign_out_at_a, sign_out_at_b, signed_in};

/// `server provider`, `server app-a` and `server app-b`.
struct Processes {
    parties: Parties,
    port_base: u16,
    data: tempfile::TempDir,
    running: Vec<(&'static str, Child)>,
}

impl Deref for Processes {
    type Target = Parties;

    fn deref(&self) -> &Parties {
        &self.parties
    }
}

impl Processes {
    async fn start() -> Self {
        let port_base = port_base();
        let origin = |host: &str, offset: u16| format!("http://{host}:{}", port_base + offset);
        let parties =
            Parties { provider: origin("localhost", 0), app_a: origin("127.0.0.1", 1), app_b: origin("127.0.0.1", 2) };
        let data = tempfile::tempdir().unwrap();
        site(data.path());
        let mut processes = Self { parties, port_base, data, running: Vec::new() };
        // The apps before their provider: they start without it and wait.
        for role in ["app-a", "app-b", "provider"] {
            processes.spawn(role);
        }
        processes.until_all_healthy().await;
        processes
    }

    fn spawn(&mut self, role: &'static str) {
        let child = server(self.data.path())
            .args([role, "--port-base", &self.port_base.to_string(), "--site-dir", "site"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.running.push((role, child));
    }

    /// Kills without a warning, as `kill -9` does.
    fn kill(&mut self, role: &str) {
        let at = self.running.iter().position(|(running, _)| *running == role).unwrap();
        let (_, mut child) = self.running.swap_remove(at);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    async fn restart(&mut self, role: &'static str, origin: &str) {
        self.spawn(role);
        self.until_healthy(origin).await;
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for (_, child) in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[tokio::test]
async fn three_processes_behave_as_one() {
    let processes = Processes::start().await;
    let mut alice = signed_in(&processes, "alice").await;
    let bob = signed_in(&processes, "bob").await;
    sign_out_at_a(&processes, &mut alice.browser).await;
    assert_ended(&processes.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);

    let mut again = signed_in(&processes, "alice").await;
    sign_out_at_b(&processes, &mut again.browser, &again.tokens).await;
    assert!(again.browser.open(&processes.app_a).await.body.contains("data-session=\"signed-out\""));
    assert_eq!(processes.call(Method::GET, "/notes", access_token(&bob.tokens), None).await.status, StatusCode::OK);
}

/// What ended stays ended, and what did not stays, over a `kill -9` of each party.
#[tokio::test]
async fn a_restart_forgets_no_end_and_no_session() {
    let mut processes = Processes::start().await;
    let mut alice = signed_in(&processes, "alice").await;
    let mut bob = signed_in(&processes, "bob").await;
    sign_out_at_a(&processes, &mut alice.browser).await;

    for role in ["provider", "app-a", "app-b"] {
        processes.kill(role);
    }
    let origins = [processes.app_a.clone(), processes.app_b.clone(), processes.provider.clone()];
    // The apps' keys are on their disks, so they serve before the provider is back.
    processes.restart("app-a", &origins[0]).await;
    processes.restart("app-b", &origins[1]).await;

    assert_ended(&processes.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
    assert_eq!(processes.call(Method::GET, "/notes", access_token(&bob.tokens), None).await.status, StatusCode::OK);
    assert!(alice.browser.open(&processes.app_a).await.body.contains("data-session=\"signed-out\""));
    assert!(bob.browser.open(&processes.app_a).await.body.contains("data-session=\"signed-in\""));

    processes.restart("provider", &origins[2]).await;
    assert_eq!(processes.try_to_sign_in_at_b(&mut alice.browser).await.unwrap_err(), "login_required");
    let tokens = processes.sign_in_at_b(&mut bob.browser).await;
    let sid = |tokens: &serde_json::Value| claims(access_token(tokens))["sid"].clone();
    assert_eq!(sid(&tokens), sid(&bob.tokens), "the same session as before the restart");
}

/// An app without its provider starts, says that it is not ready, and shows a clear page.
#[tokio::test]
async fn an_app_without_its_provider_says_so() {
    let mut processes = Processes::start().await;
    processes.kill("provider");
    processes.kill("app-a");
    // Its copy of the keys is gone as well: a machine that has never seen the provider.
    std::fs::remove_dir_all(processes.data.path().join("curfew-data/app-a")).unwrap();
    processes.spawn("app-a");
    let mut browser = Browser::new();
    let login = loop {
        // Bounded by the test's own requests: each is refused at once until the listener is open.
        if let Ok(answer) = crate::browser::client().get(format!("{}/healthz", processes.app_a)).send().await {
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            break browser.open(&format!("{}/login", processes.app_a)).await;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(login.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(login.body.contains("role=\"alert\"") && login.body.contains("cannot be reached"), "{}", login.body);
    assert_eq!(browser.open(&processes.app_a).await.status, StatusCode::OK, "the start page needs no provider");

    processes.spawn("provider");
    processes.until_healthy(&processes.app_a).await;
    processes.sign_in_at_a(&mut browser, "alice").await;
}

/// A sign-out while the provider is down ends App A's own session, and says what it could not do.
#[tokio::test]
async fn a_sign_out_without_the_provider_says_what_is_missing() {
    let mut processes = Processes::start().await;
    let mut alice = signed_in(&processes, "alice").await;
    processes.kill("provider");
    let page = sign_out_at_a(&processes, &mut alice.browser).await;
    assert!(page.body.contains("other apps may still be signed in"), "{}", page.body);
    assert!(page.body.contains("data-testid=\"try-again\""), "{}", page.body);
    assert!(alice.browser.open(&processes.app_a).await.body.contains("data-session=\"signed-out\""));
    assert_eq!(processes.call(Method::GET, "/notes", access_token(&alice.tokens), None).await.status, StatusCode::OK);
}
