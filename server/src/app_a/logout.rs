//! `POST /logout`: end our own session, then ask the provider to end everything (RP-Initiated Logout 1.0 section 2).

use std::time::Duration;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use relying_party::Observation;
use serde::Deserialize;
use tower_sessions::cookie::{Cookie, SameSite, time::Duration as CookieDuration};
use url::Url;

use super::AppA;
use super::problem::Problem;
use super::signed_in::Visitor;
use crate::csrf::{random_text, require_same_origin};
use crate::traces;

/// How long the user may take at the provider, in seconds.
const RETURN_WITHIN: i64 = 600;

#[derive(Deserialize)]
pub(super) struct LogoutForm {
    #[serde(default)]
    csrf: String,
}

pub(super) async fn post(
    State(app): State<AppA>,
    visitor: Visitor,
    headers: HeaderMap,
    form: Result<Form<LogoutForm>, FormRejection>,
) -> Result<Response, Problem> {
    require_same_origin(&headers, &app.config().origin)?;
    let Some(signed_in) = visitor.signed_in() else { return Ok(Redirect::to("/signed-out").into_response()) };
    // A form that cannot be read has no token.
    signed_in.csrf.check(&form.map_or_else(|_| String::new(), |Form(form)| form.csrf))?;
    let (hint, session) = (signed_in.id_token.clone(), signed_in.session.clone());
    visitor.sign_out().await?;
    app.relying_party().observe(|| Observation::SignedOut { session: (&session).into() });

    let Some(end_session) = end_session_endpoint(&app) else {
        return Ok(Redirect::to("/signed-out?only=this-app").into_response());
    };
    if !answers(&app).await {
        return Ok(Redirect::to("/signed-out?only=provider-down").into_response());
    }
    let state = random_text::<16>();
    let mut url = end_session_request(&app, end_session, Some(&hint), &state);
    // A redirect has no headers, and providers ignore parameters that they do not know (section 2).
    url.query_pairs_mut().extend_pairs(traces::traceparent().map(|traceparent| ("traceparent", traceparent)));
    Ok((remember(&app, &state), Redirect::to(url.as_str())).into_response())
}

pub(super) fn end_session_endpoint(app: &AppA) -> Option<Url> {
    app.relying_party().metadata()?.end_session_endpoint.clone()
}

/// The URL of the request; with the hint the provider need not ask the user.
pub(super) fn end_session_request(app: &AppA, mut endpoint: Url, hint: Option<&str>, state: &str) -> Url {
    let back = app.config().origin.with_path("/signed-out");
    endpoint
        .query_pairs_mut()
        .extend_pairs(hint.map(|hint| ("id_token_hint", hint)))
        .append_pair("client_id", &app.config().client_id)
        .append_pair("post_logout_redirect_uri", &back)
        .append_pair("state", state);
    endpoint
}

/// Whether the provider is there at all: any answer will do. Asked only when a user signs out.
async fn answers(app: &AppA) -> bool {
    let url = format!("{}/.well-known/openid-configuration", app.config().issuer.trim_end_matches('/'));
    let patience = Duration::from_millis(app.config().provider_patience_ms);
    let probe = app.0.http.get(url).timeout(patience);
    let probe = traces::traceparent().into_iter().fold(probe, |probe, here| probe.header("traceparent", here));
    probe.send().await.is_ok()
}

pub(super) fn state_cookie_name(app: &AppA) -> String {
    app.cookie_name("-logout")
}

/// The cookie by which `/signed-out` knows its own request's `state`.
pub(super) fn remember(app: &AppA, state: &str) -> AppendHeaders<[(axum::http::HeaderName, String); 1]> {
    let cookie = Cookie::build((state_cookie_name(app), state.to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.config().origin.is_https())
        .max_age(CookieDuration::seconds(if state.is_empty() { 0 } else { RETURN_WITHIN }));
    AppendHeaders([(SET_COOKIE, cookie.to_string())])
}
