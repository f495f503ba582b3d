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
use super::calls::{PATIENCE, Told, ask};
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
    let token = token.to_owned();
    // Whoever asked may go away meanwhile: App B refuses all the same, and that is to be told as what it is.
    match tokio::spawn(steal(lab, token)).await {
        Ok(answered) => answered.map(Json),
        Err(_) => Err(Problem::Unreachable("App B")),
    }
}

async fn steal(lab: Lab, token: String) -> Result<StolenAnswer, Problem> {
    let app_b = lab.0.started_with.app_b.as_ref().ok_or(Problem::NotFound)?;
    let begun = now();
    lab.0.thefts.begin(begun);
    let answer = ask(lab.0.http.get(format!("{}/api/notes", app_b.origin)).bearer_auth(token)).await;
    lab.0.thefts.end(begun, now());
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
    Ok(StolenAnswer { status, reason: reason.map(str::to_owned) })
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
        // Longer is not waited for an answer, also where nobody says that it is over.
        times.push_back((at, at + PATIENCE.as_secs_f64() * 1_000.0));
    }

    fn end(&self, begun: Milliseconds, now: Milliseconds) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.iter_mut().filter(|(at, _)| *at == begun).for_each(|(_, until)| *until = now);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(at: Milliseconds) -> Report {
        Report {
            at,
            from: Place::Browser,
            to: Place::AppB,
            kind: Kind::Request,
            outcome: Outcome::Refused,
            label: String::new(),
            carries: Vec::new(),
            section: None,
        }
    }

    fn explained(thefts: &Thefts, times: &[Milliseconds]) -> Vec<bool> {
        times.iter().map(|at| thefts.explain(&refused(*at))).collect()
    }

    #[test]
    fn what_is_refused_to_the_thief_is_no_browsers_and_what_comes_later_is() {
        let thefts = Thefts::default();
        thefts.begin(1_000.0);
        assert_eq!(explained(&thefts, &[999.0, 1_000.0, 1_004.0]), [false, true, true]);
        thefts.end(1_000.0, 1_004.0);
        assert_eq!(explained(&thefts, &[1_000.0, 1_004.0, 1_004.1]), [true, true, false]);
        assert!(!thefts.explain(&Report { from: Place::Lab, ..refused(1_002.0) }));
    }

    #[test]
    fn a_theft_that_nobody_ends_hides_nothing_after_its_time() {
        let thefts = Thefts::default();
        thefts.begin(1_000.0);
        assert_eq!(explained(&thefts, &[6_000.0, 6_000.1, 90_000.0]), [true, false, false]);
    }
}
