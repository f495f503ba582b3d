use crate::authorize::AuthorizationError;
use crate::authorize::response_mode::ResponseMode;
use crate::http::Params;

/// OpenID Connect Core 1.0 sections 3.1.2.1 and 6: the code flow, asked for by plain parameters.
pub(in crate::authorize) fn check(params: &Params) -> Result<(), AuthorizationError> {
    if params.get("request").is_some() {
        return Err(AuthorizationError::RequestNotSupported);
    }
    if params.get("request_uri").is_some() {
        return Err(AuthorizationError::RequestUriNotSupported);
    }
    if params.get("registration").is_some() {
        return Err(AuthorizationError::RegistrationNotSupported);
    }
    match params.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(AuthorizationError::UnsupportedResponseType),
        None => return Err(AuthorizationError::NoResponseType),
    }
    match params.get("response_mode") {
        Some(mode) if ResponseMode::named(mode).is_none() => Err(AuthorizationError::UnsupportedResponseMode),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::checks::params;

    #[test]
    fn only_the_code_flow() {
        use AuthorizationError as E;
        let table = [
            ("response_type=code", Ok(())),
            ("response_type=code&response_mode=query", Ok(())),
            ("", Err(E::NoResponseType)),
            ("response_type=", Err(E::NoResponseType)),
            ("response_type=token", Err(E::UnsupportedResponseType)),
            ("response_type=code+id_token", Err(E::UnsupportedResponseType)),
            ("response_type=code&response_mode=fragment", Ok(())),
            ("response_type=code&response_mode=form_post", Ok(())),
            ("response_type=code&response_mode=web_message", Err(E::UnsupportedResponseMode)),
            ("response_type=code&request=x.y.z", Err(E::RequestNotSupported)),
            ("response_type=code&request_uri=https://app.example.com/r", Err(E::RequestUriNotSupported)),
            ("response_type=code&registration={}", Err(E::RegistrationNotSupported)),
        ];
        for (query, expected) in table {
            assert_eq!(check(&params(query)), expected, "{query}");
        }
    }
}
