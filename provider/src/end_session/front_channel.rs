use url::Url;

/// The address of an app's frame ([Front-Channel Logout 1.0 section 2](https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout)):
/// FCL-11, FCL-12, FCL-17: `iss` and `sid` are added to the registered query, and nothing else.
pub(super) fn frame_url(registered: &Url, issuer: &str, sid: &str) -> Url {
    let mut url = registered.clone();
    url.query_pairs_mut().append_pair("iss", issuer).append_pair("sid", sid);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FCL-01, FCL-05, FCL-11, FCL-12, FCL-13, FCL-14, FCL-17
    #[test]
    fn iss_and_sid_are_added_to_the_registered_query() {
        let table = [
            ("https://app.example.com/out", "https://app.example.com/out?iss=https%3A%2F%2Fop.example.com&sid=s1"),
            (
                "https://app.example.com/out?tenant=a%26b",
                "https://app.example.com/out?tenant=a%26b&iss=https%3A%2F%2Fop.example.com&sid=s1",
            ),
        ];
        for (registered, expected) in table {
            let url = frame_url(&registered.parse().unwrap(), "https://op.example.com", "s1");
            assert_eq!(url.as_str(), expected);
        }
    }
}
