use crate::authorize::AuthorizationError;
use crate::config::{Client, ResponseType};
use crate::http::Params;
use crate::offline_access;

/// OpenID Connect Core 1.0 section 3.1.2.1, `scope`: `openid` must be there; what the client may not have is left out, and
/// the token response says what is left (RFC 6749 section 3.3).
///
/// Section 11, `offline_access`: it is ignored for a client that is not configured for it. From any other it is honoured with
/// and without `prompt=consent`, because another condition always holds: the user has allowed this app these very scopes
/// while away, or is asked (`consent::must_ask`), and with `prompt=none` the answer is `consent_required`. Where the response
/// type gives no code, it is ignored.
pub(in crate::authorize) fn parse(
    params: &Params,
    client: &Client,
    response_type: ResponseType,
) -> Result<String, AuthorizationError> {
    let may = |scope: &str| {
        client.scopes.contains(scope) && (response_type == ResponseType::Code || scope != offline_access::SCOPE)
    };
    let mut granted: Vec<&str> = Vec::new();
    for scope in params.get("scope").unwrap_or_default().split(' ') {
        if may(scope) && !granted.contains(&scope) {
            granted.push(scope);
        }
    }
    if granted.contains(&"openid") { Ok(granted.join(" ")) } else { Err(AuthorizationError::Scope) }
}
