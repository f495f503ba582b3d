//! `GET /login`: off to the provider (OpenID Connect Core 1.0 section 3.1.2.1).

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use openidconnect::core::CoreResponseType;
use openidconnect::{AuthenticationFlow, CsrfToken, Nonce, PkceCodeChallenge, Scope};

use super::login_transaction::LoginTransaction;
use super::problem::Problem;
use super::{AppA, oidc};

/// State, nonce and PKCE verifier stay on this server; the browser gets a cookie that binds them to it.
pub(super) async fn get(State(app): State<AppA>, headers: HeaderMap) -> Result<Response, Problem> {
    let client = oidc::client(&app)?;
    let (challenge, pkce_verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let mut request =
        client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).set_pkce_challenge(challenge);
    for scope in &app.config().scopes {
        request = request.add_scope(Scope::new(scope.clone()));
    }
    let (url, state, nonce) = request.url();
    let transaction = LoginTransaction { nonce, pkce_verifier };
    let cookies = transaction.begin(&app, state.secret(), &headers).await?;
    Ok((cookies, Redirect::to(url.as_str())).into_response())
}
