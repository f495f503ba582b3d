//! `GET /login`: off to the provider (OpenID Connect Core 1.0 section 3.1.2.1).

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use openidconnect::core::CoreResponseType;
use openidconnect::{AuthenticationFlow, PkceCodeChallenge, Scope};

use super::problem::Problem;
use super::{AppA, oidc};

/// The browser gets a cookie that binds state, nonce and PKCE verifier to it.
pub(super) async fn get(State(app): State<AppA>, headers: HeaderMap) -> Result<Response, Problem> {
    let client = oidc::client(&app)?;
    let transaction = app.0.logins.begin(app.0.clock.now());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&transaction.pkce_verifier);
    let (state, nonce) = (transaction.state.clone(), transaction.nonce.clone());
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let mut request = client.authorize_url(flow, || state, || nonce).set_pkce_challenge(challenge);
    for scope in &app.config().scopes {
        request = request.add_scope(Scope::new(scope.clone()));
    }
    let (url, ..) = request.url();
    Ok((transaction.keep(&app, &headers), Redirect::to(url.as_str())).into_response())
}
