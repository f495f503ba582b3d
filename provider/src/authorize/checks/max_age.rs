use crate::authorize::AuthorizationError;
use crate::http::Params;

/// OpenID Connect Core 1.0 section 3.1.2.1, `max_age`: for how long, in seconds, an earlier sign-in is good enough.
pub(in crate::authorize) fn parse(params: &Params) -> Result<Option<i64>, AuthorizationError> {
    let Some(max_age) = params.get("max_age") else { return Ok(None) };
    if !max_age.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AuthorizationError::MaxAge);
    }
    max_age.parse().map(Some).map_err(|_| AuthorizationError::MaxAge)
}
