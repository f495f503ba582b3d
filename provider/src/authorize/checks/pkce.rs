use super::is_sha256;
use crate::authorize::AuthorizationError;
use crate::config::Client;
use crate::http::Params;

/// RFC 7636 section 4.3: required of public clients, and of method S256 only.
pub(in crate::authorize) fn parse(params: &Params, client: &Client) -> Result<Option<String>, AuthorizationError> {
    let Some(challenge) = params.get("code_challenge") else {
        return match params.get("code_challenge_method") {
            None if !client.is_public() => Ok(None),
            _ => Err(AuthorizationError::NoCodeChallenge),
        };
    };
    // Without a method it would be `plain`, which protects nothing that is read on its way.
    if params.get("code_challenge_method") != Some("S256") {
        return Err(AuthorizationError::CodeChallengeMethod);
    }
    if is_sha256(challenge) { Ok(Some(challenge.to_owned())) } else { Err(AuthorizationError::CodeChallenge) }
}
