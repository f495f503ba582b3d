use crate::authorize::AuthorizationError;
use crate::config::ResponseType;
use crate::http::Params;

/// [RFC 9449 section 10](https://www.rfc-editor.org/rfc/rfc9449#section-10), `dpop_jkt`: the key that a code is bound to. A token
/// that comes without a code is bound to none, because nobody proves one here; whoever asks for a bound one must not be left
/// to believe that they have it.
pub(in crate::authorize) fn parse(
    params: &Params,
    response_type: ResponseType,
) -> Result<Option<String>, AuthorizationError> {
    let dpop_jkt = params.get("dpop_jkt").map(str::to_owned);
    match response_type {
        ResponseType::Code => Ok(dpop_jkt),
        ResponseType::IdTokenToken if dpop_jkt.is_some() => Err(AuthorizationError::UnboundToken),
        // There is nothing to bind.
        ResponseType::IdToken | ResponseType::IdTokenToken => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::checks::params;

    #[test]
    fn no_token_is_left_unbound_that_should_be_bound() {
        use ResponseType::{Code, IdToken, IdTokenToken};
        let table = [
            ("dpop_jkt=x", Code, Ok(Some("x"))),
            ("", Code, Ok(None)),
            ("dpop_jkt=x", IdTokenToken, Err(AuthorizationError::UnboundToken)),
            ("dpop_jkt=", IdTokenToken, Ok(None)),
            ("", IdTokenToken, Ok(None)),
            ("dpop_jkt=x", IdToken, Ok(None)),
        ];
        for (query, response_type, expected) in table {
            let found = parse(&params(query), response_type);
            assert_eq!(found, expected.map(|jkt| jkt.map(str::to_owned)), "{query} {response_type:?}");
        }
    }
}
