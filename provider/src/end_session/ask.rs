use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::error::EndSessionError;
use super::request::EndSessionRequest;
use crate::http::{Browser, Params, origin};
use crate::observation::Observation;
use crate::offline_access;
use crate::pages::QuestionPage;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::pending_sign_out::{self, Pending};
use crate::store::session::Session;
use crate::store::session_client::SessionClient;

/// How long the user has to answer, in seconds.
const LIFETIME: i64 = 10 * 60;

/// Asks the user. What was asked for stays here, so that the answer cannot change it. RPI-21, RPI-22
pub(super) async fn ask(
    provider: &Provider,
    request: &EndSessionRequest,
    params: &Params,
    session: &Session,
    reached: &[SessionClient],
    headers: &HeaderMap,
) -> Result<Response, EndSessionError> {
    let browser = Browser::of(&provider.cookies, headers)?;
    let handle = Opaque::random()?;
    let pending = Pending { session_id: session.id, form: params.to_form() };
    let mut tx = provider.store.begin().await?;
    let expires_at = provider.clock.now() + LIFETIME;
    pending_sign_out::insert(&mut tx, handle.hash(), browser.hash(), &pending, expires_at).await?;
    let user = provider.user_of(&mut tx, &session.sub).await?;
    let offline = offline_access::apps(&mut tx, provider, &session.sub).await?;
    tx.commit().await?;
    provider.observe(|| Observation::SignOutQuestioned { session: &session.public_id });

    let name = |app: &SessionClient| provider.registry.client(&app.client_id).map(|client| client.name.clone());
    let apps: Vec<String> = reached.iter().filter_map(name).collect();
    let page = QuestionPage {
        username: user.as_ref().map_or("a user who is no longer known here", |user| &user.username),
        client_name: request.client.as_ref().map(|client| client.name.as_str()),
        apps: &apps.iter().map(String::as_str).collect::<Vec<_>>(),
        offline: &offline,
        request: handle.as_str(),
        csrf_token: &browser.csrf_token(handle.as_str()),
        return_origin: request.next.as_ref().map(|next| origin(&next.url)),
    };
    let mut response = page.into_response();
    browser.attach(&provider.cookies, &mut response);
    Ok(response)
}
