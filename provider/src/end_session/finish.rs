//! What the user gets to see at the end, and where they go.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::back_channel::{Attempt, tell};
use super::commit::{Ended, FirstAttempt, NewLogout, end, tell_observers};
use super::decide::Notification;
use super::outcome::{Outcome, ResultKind};
use super::request::EndSessionRequest;
use super::result::result_path;
use crate::audit::Cause;
use crate::error::InternalError;
use crate::http::{BrowserState, see_other};
use crate::observation::{AppOutcome, Observation, SignOutAnswer};
use crate::offline_access;
use crate::pages::{Frame, FrontChannelPage, NextStop, SignedOutPage};
use crate::state::Provider;
use crate::store::logout::{self, LogoutApp};
use crate::store::session::Session;

/// How long the page waits for a frame, in milliseconds.
const FRAME_PATIENCE: u32 = 2000;
/// The same for an app at which nobody listens.
const REFUSED_FRAME_PATIENCE: u32 = 500;

/// Ends the session, tells the apps, and answers. In a task of its own: a browser that goes away does not stop it between
/// the two.
pub(super) async fn end_and_finish(
    provider: &Arc<Provider>,
    session: Session,
    next: Option<NextStop>,
    cause: Cause,
) -> Result<Response, InternalError> {
    let task = {
        let provider = Arc::clone(provider);
        async move { end_and_tell(&provider, &session, next, cause).await }
    };
    provider.spawn(task).await?
}

async fn end_and_tell(
    provider: &Arc<Provider>,
    session: &Session,
    next: Option<NextStop>,
    cause: Cause,
) -> Result<Response, InternalError> {
    let mut tx = provider.store.begin().await?;
    let logout = NewLogout {
        cause,
        channels: provider.channels,
        kind: ResultKind::Here,
        next: next.clone(),
        first_attempt: FirstAttempt::Caller,
    };
    let ended = end(&mut tx, provider, session, logout, provider.clock.now()).await?;
    tx.commit().await?;
    match ended {
        Some(ended) => {
            tell_observers(provider, ended.sessions());
            tell_and_show(provider, &ended, &session.sub).await
        }
        None => Ok(go_on(provider, next.as_ref())),
    }
}

/// Tells the apps, and shows what came of it in the browser whose session was the first of those that ended.
pub(super) async fn tell_and_show(
    provider: &Arc<Provider>,
    ended: &Ended,
    sub: &str,
) -> Result<Response, InternalError> {
    let attempts = tell(provider, &ended.entries).await;
    let mut conn = provider.store.read().await?;
    let apps = logout::apps(&mut conn, ended.logout_id).await?;
    let offline = offline_access::apps(&mut conn, provider, sub).await?;
    drop(conn);
    let shown = show(ended, &apps, &attempts, !offline.is_empty());
    observe(provider, ended, &apps, &shown, offline.len());
    Ok(signed_out(provider, shown.response))
}

/// What the browser gets.
struct Shown {
    response: Response,
    answer: SignOutAnswer,
    /// The apps whose frames are in it.
    framed: Vec<String>,
}

impl Shown {
    fn without_frames(answer: SignOutAnswer, response: Response) -> Self {
        Self { response, answer, framed: Vec::new() }
    }

    fn outcome_of<'a>(&self, app: &'a LogoutApp) -> AppOutcome<'a> {
        AppOutcome { client: &app.client_id, outcome: app.outcome, framed: self.framed.contains(&app.client_id) }
    }
}

fn observe(provider: &Provider, ended: &Ended, apps: &[LogoutApp], shown: &Shown, keep_access: usize) {
    if provider.observers.is_empty() {
        return;
    }
    let apps: Vec<AppOutcome<'_>> = apps.iter().map(|app| shown.outcome_of(app)).collect();
    provider.observe(|| Observation::SignOutAnswered {
        sign_out: ended.logout_id,
        answer: shown.answer,
        apps: &apps,
        keep_access,
    });
}

/// RPI-30: straight back when every app is known to have ended; otherwise through the page with the frames. Where an app
/// keeps access, the result comes before the way back, so that the user learns of it.
fn show(ended: &Ended, apps: &[LogoutApp], attempts: &HashMap<String, Attempt>, some_keep_access: bool) -> Shown {
    let result_path = result_path(&ended.handle);
    let next = ended.next.as_ref().filter(|_| !some_keep_access);
    if apps.iter().all(|app| app.outcome == Outcome::Ended) {
        return match next {
            Some(next) => Shown::without_frames(SignOutAnswer::Back, see_other(next.url.as_str())),
            None => Shown::without_frames(SignOutAnswer::Result, see_other(&result_path)),
        };
    }
    let is_open = |notification: &&Notification| {
        apps.iter().any(|app| app.client_id == notification.client_id && app.outcome != Outcome::Ended)
    };
    let frame = |notification: &Notification| {
        let patience_ms = match attempts.get(&notification.client_id) {
            Some(Attempt::Refused) => REFUSED_FRAME_PATIENCE,
            _ => FRAME_PATIENCE,
        };
        Some(Frame {
            client_id: notification.client_id.clone(),
            name: notification.name.clone(),
            url: notification.frame.clone()?,
            patience_ms,
        })
    };
    let frames: Vec<Frame> = ended.first_notifications().iter().filter(is_open).filter_map(frame).collect();
    Shown {
        response: FrontChannelPage { apps, frames: &frames, result_path: &result_path, next }.into_response(),
        answer: SignOutAnswer::Frames,
        framed: frames.into_iter().map(|frame| frame.client_id).collect(),
    }
}

/// There is no session. RPI-33: that is no error. RPI-29: without a hint the user goes back by a click of their own.
pub(super) fn already_signed_out(provider: &Provider, request: &EndSessionRequest) -> Response {
    provider.observe(|| Observation::NothingToEnd);
    match &request.hint {
        Some(_) => go_on(provider, request.next.as_ref()),
        None => signed_out(provider, SignedOutPage { next: request.next.as_ref() }.into_response()),
    }
}

/// On to the app, if that is where the user comes from.
pub(super) fn go_on(provider: &Provider, next: Option<&NextStop>) -> Response {
    let response = match next {
        Some(next) => see_other(next.url.as_str()),
        None => SignedOutPage { next: None }.into_response(),
    };
    signed_out(provider, response)
}

/// Takes the cookie away, whose session is over, and lets the apps' frames know. SM-17
fn signed_out(provider: &Provider, mut response: Response) -> Response {
    if let Some(cookie) = provider.cookies.clear_session() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    match BrowserState::renewed() {
        Ok(browser_state) => browser_state.attach(&provider.cookies, &mut response),
        // The sign-out is committed, and every other channel tells of it.
        Err(error) => tracing::error!(%error, "the browser state is not renewed"),
    }
    response
}
