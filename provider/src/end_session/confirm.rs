use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::error::EndSessionError;
use super::finish::{end_and_finish, go_on};
use super::request::{EndSessionRequest, PARAMETERS};
use super::{named_by_hint, refuse};
use crate::audit::Cause;
use crate::http::{Browser, Params, form_body, require_same_origin};
use crate::observation::Observation;
use crate::pages::{NextStop, still_signed_in};
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::pending_sign_out;

/// `POST /end_session/confirm`: the answer to the question.
pub(crate) async fn confirm(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&provider, &headers, &body).await.unwrap_or_else(|error| refuse(&provider, error))
}

async fn answer(provider: &Arc<Provider>, headers: &HeaderMap, body: &Bytes) -> Result<Response, EndSessionError> {
    require_same_origin(headers, &provider.issuer)?;
    let params = Params::parse(form_body(headers, body)?, &["request", "csrf", "answer"])?;
    let signs_out = parse_answer(&params)?;
    let browser = Browser::of(&provider.cookies, headers)?;
    let handle = params.get("request").ok_or(EndSessionError::NoQuestion)?;
    if !browser.is_csrf_token(handle, params.get("csrf").unwrap_or_default()) {
        return Err(EndSessionError::Csrf);
    }

    let handle = Opaque::presented(handle);
    let mut tx = provider.store.begin().await?;
    let pending = pending_sign_out::take(&mut tx, handle.hash(), browser.hash(), provider.clock.now()).await?;
    let pending = pending.ok_or(EndSessionError::NoQuestion)?;
    // Checked again: the configuration may have changed.
    let request = EndSessionRequest::parse(&Params::parse(pending.form.as_bytes(), PARAMETERS)?, provider)?;
    let session = match provider.session(&mut tx, headers).await? {
        Some(session) => Some(session),
        None => named_by_hint(&mut tx, &request).await?,
    };
    let user = match &session {
        Some(session) => provider.user_of(&mut tx, &session.sub).await?,
        None => None,
    };
    tx.commit().await?;

    match session {
        Some(session) if session.id != pending.session_id => Err(EndSessionError::AnotherSession),
        Some(session) if !signs_out => {
            provider.observe(|| Observation::SignOutDeclined { session: &session.public_id });
            let username = user.as_ref().map_or("", |user| &user.username);
            Ok(still_signed_in(username, home(&request).as_ref()).into_response())
        }
        Some(session) => Ok(end_and_finish(provider, session, request.next, Cause::Question).await?),
        // It ended meanwhile; the user has answered, so going on is what they want. RPI-29
        None => Ok(go_on(provider, request.next.as_ref())),
    }
}

fn parse_answer(params: &Params) -> Result<bool, EndSessionError> {
    match params.get("answer") {
        Some("sign-out") => Ok(true),
        Some("stay") => Ok(false),
        _ => Err(EndSessionError::Answer),
    }
}

/// The way back to the app for somebody who stays signed in.
fn home(request: &EndSessionRequest) -> Option<NextStop> {
    let client = request.client.as_ref()?;
    let home = client.home.as_ref()?;
    Some(NextStop { url: home.url().clone(), name: client.name.clone() })
}
