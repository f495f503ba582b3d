use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{get, post};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::{DefaultOnFailure, DefaultOnResponse, TraceLayer};
use tracing::Level;

use crate::http::{cors, security_headers, span};
use crate::state::{Provider, ProviderState};
use crate::{
    account, assets, authorize, check_session, consent, discovery, end_session, global_token_revocation, introspect,
    login, pages, registration, revoke, select_account, token, userinfo,
};

/// The largest form that is read, in bytes; ID tokens come as hints, and are longer than anything else.
const BODY_LIMIT: usize = 32 * 1024;
/// How long a request may take in all, its sender's slowness included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// All routes of the provider.
pub fn router(state: ProviderState) -> Router {
    let provider = state.0;
    let readable_across_origins = Router::new()
        .route("/.well-known/openid-configuration", get(discovery::configuration))
        .route("/jwks", get(discovery::jwks))
        .route("/token", post(token::post))
        .route("/revoke", post(revoke::post))
        .route("/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
        .layer(middleware::from_fn_with_state(Arc::clone(&provider), cors));

    // Where apps cannot register themselves, there is nothing.
    let registration = match &provider.registry.registration {
        Some(_) => Router::new()
            .route("/register", post(registration::post))
            .route("/register/{client_id}", get(registration::get).put(registration::put).delete(registration::delete))
            .layer(DefaultBodyLimit::max(registration::BODY_LIMIT)),
        None => Router::new(),
    };

    Router::new()
        .merge(readable_across_origins)
        .merge(registration)
        .route("/", get(pages::home))
        .route("/introspect", post(introspect::post))
        .route(
            "/global-token-revocation",
            post(global_token_revocation::post).layer(DefaultBodyLimit::max(global_token_revocation::BODY_LIMIT)),
        )
        .route("/authorize", get(authorize::get).post(authorize::post))
        .route("/login", get(login::get).post(login::post))
        .route("/select_account", get(select_account::get).post(select_account::post))
        .route("/consent", get(consent::get).post(consent::post))
        .route("/account", get(account::get))
        .route("/account/sign-in", post(account::sign_in))
        .route("/account/end", post(account::end))
        .route("/account/withdraw", post(account::withdraw))
        .route("/account/password", post(account::password))
        .route("/end_session", get(end_session::get).post(end_session::post))
        .route("/end_session/confirm", post(end_session::confirm))
        .route("/end_session/result/{handle}", get(end_session::result))
        .route("/end_session/result/{handle}/report", post(end_session::report))
        .route("/end_session/result/{handle}/withdraw", post(end_session::withdraw))
        .route("/check_session", get(check_session::get))
        .route("/assets/main.css", get(assets::stylesheet))
        .route("/assets/front-channel.js", get(assets::front_channel_script))
        .route("/assets/form-post.js", get(assets::form_post_script))
        .route("/assets/result.js", get(assets::result_script))
        .route("/assets/check-session.js", get(assets::check_session_script))
        .route("/assets/session-state.js", get(assets::session_state_script))
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
        .route("/healthz", get(healthz))
        .fallback(pages::not_found)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .layer(middleware::from_fn(security_headers))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_response(DefaultOnResponse::new().level(Level::DEBUG))
                .on_failure(DefaultOnFailure::new().level(Level::WARN)),
        )
        .with_state(provider)
}

/// 200 when the provider can serve.
async fn healthz(State(provider): State<Arc<Provider>>) -> (StatusCode, &'static str) {
    match provider.store.check().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::error!(%error, "the store does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
    }
}
