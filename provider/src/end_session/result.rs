use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::error::EndSessionError;
use crate::pages::{NextStop, ResultPage};
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::logout::{self, LogoutResult};

/// The path of the page below.
pub(super) fn result_path(handle: &Opaque) -> String {
    format!("/end_session/result/{}", handle.as_str())
}

/// `GET /end_session/result/{handle}`: what became of the session at each app, as it is known now.
pub(crate) async fn result(State(provider): State<Arc<Provider>>, Path(handle): Path<String>) -> Response {
    answer(&provider, &handle).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(provider: &Provider, handle: &str) -> Result<Response, EndSessionError> {
    let handle = Opaque::presented(handle);
    let mut conn = provider.store.read().await?;
    let found = logout::by_handle(&mut conn, handle.hash(), provider.clock.now()).await?;
    let found = found.ok_or(EndSessionError::NoResult)?;
    let apps = logout::apps(&mut conn, found.id).await?;
    let next = next_stop(found);
    Ok(ResultPage { apps: &apps, next: next.as_ref() }.into_response())
}

fn next_stop(found: LogoutResult) -> Option<NextStop> {
    // It was checked when it was recorded.
    let url = Url::parse(&found.return_to?).ok()?;
    Some(NextStop { url, name: found.return_to_name? })
}
