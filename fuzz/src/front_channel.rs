//! The query of a `frontchannel_logout_uri`, as the extractor reads it.

use std::sync::LazyLock;

use axum::extract::FromRequestParts as _;
use axum::http::{Request, Uri};
use relying_party::{Channel, Clock, FrontChannelRequest, LogoutEvent, RelyingParty, Settings};
use sqlx::sqlite::SqlitePoolOptions;
use tokio::runtime::{Builder, Runtime};
use url::form_urlencoded::{Serializer, parse};

/// Nobody listens there, and nobody has to.
const ISSUER: &str = "http://127.0.0.1:9";
const NOW: u64 = 1_800_000_000;
const LONGEST_SID: usize = 512;

struct App {
    runtime: Runtime,
    party: RelyingParty,
}

static APP: LazyLock<App> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let party = runtime.block_on(async {
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.expect("a database");
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings::new(ISSUER, "app-b", folder.path());
        let party = RelyingParty::open(settings, pool, Clock::manual(NOW)).await.expect("a relying party");
        // Parsing needs none of its background tasks.
        party.shutdown().await;
        party
    });
    App { runtime, party }
});

/// Any query: it is taken only with one `iss`, the provider, and one `sid`.
pub fn front_channel(data: &[u8]) {
    let Ok(query) = str::from_utf8(data) else { return };
    let Some(event) = event(query) else { return };
    assert_eq!((event.iss.as_str(), event.channel, event.not_before), (ISSUER, Channel::FrontChannel, NOW));
    assert_eq!(event.sub, None, "nobody signed it: it must not end all sessions of a user");
    let sid = event.sid.as_deref().expect("a sid");
    assert!(!sid.is_empty() && sid.len() <= LONGEST_SID && !sid.chars().any(char::is_control));

    let uri = uri(query).expect("it was one before");
    let named =
        |wanted: &str| parse(uri.query().unwrap_or_default().as_bytes()).filter(|(name, _)| name == wanted).count();
    assert_eq!((named("iss"), named("sid")), (1, 1), "which of two is meant, nobody can know");

    let anew = Serializer::new(String::new()).append_pair("iss", &event.iss).append_pair("sid", sid).finish();
    assert_eq!(self::event(&anew).as_ref(), Some(&event));
    assert_eq!(self::event(&format!("{anew}&sid=s2")), None);
}

fn event(query: &str) -> Option<LogoutEvent> {
    let (mut parts, ()) = Request::get(uri(query)?).body(()).ok()?.into_parts();
    let request = APP.runtime.block_on(FrontChannelRequest::from_request_parts(&mut parts, &APP.party));
    Some(request.ok()?.event())
}

fn uri(query: &str) -> Option<Uri> {
    format!("/logout/front-channel?{query}").parse().ok()
}
