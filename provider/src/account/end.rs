use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::error::AccountError;
use super::{PATH, Visitor};
use crate::end_session::{Which, end_which};
use crate::http::{Params, see_other};
use crate::observation::{AccountAction, Observation};
use crate::state::Provider;

/// `POST /account/end`: ends one session of the user, all others, or all.
pub(crate) async fn end(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&provider, &headers, &body).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(provider: &Arc<Provider>, headers: &HeaderMap, body: &Bytes) -> Result<Response, AccountError> {
    let (visitor, params) = Visitor::of_form(provider, headers, body, &["csrf", "session", "which"]).await?;
    let which = parse_which(&params)?;
    let (session, sub) = (visitor.session.public_id.clone(), visitor.session.sub.clone());
    let ended = end_which(provider, visitor.session, which).await?;
    if ended.is_some() {
        let action = AccountAction::EndedSessions;
        provider.observe(|| Observation::AccountUsed { session: &session, sub: &sub, action });
    }
    // Nothing to end: it ended meanwhile, and the page shows what is left.
    Ok(ended.unwrap_or_else(|| see_other(PATH)))
}

fn parse_which(params: &Params) -> Result<Which, AccountError> {
    match (params.get("session"), params.get("which")) {
        (Some(session), None) => Ok(Which::One(session.to_owned())),
        (None, Some("others")) => Ok(Which::Others),
        (None, Some("all")) => Ok(Which::All),
        _ => Err(AccountError::Which),
    }
}
