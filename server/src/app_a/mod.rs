//! App A: a server-rendered relying party with the authorization code flow.
//!
//! A browser's session lives in SQLite and exists only while its entry in the session index does, so the transaction that
//! records a sign-out also deletes the sessions it ends. Every request consults the ledger besides.

mod back_channel;
mod callback;
mod events;
mod front_channel;
mod home;
mod login;
mod login_transaction;
mod logout;
mod oidc;
mod problem;
mod session;
mod session_store;
mod signed_in;
mod signed_out;
mod userinfo;

use std::path::Path;
use std::sync::Arc;

use axum::extract::FromRef;
use axum::http::{HeaderValue, StatusCode};
use axum::routing::{MethodRouter, any, get, post};
use axum::{Router, extract::State};
use relying_party::{Clock, Observation, Observers, RelyingParty, Settings};
use sqlx::SqlitePool;
use tower_sessions::SessionManagerLayer;
use tower_sessions::cookie::SameSite;
use url::Url;

use crate::config::{AppAConfig, ConfigError, LogoutChannel};
use crate::get_only::get_only;
use crate::party::Inside;
use crate::{Party, StartError, assets, database, headers, told_by};
use login_transaction::Logins;
pub use session_store::WebSessionStore;

const NAME: &str = "app-a";

/// What App A's handlers need.
#[derive(Clone)]
pub(crate) struct AppA(Arc<Inner>);

struct Inner {
    config: AppAConfig,
    issuer: Url,
    relying_party: RelyingParty,
    pool: SqlitePool,
    http: reqwest::Client,
    clock: Clock,
    logins: Logins,
}

impl AppA {
    fn config(&self) -> &AppAConfig {
        &self.0.config
    }

    fn relying_party(&self) -> &RelyingParty {
        &self.0.relying_party
    }

    /// The name of a cookie of this app: cookies ignore ports, so the name carries party and port.
    fn cookie_name(&self, suffix: &str) -> String {
        let prefix = if self.config().origin.is_https() { "__Host-" } else { "" };
        format!("{prefix}curfew-a-{}{suffix}", self.config().origin.port())
    }
}

impl FromRef<AppA> for RelyingParty {
    fn from_ref(app: &AppA) -> Self {
        app.relying_party().clone()
    }
}

/// Opens App A's database and makes its router.
///
/// # Errors
/// A database that cannot be opened; the provider need not be there.
pub async fn open(config: AppAConfig, data_dir: &Path) -> Result<Party, StartError> {
    open_at(config, data_dir, Clock::system()).await
}

/// [`open`] with a clock of the caller's.
///
/// # Errors
/// As [`open`].
pub async fn open_at(config: AppAConfig, data_dir: &Path, clock: Clock) -> Result<Party, StartError> {
    open_observed(config, data_dir, clock, Observers::default()).await
}

/// [`open_at`], with somebody who is told of what it does.
///
/// # Errors
/// As [`open`].
pub async fn open_observed(
    config: AppAConfig,
    data_dir: &Path,
    clock: Clock,
    observers: Observers,
) -> Result<Party, StartError> {
    let issuer = Url::parse(&config.issuer)
        .map_err(|error| ConfigError::Value { key: "[app_a] issuer", why: error.to_string() })?;
    let path = data_dir.join("app-a.sqlite");
    let pool = database::open(NAME, &path).await?;
    let settings = Settings {
        algorithms: config.algorithms(),
        session_lifetime: config.session_lifetime,
        push: config.push,
        observers,
        ..Settings::new(&config.issuer, &config.client_id, data_dir)
    };
    let relying_party = RelyingParty::open(settings, pool.clone(), clock.clone()).await.map_err(failed)?;
    database::migrate(NAME, &path, &pool, sqlx::migrate!("migrations/app_a")).await?;
    let http = relying_party::provider::client().map_err(failed)?;
    let logins = Logins::open(&pool).await.map_err(failed)?;
    let app = AppA(Arc::new(Inner { config, issuer, relying_party, pool, http, clock, logins }));
    let router = router(app.clone());
    let announcing = told_by::announce(NAME, app.relying_party().clone(), app.config().logout_channels.clone());
    let inside = Inside::App(app.relying_party().clone());
    Ok(Party::new(NAME, inside, router, async move {
        announcing.abort();
        app.relying_party().shutdown().await;
        app.0.pool.close().await;
    }))
}

fn failed(source: impl std::error::Error + Send + Sync + 'static) -> StartError {
    StartError::Party { party: NAME, source: Box::new(source) }
}

fn router(app: AppA) -> Router {
    let origin = &app.config().origin;
    let sessions = SessionManagerLayer::new(WebSessionStore::new(app.0.pool.clone(), app.0.clock.clone()))
        .with_name(app.cookie_name(""))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(origin.is_https())
        .with_path("/");
    // Whoever signs out, the browser's pages depend on its session, and none of them may be stored.
    let pages = headers::no_store(
        Router::new()
            .route("/", get(home::get))
            .route("/login", get(login::get))
            .route("/callback", get_only(callback::get))
            .route("/logout", post(logout::post))
            .route("/signed-out", get(signed_out::get))
            .route("/events", get(events::get))
            .route("/session", get(session::get))
            .layer(sessions),
    );
    // The provider calls these; they know no cookie.
    let channels = headers::no_store(channels(&app.config().logout_channels));
    let open = Router::new()
        .route("/healthz", get(healthz))
        .route("/assets/main.css", get(assets::stylesheet))
        .route("/assets/icon.svg", get(assets::icon))
        .route("/assets/app-a/main.js", get(|| async { assets::script(include_str!("tab/main.js")) }))
        .route("/assets/app-a/stream.js", get(|| async { assets::script(include_str!("tab/stream.js")) }))
        .route("/assets/app-a/wake.js", get(|| async { assets::script(include_str!("tab/wake.js")) }))
        .route("/assets/front-channel.js", get(crate::front_channel::script));
    let router = pages.merge(channels).merge(open).fallback(problem::not_found);
    headers::traced(headers::secure(router.with_state(app.clone()), move || content_security_policy(&app)), NAME)
}

/// Chromium applies `form-action` to the redirects after a post, and signing out redirects to the provider.
fn content_security_policy(app: &AppA) -> HeaderValue {
    let metadata = app.relying_party().metadata();
    let end_session = metadata.as_ref().and_then(|metadata| metadata.end_session_endpoint.as_ref());
    let provider = headers::sources(&app.0.issuer, end_session);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
         form-action 'self' {provider}; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
}

/// Where the provider tells this app of a sign-out. What the app is not to be told by is not found.
fn channels(served: &[LogoutChannel]) -> Router<AppA> {
    let serve = |channel: LogoutChannel, route: MethodRouter<AppA>| {
        if served.contains(&channel) { route } else { any(|| async { StatusCode::NOT_FOUND }) }
    };
    Router::new()
        .route("/logout/front-channel", serve(LogoutChannel::FrontChannel, get_only(front_channel::get)))
        .route("/logout/back-channel", serve(LogoutChannel::BackChannel, back_channel::route()))
}

async fn healthz(State(app): State<AppA>) -> StatusCode {
    if app.relying_party().is_ready() {
        return StatusCode::OK;
    }
    app.relying_party().observe(|| Observation::NotReady);
    StatusCode::SERVICE_UNAVAILABLE
}
