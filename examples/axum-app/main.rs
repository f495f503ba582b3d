//! A server-rendered axum app with sessions of its own, which has learnt to obey sign-outs. Run with
//!
//! ```text
//! ISSUER=http://localhost:4000 CLIENT_ID=axum-app CLIENT_SECRET=… cargo run -p axum-app
//! ```
//!
//! against a provider that knows it, such as the one in `docs/adopt.md`, where it has to register `http://127.0.0.1:5001/callback`, `/signed-out`, `/logout/back-channel` and `/logout/front-channel`.
//!
//! What the app had before stands in `before.rs`: pages, a sign-in, a table of sessions. What it takes to obey a sign-out is
//! this file, and each of its steps is marked.

mod before;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use relying_party::ledger::sqlite::{Admission, begin_session, delete_session, open_pool};
use relying_party::{
    Clock, FrontChannelRequest, RelyingParty, SessionRef, Settings, Standing, Trust, back_channel_endpoint, sse,
};
use sqlx::SqlitePool;
use tokio::signal::unix::{SignalKind, signal};

use before::{Config, SignedIn};

/// How long a session may live, in seconds: a sign-out is remembered as long.
const SESSION_LIFETIME: u64 = 8 * 60 * 60;

#[derive(Clone)]
struct App(Arc<Inner>);

struct Inner {
    config: Config,
    party: RelyingParty,
    pool: SqlitePool,
    logins: before::Logins,
}

/// The extractors of `relying-party` need to find it.
impl FromRef<App> for RelyingParty {
    fn from_ref(app: &App) -> Self {
        app.0.party.clone()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let config = Config::from_environment()?;
    std::fs::create_dir_all(&config.data)?;

    // Step 1: the relying party, over the database in which the app keeps its sessions.
    let pool = open_pool(&config.data.join("app.sqlite")).await?;
    let settings = Settings {
        session_lifetime: SESSION_LIFETIME,
        ..Settings::new(&config.issuer, &config.client_id, &config.data)
    };
    let party = RelyingParty::open(settings, pool.clone(), Clock::system()).await?;

    // Step 2: a session of the app hangs on the session index, so that an end deletes it in one transaction.
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS web_session (id TEXT PRIMARY KEY REFERENCES rp_session (local_id) ON DELETE CASCADE, \
         iss TEXT NOT NULL, sid TEXT, sub TEXT NOT NULL, auth_time INTEGER NOT NULL, name TEXT NOT NULL, \
         id_token TEXT NOT NULL, expires_at INTEGER NOT NULL)",
    )
    .execute(&pool)
    .await?;

    let listener = tokio::net::TcpListener::bind(config.listen).await?;
    let app = App(Arc::new(Inner { config, party: party.clone(), pool, logins: before::Logins::default() }));
    let router = Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/signed-out", get(async || Html(before::page("Signed out", "<p><a href=/login>Sign in</a></p>"))))
        // Step 3: the two ways in which the provider tells.
        .route("/logout/back-channel", back_channel_endpoint())
        .route("/logout/front-channel", get(front_channel))
        // Step 4: the user signs out here, and so everywhere.
        .route("/logout", post(logout))
        // Step 5: an open page hears of it.
        .route("/events", get(events))
        .route("/open-page.js", get(before::open_page_script))
        .route("/healthz", get(healthz))
        .with_state(app);
    let mut terminate = signal(SignalKind::terminate())?;
    let stopped = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        // Streams end with the relying party, so that nothing holds up the shutdown.
        party.shutdown().await;
    };
    Ok(axum::serve(listener, router).with_graceful_shutdown(stopped).await?)
}

