use crate::authorize::AuthorizationError;
use crate::authorize::response_mode::ResponseMode;
use crate::config::{Client, ResponseType};
use crate::http::Params;

/// OpenID Connect Core 1.0 sections 3.1.2.1 and 3.2.2.1: what the client is registered for, which is the code flow unless the
/// configuration lets apps have another. RFC 6749 section 4.1.2.1 tells what nobody has here from what this client has not.
pub(in crate::authorize) fn parse(
    params: &Params,
    client: &Client,
    supported: &[ResponseType],
) -> Result<ResponseType, AuthorizationError> {
    if params.get("registration").is_some() {
        return Err(AuthorizationError::RegistrationNotSupported);
    }
    let name = params.get("response_type").ok_or(AuthorizationError::NoResponseType)?;
    let response_type = ResponseType::named(name).filter(|response_type| supported.contains(response_type));
    let response_type = response_type.ok_or(AuthorizationError::UnsupportedResponseType)?;
    if !client.response_types.contains(&response_type) {
        return Err(AuthorizationError::UnauthorizedClient);
    }
    let mode = params.get("response_mode").map(ResponseMode::named);
    if mode == Some(None) {
        return Err(AuthorizationError::UnsupportedResponseMode);
    }
    if response_type != ResponseType::Code {
        if mode == Some(Some(ResponseMode::Query)) {
            return Err(AuthorizationError::TokensInQuery);
        }
        // Section 3.2.2.1: nothing else ties the ID token to the browser that asked.
        if params.get("nonce").is_none() {
            return Err(AuthorizationError::NoNonce);
        }
    }
    Ok(response_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::checks::{client, params};

    #[test]
    fn the_code_flow_and_what_is_allowed_besides() {
        use AuthorizationError as E;
        use ResponseType::{Code, IdToken, IdTokenToken};
        let table = [
            ("response_type=code", Ok(())),
            ("response_type=code&response_mode=query", Ok(())),
            ("", Err(E::NoResponseType)),
            ("response_type=", Err(E::NoResponseType)),
            ("response_type=token", Err(E::UnsupportedResponseType)),
            ("response_type=id_token&nonce=1", Err(E::UnsupportedResponseType)),
            ("response_type=code+id_token", Err(E::UnsupportedResponseType)),
            ("response_type=code&response_mode=fragment", Ok(())),
            ("response_type=code&response_mode=form_post", Ok(())),
            ("response_type=code&response_mode=web_message", Err(E::UnsupportedResponseMode)),
            ("response_type=code&registration={}", Err(E::RegistrationNotSupported)),
        ];
        for (query, expected) in table {
            let found = parse(&params(query), &client(&[Code]), &[Code]);
            assert_eq!(found, expected.map(|()| Code), "{query}");
        }
        let all = [Code, IdToken, IdTokenToken];
        let implicit = client(&[IdToken, IdTokenToken]);
        let table = [
            ("response_type=id_token&nonce=1", Ok(IdToken)),
            ("response_type=id_token+token&nonce=1", Ok(IdTokenToken)),
            ("response_type=token+id_token&nonce=1", Ok(IdTokenToken)),
            ("response_type=id_token&nonce=1&response_mode=form_post", Ok(IdToken)),
            ("response_type=id_token&nonce=1&response_mode=query", Err(E::TokensInQuery)),
            ("response_type=id_token", Err(E::NoNonce)),
            ("response_type=token&nonce=1", Err(E::UnsupportedResponseType)),
            ("response_type=code&nonce=1", Err(E::UnauthorizedClient)),
        ];
        for (query, expected) in table {
            assert_eq!(parse(&params(query), &implicit, &all), expected, "{query}");
        }
        let others = parse(&params("response_type=id_token&nonce=1"), &client(&[Code]), &all);
        assert_eq!(others, Err(E::UnauthorizedClient), "what other clients have");
    }
}
