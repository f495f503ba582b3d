//! The UserInfo endpoint (OpenID Connect Core 1.0 section 5.3): what the ID token does not say of the user.

use openidconnect::OAuth2TokenResponse;
use openidconnect::core::CoreTokenType;
use reqwest::StatusCode;
use reqwest::header::ACCEPT;
use serde_json::Value;
use url::Url;

use super::AppA;
use super::oidc::{self, HttpError, TokenResponse};
use super::problem::Problem;
use super::signed_in::SignedIn;

/// Why there is no answer that says anything.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("the access token is not a bearer token")]
    TokenType,
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("it answers {0}")]
    Status(StatusCode),
    /// Also a signed one: App A has not registered for that.
    #[error("its answer is not JSON")]
    NotJson,
}

/// Takes from the provider's answer the names that the ID token leaves out. Call it after the ID token is verified.
///
/// An answer about somebody else refuses the sign-in. None at all does not: who signs in stands in the ID token.
pub(super) async fn complete(app: &AppA, tokens: &TokenResponse, signed_in: &mut SignedIn) -> Result<(), Problem> {
    let metadata = app.relying_party().metadata();
    let Some(endpoint) = metadata.as_ref().and_then(|metadata| metadata.userinfo_endpoint.clone()) else {
        return Ok(());
    };
    let claims = match fetch(app, endpoint, tokens).await {
        Ok(claims) => claims,
        Err(why) => {
            tracing::warn!(party = "app-a", %why, "nothing from the UserInfo endpoint: the ID token has to do");
            return Ok(());
        }
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // Section 5.3.2: else the access token may be one that somebody has put in the place of the user's.
    if text("sub") != Some(signed_in.session.sub.as_str()) {
        return Err(Problem::WrongUser);
    }
    let fill = |known: &mut Option<String>, name| *known = known.take().or_else(|| text(name).map(str::to_owned));
    fill(&mut signed_in.username, "preferred_username");
    fill(&mut signed_in.name, "name");
    Ok(())
}

async fn fetch(app: &AppA, endpoint: Url, tokens: &TokenResponse) -> Result<Value, NoAnswer> {
    // RFC 6749 section 7.1: a token of a type that is not understood is not to be used.
    if *tokens.token_type() != CoreTokenType::Bearer {
        return Err(NoAnswer::TokenType);
    }
    let request =
        app.0.http.get(endpoint).bearer_auth(tokens.access_token().secret()).header(ACCEPT, "application/json");
    let response = request.send().await.map_err(HttpError::from)?;
    if response.status() != StatusCode::OK {
        return Err(NoAnswer::Status(response.status()));
    }
    serde_json::from_slice(&oidc::read(response).await?).map_err(|_| NoAnswer::NotJson)
}
