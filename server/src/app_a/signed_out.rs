//! `GET /signed-out`: where the provider sends the user back to (RP-Initiated Logout 1.0 section 3).

use app::app_a::SignedOut;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::AppA;
use super::login_transaction::read_cookie;
use super::logout::{end_session_endpoint, end_session_request, remember, state_cookie_name};
use super::signed_in::Visitor;
use crate::csrf::random_text;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Parameters {
    state: Option<String>,
    only: Option<String>,
}

/// Says what is known: everywhere, when the provider answered our own request; only here, when it could not be asked.
pub(super) async fn get(
    State(app): State<AppA>,
    visitor: Visitor,
    headers: HeaderMap,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
) -> Response {
    if visitor.signed_in().is_some() {
        // Somebody's link or an old entry of the history: this browser is signed in, whatever the address says.
        return Redirect::to("/").into_response();
    }
    let Query(parameters) = parameters.unwrap_or_default();
    if parameters.only.as_deref() == Some("provider-down") {
        // The session and its ID token are gone, so without a hint the provider will ask the user first.
        let state = random_text::<16>();
        let retry = end_session_endpoint(&app).map(|url| end_session_request(&app, url, None, &state).to_string());
        return (remember(&app, &state), Html(app::app_a::signed_out(SignedOut::ProviderDown { retry })))
            .into_response();
    }
    if parameters.only.is_some() {
        return Html(app::app_a::signed_out(SignedOut::OnlyHere)).into_response();
    }
    let asked = read_cookie(&headers, &state_cookie_name(&app));
    let view = match (&asked, &parameters.state) {
        (None, _) => SignedOut::Here,
        (Some(asked), Some(given)) if bool::from(asked.as_bytes().ct_eq(given.as_bytes())) => SignedOut::Everywhere,
        (Some(_), given) => {
            let given = if given.is_some() { "wrong" } else { "missing" };
            tracing::warn!(
                party = "app-a",
                logout.state = given,
                "the return from a sign-out is not the answer to ours"
            );
            SignedOut::Unconfirmed
        }
    };
    (remember(&app, ""), Html(app::app_a::signed_out(view))).into_response()
}
