use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::error::EndSessionError;
use super::outcome::ResultKind;
use crate::http::{Browser, Params};
use crate::offline_access;
use crate::pages::{NextStop, ResultPage};
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::logout::{self, LogoutResult};

/// The path of the page below.
pub(super) fn result_path(handle: &Opaque) -> String {
    format!("/end_session/result/{}", handle.as_str())
}

/// `GET /end_session/result/{handle}`: what became of the session at each app, as it is known now.
pub(crate) async fn result(
    State(provider): State<Arc<Provider>>,
    Path(handle): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    answer(&provider, &handle, &query, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(
    provider: &Provider,
    handle: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<Response, EndSessionError> {
    let params = Params::parse(query.as_bytes(), &["withdrawn"])?;
    let handle = Opaque::presented(handle);
    let mut conn = provider.store.read().await?;
    let found = logout::by_handle(&mut conn, handle.hash(), provider.clock.now()).await?;
    let found = found.ok_or(EndSessionError::NoResult)?;
    let apps = logout::all_apps(&mut conn, found.id).await?;
    let offline = match found.kind {
        ResultKind::Here => offline_access::apps(&mut conn, provider, &found.sub).await?,
        // Who is still signed in here has the account page for that.
        ResultKind::Elsewhere | ResultKind::Password => Vec::new(),
    };
    drop(conn);
    let withdrawn = params.get("withdrawn").and_then(|client_id| provider.registry.client(client_id));
    // An address says nothing of what is so.
    let withdrawn = withdrawn.filter(|client| offline.iter().all(|app| app.client_id != client.client_id));
    let browser = Browser::of(&provider.cookies, headers)?;
    let kind = found.kind;
    let next = next_stop(found);
    let page = ResultPage {
        kind,
        apps: &apps,
        offline: &offline,
        withdrawn: withdrawn.as_ref().map(|client| client.name.as_str()),
        access_token_seconds: provider.registry.lifetimes.access_token,
        result_path: &result_path(&handle),
        csrf_token: &browser.csrf_token(handle.as_str()),
        next: next.as_ref(),
    };
    let mut response = page.into_response();
    browser.attach(&provider.cookies, &mut response);
    Ok(response)
}

fn next_stop(found: LogoutResult) -> Option<NextStop> {
    // It was checked when it was recorded.
    let url = Url::parse(&found.return_to?).ok()?;
    Some(NextStop { url, name: found.return_to_name? })
}
