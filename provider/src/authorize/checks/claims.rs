use crate::authorize::AuthorizationError;
use crate::claims::ClaimsRequest;
use crate::config::Client;
use crate::http::Params;

/// OpenID Connect Core 1.0 section 5.5, `claims`.
pub(in crate::authorize) fn parse(params: &Params, client: &Client) -> Result<ClaimsRequest, AuthorizationError> {
    match params.get("claims") {
        Some(claims) => Ok(ClaimsRequest::parse(claims, &client.scopes)?),
        None => Ok(ClaimsRequest::default()),
    }
}
