//! `POST /api/stolen`: asks App B's API with a copy of a token, from another place, as a thief would. The token goes there
//! and nowhere else: it is neither kept nor logged nor reported.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use app::lab::wire::{Kind, Milliseconds, Outcome, Place, Report, Stolen, StolenAnswer};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde_json::Value;

use super::Lab;
use super::calls::{Told, ask};
use super::clock::now;
use super::problem::Problem;

const SECTION: (&str, &str) = ("RFC 6750, section 3.1", "https://www.rfc-editor.org/rfc/rfc6750#section-3.1");

/// The longest token, in bytes.
const LONGEST: usize = 8 * 1024;

/// What App B's API says of itself.
const REASONS: [&str; 4] = ["session_ended", "expired", "invalid", "proof"];

pub(super) async fn post(
    State(lab): State<Lab>,
    body: Result<Json<Stolen>, JsonRejection>,
) -> Result<Json<StolenAnswer>, Problem> {
    // What is wrong with the text is not repeated: the token may be in it.
    let Json(Stolen { token }) = body.map_err(|_| Problem::Value("Send {\"token\": \"…\"}.".to_owned()))?;
    let token = token.trim();
    if token.is_empty() || token.len() > LONGEST || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::Value("This is no access token: copy it whole, as App B shows it.".to_owned()));
    }
    let app_b = lab.0.started_with.app_b.as_ref().ok_or(Problem::NotFound)?;
    let begun = now();
    lab.0.thefts.begin(begun);
    let answer = ask(lab.0.http.get(format!("{}/api/notes", app_b.origin)).bearer_auth(token)).await;
    lab.0.thefts.end(begun);
    let tell = |outcome, label: String, carries| {
        let (from, to, kind) = (Place::Lab, Place::AppB, Kind::Request);
        lab.tell(Told { from, to, kind, outcome, label, carries, section: SECTION });
    };
    let Some(answer) = answer else {
        tell(Outcome::Unreachable, "GET /api/notes: nobody answers".to_owned(), Vec::new());
        return Err(Problem::Unreachable("App B"));
    };
    let status = answer.status;
    let reason = reason(&answer.body);
    let mut carries = vec![("authorization", "Bearer, a copied token".to_owned()), ("status", status.to_string())];
    carries.extend(reason.map(|reason| ("reason", reason.to_owned())));
    let outcome = if (200..300).contains(&status) { Outcome::Done } else { Outcome::Refused };
    let label = match reason {
        Some(reason) => format!("GET /api/notes: {status} {reason}"),
        None => format!("GET /api/notes: {status}"),
    };
    tell(outcome, label, carries);
    Ok(Json(StolenAnswer { status, reason: reason.map(str::to_owned) }))
}

/// When the lab's server asked App B: the app cannot know that it was no browser, and reports what it refused as one's.
#[derive(Default)]
pub(super) struct Thefts(Mutex<VecDeque<(Milliseconds, Milliseconds)>>);

impl Thefts {
    /// More than come between a request and its report.
    const REMEMBERED: usize = 32;

    fn begin(&self, at: Milliseconds) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if times.len() == Self::REMEMBERED {
            times.pop_front();
        }
        times.push_back((at, Milliseconds::INFINITY));
    }

    fn end(&self, begun: Milliseconds) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.iter_mut().filter(|(at, _)| *at == begun).for_each(|(_, until)| *until = now());
    }

    /// Whether a report tells what the lab tells itself.
    pub(super) fn explain(&self, report: &Report) -> bool {
        let is_one = report.kind == Kind::Request && report.from == Place::Browser && report.to == Place::AppB;
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        is_one && times.iter().any(|(begun, until)| (*begun..=*until).contains(&report.at))
    }
}

/// One of the words that the API has for it, never its text.
fn reason(body: &[u8]) -> Option<&'static str> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let given = body.get("reason")?.as_str()?;
    REASONS.into_iter().find(|reason| *reason == given)
}
