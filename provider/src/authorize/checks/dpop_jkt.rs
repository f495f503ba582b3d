use super::is_sha256;
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
        // Nobody could ever prove such a key, which would show only once the user has signed in.
        ResponseType::Code if !dpop_jkt.as_deref().is_none_or(is_sha256) => Err(AuthorizationError::DpopJkt),
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

    /// RFC 9449 section 10: a thumbprint as in RFC 7638, by SHA-256.
    #[test]
    fn a_code_is_bound_to_what_can_be_a_thumbprint() {
        const THUMBPRINT: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
        let parse = |jkt: &str| parse(&params(&format!("dpop_jkt={jkt}")), ResponseType::Code);
        assert_eq!(parse(THUMBPRINT), Ok(Some(THUMBPRINT.to_owned())));
        for wrong in [
            "x",
            &THUMBPRINT[1..],
            &format!("{THUMBPRINT}A"),
            &format!("{}%3D", &THUMBPRINT[1..]),
            &THUMBPRINT.replace('-', "%2B"),
            &THUMBPRINT.replace('_', "%2F"),
            &THUMBPRINT.replace('u', "%20"),
        ] {
            assert_eq!(parse(wrong), Err(AuthorizationError::DpopJkt), "{wrong}");
        }
    }

    #[test]
    fn no_token_is_left_unbound_that_should_be_bound() {
        use ResponseType::{Code, IdToken, IdTokenToken};
        let table = [
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
