//! The sign-out request: [OpenID Connect RP-Initiated Logout 1.0](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout),
//! section 2.

use super::with_parameters;

/// What the request says.
pub(crate) struct EndSessionRequest<'a> {
    pub(crate) id_token_hint: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) post_logout_redirect_uri: &'a str,
    pub(crate) state: &'a str,
}

impl EndSessionRequest<'_> {
    /// The address to send the browser to.
    ///
    /// RPI-07, RPI-08, RPI-10, RPI-12, RPI-13
    pub(crate) fn address(&self, end_session_endpoint: &str) -> String {
        let parameters = [
            ("id_token_hint", self.id_token_hint),
            ("client_id", self.client_id),
            ("post_logout_redirect_uri", self.post_logout_redirect_uri),
            ("state", self.state),
        ];
        with_parameters(end_session_endpoint, &parameters)
    }
}

/// Whether this is the query of the return from a sign-out with this `state`.
pub(crate) fn is_return(query: &str, state: &str) -> bool {
    let mut states = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "state");
    states.next().is_some_and(|(_, value)| value == state) && states.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RPI-07, RPI-08, RPI-10, RPI-12, RPI-13
    #[test]
    fn the_request_names_who_asks_and_where_to_return() {
        let request = EndSessionRequest {
            id_token_hint: "a.b.c",
            client_id: "app-b",
            post_logout_redirect_uri: "http://127.0.0.1:4002/",
            state: "s 1",
        };
        assert_eq!(
            request.address("http://localhost:4000/end_session"),
            "http://localhost:4000/end_session?id_token_hint=a.b.c&client_id=app-b\
             &post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A4002%2F&state=s+1"
        );
    }

    /// RPI-13, T-14
    #[test]
    fn only_the_state_that_was_sent_comes_back() {
        assert!(is_return("state=s+1", "s 1"));
        assert!(is_return("x=1&state=s%201", "s 1"));
        for query in ["", "state=s2", "state=", "state=s+1&state=s+1"] {
            assert!(!is_return(query, "s 1"), "{query}");
        }
    }
}
