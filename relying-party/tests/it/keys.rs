//! Where the provider's keys come from: the provider, or the copy on disk.

use axum::http::StatusCode;
use relying_party::ledger::sqlite::open_pool;
use relying_party::provider::discover;
use relying_party::{Clock, FetchError, MetadataError, Refresh, RelyingParty};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::{Document, Fixture, NOW, StubProvider, TestKey, settings, soon};

#[tokio::test]
async fn metadata_and_keys_are_fetched_and_kept() {
    let fixture = Fixture::new().await;
    assert!(fixture.party.is_ready());
    let metadata = fixture.party.metadata().unwrap();
    assert_eq!(metadata.issuer, fixture.issuer());
    assert_eq!(metadata.raw["backchannel_logout_supported"], true);
    assert_eq!(fixture.party.jwks().unwrap().raw["keys"][0]["kid"], "k1");
}

/// A restart while the provider is down still verifies.
#[tokio::test]
async fn a_restart_without_the_provider_starts_from_the_copy() {
    let mut fixture = Fixture::new().await;
    // The copy is written before the next refresh answers.
    fixture.provider.rotate_to(TestKey::es256("k2"));
    assert_eq!(fixture.party.refresh_keys().await, Refresh::Fresh);
    fixture.provider.stop();
    fixture.restart().await;
    assert!(fixture.party.is_ready());
    assert_eq!(fixture.party.jwks().unwrap().raw["keys"][0]["kid"], "k2");
}

#[tokio::test]
async fn a_provider_that_comes_late_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let provider = StubProvider::start().await;
    let good = StubProvider::metadata(provider.issuer());
    provider.serve_metadata(Document::unavailable());
    let pool = open_pool(&folder.path().join("app.sqlite")).await.unwrap();
    let settings = settings(provider.issuer(), folder.path());
    let party = RelyingParty::open(settings, pool, Clock::manual(NOW)).await.expect("opening needs no provider");
    assert!(!party.is_ready());
    provider.serve_metadata(Document::json(&good));
    soon(party.until_ready()).await;
    assert!(party.is_ready());
    soon(party.shutdown()).await;
}

/// BCL-39: those who ask together share a fetch, and there are ten in 30 seconds. Between them nothing is known.
#[tokio::test]
async fn refreshes_share_one_fetch_and_cool_down() {
    let mut fixture = Fixture::new().await;
    let before = fixture.provider.jwks_requests();
    fixture.provider.rotate_to(TestKey::es256("k2"));
    let ask = || fixture.party.refresh_keys();
    assert_eq!(
        tokio::join!(ask(), ask(), ask(), ask()),
        (Refresh::Fresh, Refresh::Fresh, Refresh::Fresh, Refresh::Fresh)
    );
    assert_eq!(fixture.provider.jwks_requests(), before + 1);
    fixture.clock.advance(1);
    for _ in 0..9 {
        assert_eq!(ask().await, Refresh::Fresh);
    }
    assert_eq!(fixture.provider.jwks_requests(), before + 10);
    fixture.clock.advance(28);
    assert_eq!(ask().await, Refresh::NotAsked);
    assert_eq!(fixture.provider.jwks_requests(), before + 10);
    fixture.clock.advance(1);
    assert_eq!(ask().await, Refresh::Fresh);
    assert_eq!(ask().await, Refresh::NotAsked, "the other nine are a second younger");
    assert_eq!(fixture.provider.jwks_requests(), before + 11);
}

/// BCL-39: a machine that started with a wrong clock does not wait for days until a new key is looked for.
#[tokio::test]
async fn a_clock_that_is_set_back_ends_the_cool_down() {
    let mut fixture = Fixture::new().await;
    fixture.cool_down().await;
    fixture.provider.rotate_to(TestKey::es256("k2"));
    fixture.clock.set(NOW - 86_400);
    assert_eq!(fixture.party.refresh_keys().await, Refresh::Fresh);
    assert_eq!(fixture.party.jwks().unwrap().raw["keys"][0]["kid"], "k2");
    fixture.cool_down().await;
}

