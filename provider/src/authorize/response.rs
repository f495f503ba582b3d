use std::fmt;

use axum::response::{IntoResponse, Response};
use url::{Url, form_urlencoded};

use super::checks::Target;
use super::error::{AuthorizationError, AuthorizeFailure};
use super::response_mode::ResponseMode;
use crate::http::see_other;
use crate::pages::FormPostPage;
use crate::secret::Opaque;
use crate::token::DirectTokens;

/// What the app is told, and how it travels there. It does not print, because a code may be in it.
pub(crate) struct AuthorizationResponse {
    redirect_uri: Url,
    client_name: String,
    mode: ResponseMode,
    parameters: Vec<(&'static str, String)>,
}

impl Target {
    /// The response that hands over a code (RFC 6749 section 4.1.2), with `iss` (RFC 9207 section 2).
    pub(crate) fn success(&self, code: &Opaque, issuer: &str) -> AuthorizationResponse {
        self.response(vec![("code", code.as_str().to_owned())], issuer)
    }

    /// The response that hands over the tokens themselves (OpenID Connect Core 1.0 section 3.2.2.5).
    pub(crate) fn tokens(&self, tokens: DirectTokens, issuer: &str) -> AuthorizationResponse {
        self.response(tokens.into_parameters(), issuer)
    }

    /// The response that says why there is none (RFC 6749 section 4.1.2.1).
    pub(crate) fn refuse(&self, error: &AuthorizationError, issuer: &str) -> AuthorizeFailure {
        tracing::info!(client.id = self.client.client_id, error = %error, "authorization request refused");
        let parameters = vec![("error", error.code().to_owned()), ("error_description", error.to_string())];
        AuthorizeFailure::Response(Box::new(self.response(parameters, issuer)))
    }

    /// [Session Management 1.0 section 2](https://openid.net/specs/openid-connect-session-1_0.html#CreatingUpdatingSessions)
    fn session_state(&self) -> String {
        self.browser_state.session_state(&self.client.client_id, &self.redirect_uri.origin())
    }

    fn response(&self, mut parameters: Vec<(&'static str, String)>, issuer: &str) -> AuthorizationResponse {
        parameters.push(("iss", issuer.to_owned()));
        // SM-01, SM-02: after the sign-in, after a refusal alike.
        parameters.push(("session_state", self.session_state()));
        parameters.extend(self.state.clone().map(|state| ("state", state)));
        AuthorizationResponse {
            redirect_uri: self.redirect_uri.url().clone(),
            client_name: self.client.name.clone(),
            mode: self.response_mode,
            parameters,
        }
    }
}

impl IntoResponse for AuthorizationResponse {
    fn into_response(self) -> Response {
        let mut url = self.redirect_uri;
        match self.mode {
            ResponseMode::Query => {
                url.query_pairs_mut().extend_pairs(&self.parameters);
                see_other(url.as_str())
            }
            ResponseMode::Fragment => {
                let fragment = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.parameters).finish();
                url.set_fragment(Some(&fragment));
                see_other(url.as_str())
            }
            ResponseMode::FormPost => {
                FormPostPage { client_name: &self.client_name, action: &url, parameters: &self.parameters }
                    .into_response()
            }
        }
    }
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationResponse").field("mode", &self.mode).finish_non_exhaustive()
    }
}
