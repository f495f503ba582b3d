//! The lab: shows each sign-in and sign-out of the demo as it happens, and switches that change the demo while it runs.
//!
//! It runs beside the parties in `server demo` only, on an origin of this machine. They report to it over HTTP, and nothing
//! depends on it.

mod administrator;
mod calls;
mod clock;
mod companion;
mod document;
mod events;
mod problem;
mod report;
mod reports;
mod runs;
mod seams;
mod state;
mod stolen;
mod switches;

use std::sync::Arc;

use app::lab::wire::Switches;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use events::EventLog;
use problem::Problem;
use runs::Runs;
pub(crate) use seams::Seams;
use stolen::Thefts;

use crate::config::{Config, LabConfig};
use crate::run::make_private_folder;
use crate::running::{Folders, Parties, missing};
use crate::{Party, StartError, assets, csrf, headers};

/// Its name in logs and of its data folder.
pub(crate) const NAME: &str = "lab";

/// The largest request body, in bytes, where an endpoint says nothing else.
const LARGEST_BODY: usize = 16 * 1024;

/// What the lab's handlers need.
#[derive(Clone)]
pub(crate) struct Lab(Arc<Inner>);

struct Inner {
    /// The configuration that the demo was started with.
    started_with: Config,
    config: LabConfig,
    seams: Seams,
    /// The parties, and how the switches stand for them: only one change is under way at a time.
    parties: Arc<Mutex<Parties>>,
    switches: std::sync::Mutex<Switches>,
    /// Whether its files are there.
    is_built: bool,
    events: EventLog,
    runs: Runs,
    thefts: Thefts,
    http: reqwest::Client,
    stop: CancellationToken,
}

/// Makes the lab's router; the parties are those of this process.
///
/// # Errors
/// A configuration without the three parties, or a data folder that cannot be used.
pub(crate) fn open(
    config: Config,
    seams: Seams,
    parties: Arc<Mutex<Parties>>,
    folders: &Folders,
    stop: CancellationToken,
) -> Result<Party, StartError> {
    let own = config.lab.clone().ok_or_else(|| missing(NAME))?;
    let switches = state::switches_of(&config)?;
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| StartError::Party { party: NAME, source };
    make_private_folder(NAME, &folders.data.join(NAME))?;
    let data = folders.data.join(NAME).join("runs");
    make_private_folder(NAME, &data)?;
    let runs = Runs::open(data.clone()).map_err(|source| StartError::DataDir { party: NAME, path: data, source })?;
    let http = calls::client().map_err(|source| failed(Box::new(source)))?;
    let lab = Lab(Arc::new(Inner {
        started_with: config,
        config: own,
        seams,
        parties,
        switches: std::sync::Mutex::new(switches),
        is_built: document::is_built(&folders.site),
        events: EventLog::new(),
        runs,
        thefts: Thefts::default(),
        http,
        stop,
    }));
    Ok(Party::beside(NAME, router(lab, folders)))
}

fn router(lab: Lab, folders: &Folders) -> Router {
    let run = get(runs::get).put(runs::put).delete(runs::delete).layer(DefaultBodyLimit::max(runs::LARGEST));
    let api = Router::new()
        .route("/state", get(state::get))
        .route("/clock", get(clock::get))
        .route("/switches", put(switches::put))
        .route("/events", get(events::get))
        .route("/administrator", post(administrator::post))
        .route("/stolen", post(stolen::post))
        .route("/runs", get(runs::list))
        .route("/runs/{id}", run);
    // Who sends these is no browser, and shows a secret.
    let parties = Router::new().route("/reports", post(reports::post).layer(DefaultBodyLimit::max(reports::LARGEST)));
    let api = api.layer(middleware::from_fn_with_state(lab.clone(), require_own_page)).merge(parties);
    let api = headers::no_store(api.fallback(problem::not_found).layer(DefaultBodyLimit::max(LARGEST_BODY)));
    let pages = headers::no_store(Router::new().route("/", get(document::get)).fallback(problem::not_found));
    let open = Router::new()
        .route("/healthz", get(|| async { StatusCode::OK }))
        .route("/assets/icon.svg", get(assets::icon))
        .merge(document::files(&folders.site));
    let router = Router::new().nest("/api", api).merge(open).merge(pages);
    let router = router.layer(middleware::from_fn_with_state(lab.clone(), require_own_host)).with_state(lab);
    headers::traced(headers::secure(router, || HeaderValue::from_static(document::POLICY)), NAME)
}

/// A page of another name that was made to lead to this machine (DNS rebinding) is same-origin with itself.
async fn require_own_host(State(lab): State<Lab>, request: Request, next: Next) -> Response {
    let own = lab.0.config.origin.to_string();
    let own = own.split_once("://").map_or("", |(_, authority)| authority);
    if request.headers().get(HOST).is_some_and(|host| host.as_bytes() == own.as_bytes()) {
        next.run(request).await
    } else {
        Problem::Host.into_response()
    }
}

/// What changes something comes from the lab's own page, as JSON, which no form of another page can send. What only looks
/// may be typed in as well; a stream that another page opens would take one from those that may be open.
async fn require_own_page(State(lab): State<Lab>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        let site = request.headers().get("sec-fetch-site");
        let foreign = site.is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"));
        return if foreign { Problem::Foreign.into_response() } else { next.run(request).await };
    }
    if csrf::require_same_origin(request.headers(), &lab.0.config.origin).is_err() {
        return Problem::Foreign.into_response();
    }
    let is_json = |value: &HeaderValue| value.as_bytes() == b"application/json";
    if *request.method() != Method::DELETE && !request.headers().get(CONTENT_TYPE).is_some_and(is_json) {
        return Problem::NotJson.into_response();
    }
    next.run(request).await
}