/// What cannot be used leaves the keys as they are.
#[tokio::test]
async fn a_failed_refresh_keeps_the_old_keys() {
    let fixture = Fixture::new().await;
    for document in [
        Document::unavailable(),
        Document::json(&json!({ "keys": [] })),
        Document { body: "<html>".into(), ..Document::json(&json!({})) },
        Document { body: format!("[{}]", " ".repeat(300_000)), ..Document::json(&json!({})) },
        Document {
            status: StatusCode::FOUND,
            body: String::new(),
            location: Some(format!("{}/.well-known/openid-configuration", fixture.issuer())),
        },
    ] {
        fixture.provider.serve_jwks(document);
        fixture.clock.advance(30);
        assert_eq!(fixture.party.refresh_keys().await, Refresh::Failed);
        assert_eq!(fixture.party.refresh_keys().await, Refresh::Failed, "nor is it fresh while it cools down");
        assert_eq!(fixture.party.jwks().unwrap().raw["keys"][0]["kid"], "k1");
    }
}

/// OpenID Connect Discovery 1.0 section 4.3
#[tokio::test]
async fn discovery_says_what_is_wrong() {
    let provider = StubProvider::start().await;
    discover(provider.issuer()).await.expect("good metadata");

    provider.serve_metadata(Document::json(&StubProvider::metadata("https://evil.example")));
    let error = discover(provider.issuer()).await.expect_err("another issuer");
    assert!(matches!(error, FetchError::Metadata(MetadataError::Issuer { found }) if found == "https://evil.example"));

    provider.serve_metadata(Document {
        status: StatusCode::MOVED_PERMANENTLY,
        body: String::new(),
        location: Some(format!("{}/jwks", provider.issuer())),
    });
    let error = discover(provider.issuer()).await.expect_err("a redirect");
    assert!(matches!(error, FetchError::Status { status: 301, .. }));

    provider.stop();
    let issuer = provider.issuer().to_owned();
    drop(provider);
    let text = soon(async {
        // Until the aborted server has let go of its port.
        loop {
            match discover(&issuer).await.map_err(|error| error.with_causes()) {
                Err(text) if text.contains("Connection refused") => return text,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    assert!(text.starts_with("the provider does not answer") && !text.contains(&issuer), "{text}");
}

/// A provider that takes the connection and then says nothing, or begins and never ends, is given up.
#[tokio::test]
async fn a_provider_that_hangs_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endless = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let (silent_issuer, endless_issuer) = (issuer(&silent), issuer(&endless));
    let server = tokio::spawn(async move {
        let (mut connection, _) = endless.accept().await.unwrap();
        // An answer before the request would be none.
        assert!(connection.read(&mut [0; 4096]).await.unwrap() > 0);
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
        std::future::pending::<()>().await;
    });
    let (no_answer, no_end) = soon(async { tokio::join!(discover(&silent_issuer), discover(&endless_issuer)) }).await;
    for result in [no_answer, no_end] {
        let error = result.expect_err("no metadata");
        assert!(matches!(&error, FetchError::Unreachable(cause) if cause.is_timeout()), "{error:?}");
    }
    server.abort();
}

/// BCL-39: nor does a refresh wait for it: a token of an unknown key is then answered 503, and not refused for good.
#[tokio::test]
async fn keys_that_never_come_are_a_failed_refresh() {
    let fixture = Fixture::new().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let jwks_uri = format!("http://{}/jwks", silent.local_addr().unwrap());
    let mut metadata = StubProvider::metadata(fixture.issuer());
    metadata["jwks_uri"] = json!(jwks_uri);
    fixture.provider.serve_metadata(Document::json(&metadata));
    let folder = tempfile::tempdir().unwrap();
    let pool = open_pool(&folder.path().join("app.sqlite")).await.unwrap();
    let settings = settings(fixture.issuer(), folder.path());
    let party = RelyingParty::open(settings, pool, Clock::manual(NOW)).await.unwrap();
    assert_eq!(soon(party.refresh_keys()).await, Refresh::Failed);
    assert!(!party.is_ready());
    soon(party.shutdown()).await;
}
