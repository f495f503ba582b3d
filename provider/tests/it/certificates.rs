//! Calls to apps over TLS, and which authorities they trust: `trusted_certificates_file`.

use std::path::PathBuf;

use provider::{Clock, ProviderConfig, ProviderState};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{TestApp, TestAuthority, TestProvider, config_registering, config_with, path};

/// A file with this text.
fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, text).unwrap();
    (folder, file)
}

/// With the certificates of this text beside the public authorities.
fn trusting(mut config: Value, pem: Option<&str>) -> (Value, Option<TempDir>) {
    let Some(pem) = pem else { return (config, None) };
    let (folder, file) = file(pem);
    config["trusted_certificates_file"] = json!(file);
    (config, Some(folder))
}

/// What is shown of this client after a sign-out, and what operators see of the attempt.
async fn told(provider: &TestProvider, client_id: &str, page: &crate::support::Answer) -> (String, String) {
    let outcome = page.outcomes().into_iter().find(|(client, _)| client == client_id).unwrap().1;
    provider.state.shutdown().await;
    (outcome, provider.stored("SELECT coalesce(max(last_error), '') FROM outbox").await)
}

/// What came of a sign-out for App B of the configuration, which is called at `name` and has a certificate for it.
async fn told_b(authority: &TestAuthority, name: &str, pem: Option<&str>) -> (String, String) {
    let b = TestApp::at(authority.listener_for(name).await, 200);
    let (config, _folder) = trusting(config_with(&[("app-b", b.back_channel())]), pem);
    let provider = TestProvider::with(config).await;
    let (mut browser, a) = provider.signed_in("alice").await;
    provider.visit(&mut browser, "app-b").await;
    let page = browser.get(&path("/end_session", &[("id_token_hint", a.id_token)])).await;
    told(&provider, "app-b", &page).await
}

/// The same for an app that has registered itself, which is called in another way.
async fn told_registered(authority: &TestAuthority, pem: Option<&str>) -> (String, String) {
    let app = TestApp::at(authority.listener_for("localhost").await, 200);
    let (config, _folder) = trusting(config_registering(json!({"danger_allow_loopback": true})), pem);
    let provider = TestProvider::with(config).await;
    let registered = provider.registered(&app.back_channel()).await;
    let (mut browser, a) = provider.signed_in("alice").await;
    registered.allowed_by(&mut browser, &[]).await;
    let page = browser.get(&path("/end_session", &[("id_token_hint", a.id_token)])).await;
    told(&provider, &registered.client_id, &page).await
}

/// BCL-07, and no app is told by whom anybody could have put in its place.
#[tokio::test]
async fn an_app_is_called_whose_authority_the_file_names() {
    let (authority, other) = (TestAuthority::new("one"), TestAuthority::new("another"));
    let both = format!("{}{}", other.pem, authority.pem);
    let ended = ("ended".to_owned(), String::new());
    assert_eq!(told_b(&authority, "localhost", Some(&authority.pem)).await, ended);
    assert_eq!(told_b(&authority, "localhost", Some(&both)).await, ended, "there may be several");
    assert_eq!(told_registered(&authority, Some(&authority.pem)).await, ended);

    let refused = [
        (told_b(&authority, "localhost", None).await, "UnknownIssuer"),
        (told_b(&authority, "localhost", Some(&other.pem)).await, "UnknownIssuer"),
        (told_b(&authority, "app.example.com", Some(&authority.pem)).await, "not valid for name"),
        (told_registered(&authority, None).await, "UnknownIssuer"),
    ];
    for ((outcome, error), why) in refused {
        assert_eq!(outcome, "pending", "{error}");
        assert!(error.contains(why) && error.contains("trusted_certificates_file"), "{error}");
    }
}

/// A file that cannot be used stops the start, and is named.
#[tokio::test]
async fn a_file_that_names_no_authority_stops_the_start() {
    let authority = TestAuthority::new("one");
    let key = "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n";
    let broken = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    for text in ["", "no certificate", key, broken, &format!("{}{broken}", authority.pem)] {
        let (_folder, file) = file(text);
        let error = start_with(&file).await;
        assert!(error.contains(&file.display().to_string()), "{text}: {error}");
        assert!(
            error.contains("trusted_certificates_file") && error.contains("certificates in PEM"),
            "{text}: {error}"
        );
    }
    let missing = tempfile::tempdir().unwrap().path().join("missing.pem");
    let error = start_with(&missing).await;
    assert!(error.contains(&missing.display().to_string()) && error.contains("No such file"), "{error}");
}

/// Why it does not start with this file.
async fn start_with(file: &std::path::Path) -> String {
    let mut config = crate::support::config();
    config["trusted_certificates_file"] = json!(file);
    let config: ProviderConfig = serde_json::from_value(config).unwrap();
    let data = tempfile::tempdir().unwrap();
    let opened = ProviderState::open(config, data.path(), "".into(), Clock::system()).await;
    opened.err().unwrap_or_else(|| panic!("it starts with {}", file.display())).to_string()
}
