//! App B as a public client of an OpenID Provider: authorization code flow with PKCE, and RP-Initiated Logout.
//!
//! A file per message. What builds and what checks a message is a plain function of its input; what sends it stands
//! beside it.

pub(crate) mod authorize;
pub(crate) mod callback;
pub(crate) mod discovery;
pub(crate) mod dpop;
pub(crate) mod end_session;
pub(crate) mod id_token;
pub(crate) mod pkce;
pub(crate) mod token;
pub(crate) mod userinfo;

/// Appends parameters to an endpoint's address, whose own query is kept (RFC 6749 section 3.1).
fn with_parameters(endpoint: &str, parameters: &[(&str, &str)]) -> String {
    let separator = match endpoint.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{endpoint}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::with_parameters;

    #[test]
    fn an_endpoints_own_query_is_kept() {
        let parameters = [("scope", "openid notes"), ("redirect_uri", "http://127.0.0.1:4002/callback")];
        let query = "scope=openid+notes&redirect_uri=http%3A%2F%2F127.0.0.1%3A4002%2Fcallback";
        for (endpoint, expected) in [
            ("https://op/authorize", format!("https://op/authorize?{query}")),
            ("https://op/authorize?", format!("https://op/authorize?{query}")),
            ("https://op/authorize?tenant=1", format!("https://op/authorize?tenant=1&{query}")),
        ] {
            assert_eq!(with_parameters(endpoint, &parameters), expected);
        }
    }
}
