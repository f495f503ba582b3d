use url::Url;

use super::checks::Target;
use super::error::{AuthorizationError, AuthorizeFailure};
use crate::secret::Opaque;

impl Target {
    /// The redirect that hands over a code (RFC 6749 section 4.1.2), with `iss` (RFC 9207 section 2).
    pub(crate) fn success(&self, code: &Opaque, issuer: &str) -> Url {
        self.response(&[("code", code.as_str())], issuer)
    }

    /// The redirect that says why there is none (RFC 6749 section 4.1.2.1).
    pub(crate) fn refuse(&self, error: &AuthorizationError, issuer: &str) -> AuthorizeFailure {
        tracing::info!(client.id = self.client.client_id, error = %error, "authorization request refused");
        let url = self.response(&[("error", error.code()), ("error_description", &error.to_string())], issuer);
        AuthorizeFailure::Redirect(Box::new(url))
    }

    fn response(&self, parameters: &[(&str, &str)], issuer: &str) -> Url {
        let mut url = self.redirect_uri.url().clone();
        let mut query = url.query_pairs_mut();
        query.extend_pairs(parameters).append_pair("iss", issuer);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        drop(query);
        url
    }
}