async fn healthz(State(app): State<App>) -> StatusCode {
    if app.0.party.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// Every request reads the session from the table, and asks the ledger: what ended is gone from both.
async fn home(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failed> {
    Ok(match visitor(&app, &headers).await? {
        Some(SignedIn { name, .. }) => before::no_store(before::signed_in_page(&name)).into_response(),
        None => before::no_store(before::page("Welcome", "<p><a href=/login>Sign in</a></p>")).into_response(),
    })
}

async fn visitor(app: &App, headers: &HeaderMap) -> Result<Option<SignedIn>, Failed> {
    let Some(id) = before::session_cookie(headers) else { return Ok(None) };
    let Some(signed_in) = before::load(&app.0.pool, &id, app.0.party.clock().now()).await? else { return Ok(None) };
    // The row would be gone; this also covers a ledger that cannot be read, which is answered 503.
    Ok(matches!(app.0.party.check(&signed_in.session)?, Standing::Live).then_some(signed_in))
}

async fn login(State(app): State<App>) -> Result<Response, Failed> {
    Ok(app.0.logins.begin(&app.0.config, &app.0.party)?)
}

/// Step 6: a session comes into being in the transaction that checks that it has not ended meanwhile.
async fn callback(
    State(app): State<App>,
    headers: HeaderMap,
    axum::extract::Query(answer): axum::extract::Query<before::Answer>,
) -> Result<Response, Failed> {
    let signed_in = app.0.logins.finish(&app.0.config, &app.0.party, &headers, answer).await?;
    let (id, now) = (before::random(), app.0.party.clock().now());
    let expires_at = now + SESSION_LIFETIME;
    let mut transaction = app.0.pool.begin_with("BEGIN IMMEDIATE").await?;
    match begin_session(&mut transaction, &signed_in.session, &id, expires_at, now).await? {
        Admission::Admitted => {}
        Admission::Ended { .. } => return Ok(Redirect::to("/signed-out").into_response()),
    }
    before::insert(&mut transaction, &id, &signed_in, expires_at).await?;
    transaction.commit().await?;
    Ok((before::set_cookie(&id), Redirect::to("/")).into_response())
}

/// OpenID Connect Front-Channel Logout 1.0 section 2: by `iss` and `sid`, since a frame gets no cookies from other sites.
async fn front_channel(State(app): State<App>, request: FrontChannelRequest) -> Response {
    match app.0.party.end(&request.event(), Trust::Unsigned).await {
        Ok(_) => before::framed_by(&app.0.config.issuer, "Signed out"),
        Err(error) => error.into_response(),
    }
}

/// Our own session first, then the provider's (RP-Initiated Logout 1.0 section 2): it tells all other apps.
async fn logout(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failed> {
    if headers.get("sec-fetch-site").is_none_or(|site| site != "same-origin") {
        return Ok((StatusCode::FORBIDDEN, "This form was not sent by our own page.").into_response());
    }
    let Some((id, signed_in)) = before::session_cookie(&headers).zip(visitor(&app, &headers).await?) else {
        return Ok((before::no_cookie(), Redirect::to("/signed-out")).into_response());
    };
    delete_session(&mut *app.0.pool.acquire().await?, &id).await?;
    let metadata = app.0.party.metadata();
    let Some(mut url) = metadata.and_then(|metadata| metadata.end_session_endpoint.clone()) else {
        return Ok((before::no_cookie(), Redirect::to("/signed-out")).into_response());
    };
    url.query_pairs_mut()
        .append_pair("id_token_hint", &signed_in.id_token)
        .append_pair("client_id", &app.0.config.client_id)
        .append_pair("post_logout_redirect_uri", &app.0.config.url("/signed-out"));
    Ok((before::no_cookie(), Redirect::to(url.as_str())).into_response())
}

/// The stream of an open page: the one event on it is the end of its session.
async fn events(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failed> {
    Ok(match visitor(&app, &headers).await? {
        Some(SignedIn { session, .. }) => sse::sign_outs(&app.0.party, &session),
        None => before::already_ended(),
    })
}

/// What is not known is answered 503: never 200, and never as if the user had signed out.
struct Failed(Box<dyn std::error::Error + Send + Sync>);

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        tracing::error!(error = %self.0, "request");
        (StatusCode::SERVICE_UNAVAILABLE, before::page("Not now", "<p>Please try again in a moment.</p>"))
            .into_response()
    }
}

/// Whose session it is, as the ledger, the hub and the index know it.
fn session(iss: String, sid: Option<String>, sub: String, auth_time: u64) -> SessionRef {
    SessionRef { iss, sid, sub, auth_time }
}
