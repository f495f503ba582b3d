//! App B: the files of a single-page app, and the API that it calls with a bearer token.
//!
//! The API keeps its own record of ended sessions and asks nobody: every request passes the guard.

mod api;
mod back_channel;
mod front_channel;
mod notes;
mod silent;
mod site;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::{HeaderValue, StatusCode};
use axum::routing::{MethodRouter, any, get};
use relying_party::dpop::RandomError;
use relying_party::{Clock, Observation, Observers, RelyingParty, Settings};
use sqlx::SqlitePool;
use url::Url;

use crate::config::{AppBConfig, ConfigError, LogoutChannel};
use crate::get_only::get_only;
use crate::party::Inside;
use crate::{Party, StartError, assets, database, headers, told_by};

const NAME: &str = "app-b";

/// What App B's handlers need.
#[derive(Clone)]
pub(crate) struct AppB(Arc<Inner>);

struct Inner {
    config: AppBConfig,
    issuer: Url,
    relying_party: RelyingParty,
    pool: SqlitePool,
    clock: Clock,
    /// The page that starts the single-page app.
    index: String,
}

impl AppB {
    fn config(&self) -> &AppBConfig {
        &self.0.config
    }

    fn relying_party(&self) -> &RelyingParty {
        &self.0.relying_party
    }
}

impl FromRef<AppB> for RelyingParty {
    fn from_ref(app: &AppB) -> Self {
        app.relying_party().clone()
    }
}

/// Opens App B's database and makes its router; `site` is the folder of the built single-page app.
///
/// # Errors
/// A database that cannot be opened, or no built app; the provider need not be there.
pub async fn open(config: AppBConfig, data_dir: &Path, site: &Path) -> Result<Party, StartError> {
    open_at(config, data_dir, site, Clock::system()).await
}

/// [`open`] with a clock of the caller's.
///
/// # Errors
/// As [`open`].
pub async fn open_at(config: AppBConfig, data_dir: &Path, site: &Path, clock: Clock) -> Result<Party, StartError> {
    open_observed(config, data_dir, site, clock, Observers::default()).await
}

/// [`open_at`], with somebody who is told of what it does.
///
/// # Errors
/// As [`open`].
pub async fn open_observed(
    config: AppBConfig,
    data_dir: &Path,
    site: &Path,
    clock: Clock,
    observers: Observers,
) -> Result<Party, StartError> {
    let issuer = Url::parse(&config.issuer)
        .map_err(|error| ConfigError::Value { key: "[app_b] issuer", why: error.to_string() })?;
    site::require(site)?;
    let path = data_dir.join("app-b.sqlite");
    let pool = database::open(NAME, &path).await?;
    let settings = Settings {
        session_lifetime: config.session_lifetime,
        access_token_lifetime: config.access_token_lifetime,
        push: config.push,
        observers,
        ..Settings::new(&config.issuer, &config.client_id, data_dir)
    };
    let relying_party = RelyingParty::open(settings, pool.clone(), clock.clone())
        .await
        .map_err(|source| StartError::Party { party: NAME, source: Box::new(source) })?;
    database::migrate(NAME, &path, &pool, sqlx::migrate!("migrations/app_b")).await?;
    let index = site::index(&config);
    let app = AppB(Arc::new(Inner { config, issuer, relying_party, pool, clock, index }));
    let router =
        router(app.clone(), site).map_err(|source| StartError::Party { party: NAME, source: Box::new(source) })?;
    let announcing = told_by::announce(NAME, app.relying_party().clone(), app.config().logout_channels.clone());
    let inside = Inside::App(app.relying_party().clone());
    Ok(Party::new(NAME, inside, router, async move {
        announcing.abort();
        app.relying_party().shutdown().await;
        app.0.pool.close().await;
    }))
}

fn router(app: AppB, site: &Path) -> Result<Router, RandomError> {
    // Whatever is not an API path, a file or a channel is a page of the single-page app.
    let pages = headers::no_store(
        Router::new().route("/", get(site::page)).route("/callback/silent", get(silent::page)).fallback(site::page),
    );
    let channels = headers::no_store(channels(&app.config().logout_channels));
    let open = Router::new()
        .route("/healthz", get(healthz))
        .route("/assets/front-channel.js", get(crate::front_channel::script))
        .route("/assets/silent.js", get(silent::script))
        .route("/assets/icon.svg", get(assets::icon))
        .merge(site::files(site));
    let router = Router::new().nest("/api", api::router(&app)?).merge(channels).merge(open).merge(pages);
    Ok(headers::traced(headers::secure(router.with_state(app.clone()), move || content_security_policy(&app)), NAME))
}

/// What the page calls and frames of its provider need not be where the issuer is.
fn content_security_policy(app: &AppB) -> HeaderValue {
    let (issuer, metadata) = (&app.0.issuer, app.relying_party().metadata());
    let metadata = metadata.as_deref();
    let called = metadata.into_iter().flat_map(|metadata| {
        let optional = [&metadata.userinfo_endpoint, &metadata.revocation_endpoint].into_iter().flatten();
        std::iter::once(&metadata.token_endpoint).chain(optional)
    });
    let called = headers::sources(issuer, called);
    // The frame of a renewal begins at the provider and ends here.
    let frame_src = if app.config().renewal().renew == "iframe" {
        let framed = headers::sources(issuer, metadata.map(|metadata| &metadata.authorization_endpoint));
        format!("frame-src 'self' {framed}; ")
    } else {
        String::new()
    };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         connect-src 'self' {called}; {frame_src}base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types default"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
}

/// Where the provider tells this app of a sign-out. What the app is not to be told by is not found.
fn channels(served: &[LogoutChannel]) -> Router<AppB> {
    let serve = |channel: LogoutChannel, route: MethodRouter<AppB>| {
        if served.contains(&channel) { route } else { any(|| async { StatusCode::NOT_FOUND }) }
    };
    Router::new()
        .route("/logout/front-channel", serve(LogoutChannel::FrontChannel, get_only(front_channel::get)))
        .route("/logout/back-channel", serve(LogoutChannel::BackChannel, back_channel::route()))
}

async fn healthz(State(app): State<AppB>) -> StatusCode {
    if app.relying_party().is_ready() {
        return StatusCode::OK;
    }
    app.relying_party().observe(|| Observation::NotReady);
    StatusCode::SERVICE_UNAVAILABLE
}
