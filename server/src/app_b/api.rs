//! `/api/*`: what a bearer token opens. The guard in front answers 401, 403 and 503; no handler sees a request that it
//! has not let through.

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use relying_party::dpop::RandomError;
use relying_party::{Authenticated, Guard, RelyingParty, session_endpoint, sse};
use serde::Deserialize;
use serde_json::json;

use super::AppB;
use super::notes::{self, NoteError};
use crate::headers;

/// The largest request body, in bytes: a note of 500 characters has at most 3,000 as JSON with escapes.
const LARGEST_BODY: usize = 8 * 1024;

/// # Errors
/// The machine has no randomness.
pub(super) fn router(app: &AppB) -> Result<Router<AppB>, RandomError> {
    let guard = Guard::new(app.relying_party().clone(), app.config().audience.as_str())
        .prove_possession(app.config().origin.to_string())?;
    let notes = Router::new()
        .route("/notes", get(list).post(add))
        .route("/notes/{id}", delete(remove))
        .layer(guard.clone().require_scope("notes"));
    let session = Router::new()
        .route("/me", get(me))
        .route("/session", session_endpoint())
        .route("/sign-out", post(sign_out))
        .route("/events", get(events))
        .layer(guard);
    Ok(headers::no_store(notes.merge(session).fallback(not_found).layer(DefaultBodyLimit::max(LARGEST_BODY))))
}

async fn list(State(app): State<AppB>, caller: Authenticated) -> Result<Response, ApiError> {
    let notes = notes::list(&app.0.pool, &caller.session).await?;
    Ok(Json(json!({ "notes": notes })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewNote {
    text: String,
}

async fn add(
    State(app): State<AppB>,
    caller: Authenticated,
    body: Result<Json<NewNote>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(NewNote { text }) = body?;
    let note = notes::add(&app.0.pool, &caller.session, &text, app.0.clock.now()).await?;
    Ok((StatusCode::CREATED, Json(note)).into_response())
}

async fn remove(
    State(app): State<AppB>,
    caller: Authenticated,
    id: Result<Path<i64>, axum::extract::rejection::PathRejection>,
) -> Result<StatusCode, ApiError> {
    let Path(id) = id.map_err(|_| NoteError::NotFound)?;
    notes::remove(&app.0.pool, &caller.session, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who the token says is calling.
async fn me(caller: Authenticated) -> Response {
    let session = &caller.session;
    Json(json!({ "sub": session.sub, "auth_time": session.auth_time, "scope": caller.claims.scope })).into_response()
}

/// App B's own sign-out: this access token is refused from now on. What ends the session is the provider's word.
async fn sign_out(State(relying_party): State<RelyingParty>, caller: Authenticated) -> Response {
    // The guard takes only tokens with an identifier.
    let jti = caller.claims.jti.unwrap_or_default();
    match relying_party.revoke_token(&jti, caller.claims.exp).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => error.into_response(),
    }
}

/// The stream lives as long as the session, not as long as the token; it carries sign-outs only.
async fn events(State(relying_party): State<RelyingParty>, caller: Authenticated) -> Response {
    sse::sign_outs(&relying_party, &caller.session)
}

async fn not_found() -> Response {
    let body = json!({ "error": "not_found", "error_description": "there is no such path in this API" });
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

/// What the API answers when it cannot do what it is asked.
enum ApiError {
    Note(NoteError),
    Body(JsonRejection),
}

impl From<NoteError> for ApiError {
    fn from(error: NoteError) -> Self {
        Self::Note(error)
    }
}

impl From<JsonRejection> for ApiError {
    fn from(error: JsonRejection) -> Self {
        Self::Body(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, error, description) = match self {
            Self::Note(NoteError::Empty | NoteError::TooLong) => {
                (StatusCode::BAD_REQUEST, "invalid_request", "a note has between 1 and 500 characters")
            }
            Self::Note(NoteError::TooMany) => {
                (StatusCode::CONFLICT, "too_many_notes", "delete a note first: a user has at most 1000")
            }
            Self::Note(NoteError::NotFound) => (StatusCode::NOT_FOUND, "not_found", "you have no such note"),
            Self::Note(NoteError::Database(error)) => {
                tracing::error!(party = "app-b", %error, "the notes cannot be read or written");
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "nothing was changed; try again")
            }
            Self::Body(rejection) => {
                (rejection.status(), "invalid_request", "send {\"text\": \"…\"} as application/json, at most 8 KiB")
            }
        };
        (status, Json(json!({ "error": error, "error_description": description }))).into_response()
    }
}
