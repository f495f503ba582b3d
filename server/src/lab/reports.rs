//! `POST /api/reports`: the parties of the demo say what they have seen.

use app::lab::wire::{Event, Report};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use subtle::ConstantTimeEq;

use super::Lab;
use super::problem::Problem;

/// The most reports in one request.
pub(super) const MOST_AT_ONCE: usize = 64;

/// The largest request, in bytes.
pub(super) const LARGEST: usize = 256 * 1024;

pub(super) async fn post(
    State(lab): State<Lab>,
    headers: HeaderMap,
    body: Result<Json<Vec<Report>>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let expected = format!("Bearer {}", lab.0.seams.secret());
    let given = headers.get(AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
    if !bool::from(expected.as_bytes().ct_eq(given)) {
        return Err(Problem::NotAParty);
    }
    let Json(reports) = body?;
    if reports.len() > MOST_AT_ONCE {
        return Err(Problem::Value(format!("At most {MOST_AT_ONCE} reports at once.")));
    }
    for report in reports.into_iter().filter(|report| !lab.0.thefts.explain(report)) {
        lab.0.events.add(&Event::Report(report));
    }
    Ok(StatusCode::NO_CONTENT)
}
