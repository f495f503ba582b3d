//! `GET /api/runs`, `GET|PUT|DELETE /api/runs/{id}`: what was seen in the lab, kept in a folder of its own.

mod store;

use app::lab::wire::{Event, Run, RunHead};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::Lab;
use super::problem::Problem;
use store::RunId;
pub(super) use store::{LARGEST, Runs};

pub(super) async fn list(State(lab): State<Lab>) -> Result<Json<Vec<RunHead>>, Problem> {
    Ok(Json(lab.0.runs.list().await))
}

pub(super) async fn get(State(lab): State<Lab>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = RunId::parse(&id)?;
    let run = lab.0.runs.read(id).await?.ok_or(Problem::NotFound)?;
    Ok(([(CONTENT_TYPE, "application/json")], run).into_response())
}

pub(super) async fn put(
    State(lab): State<Lab>,
    Path(id): Path<String>,
    body: Result<Json<Run>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let id = RunId::parse(&id)?;
    let Json(run) = body?;
    if run.id != id.as_str() {
        return Err(Problem::Value("The run is of another id than its address.".to_owned()));
    }
    lab.0.runs.write(id, &run).await?;
    lab.0.events.add(&Event::Runs);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete(State(lab): State<Lab>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    if !lab.0.runs.remove(RunId::parse(&id)?).await? {
        return Err(Problem::NotFound);
    }
    lab.0.events.add(&Event::Runs);
    Ok(StatusCode::NO_CONTENT)
}
