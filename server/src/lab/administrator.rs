//! `POST /api/administrator`: ends all sessions of a user, by the provider's endpoint for administrators' software
//! ([draft-parecki-oauth-global-token-revocation-06](https://datatracker.ietf.org/doc/html/draft-parecki-oauth-global-token-revocation-06)).

use app::lab::wire::{Administrator, Kind, Outcome, Place};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde_json::json;

use super::Lab;
use super::calls::{Told, ask};
use super::problem::Problem;

const SECTION: (&str, &str) = (
    "Global Token Revocation, draft 06, section 3",
    "https://datatracker.ietf.org/doc/html/draft-parecki-oauth-global-token-revocation-06#section-3",
);

pub(super) async fn post(
    State(lab): State<Lab>,
    body: Result<Json<Administrator>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(Administrator { user }) = body?;
    let provider = lab.0.started_with.provider.as_ref().ok_or(Problem::NotFound)?;
    let known = provider.users.iter().find(|known| known.username == user);
    let known = known.ok_or_else(|| Problem::Value("The demo has no user of this name.".to_owned()))?;
    let Some(email) = known.email.as_deref() else {
        let sentence = "The provider's endpoint finds users by their email address, and this one has none.";
        return Err(Problem::Value(sentence.to_owned()));
    };
    let tell = |outcome, label: String, carries| {
        let (from, to) = match outcome {
            Outcome::Done | Outcome::Refused => (Place::Provider, Place::Lab),
            _ => (Place::Lab, Place::Provider),
        };
        lab.tell(Told { from, to, kind: Kind::Revocation, outcome, label, carries, section: SECTION });
    };
    let subject = vec![("sub_id", format!("email {email}")), ("authentication", "client_secret_basic".to_owned())];
    tell(Outcome::Begun, format!("end all sessions of {user}"), subject);
    let config = &lab.0.config;
    let request = lab.0.http.post(format!("{}/global-token-revocation", provider.issuer.trim_end_matches('/')));
    let request = request
        .basic_auth(&config.administrator_id, Some(config.administrator_secret.secret()))
        .header(CONTENT_TYPE, "application/json")
        .body(json!({ "sub_id": { "format": "email", "email": email } }).to_string());
    let Some(answer) = ask(request).await else {
        tell(Outcome::Unreachable, "nobody answers".to_owned(), Vec::new());
        return Err(Problem::Unreachable("the provider"));
    };
    let status = vec![("status", answer.status.to_string())];
    if (200..300).contains(&answer.status) {
        tell(Outcome::Done, "revoked".to_owned(), status);
        Ok(StatusCode::NO_CONTENT)
    } else {
        tell(Outcome::Refused, format!("refused: {}", answer.status), status);
        Err(Problem::Refused("The provider", answer.status))
    }
}
