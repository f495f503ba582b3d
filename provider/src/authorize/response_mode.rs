use crate::http::Params;

/// How an answer travels to the app ([OAuth 2.0 Multiple Response Types section 2.1](https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#ResponseModes),
/// [OAuth 2.0 Form Post Response Mode](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseMode {
    Query,
    Fragment,
    FormPost,
}

/// All of them, as metadata names them.
pub(crate) const RESPONSE_MODES: &[&str] = &["query", "fragment", "form_post"];

impl ResponseMode {
    /// The mode of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "query" => Some(Self::Query),
            "fragment" => Some(Self::Fragment),
            "form_post" => Some(Self::FormPost),
            _ => None,
        }
    }

    /// The mode in which this request is answered, be it refused: what it asks for, or else where its `response_type` makes
    /// the app look.
    pub(super) fn of(params: &Params) -> Self {
        let response_type = params.get("response_type").unwrap_or_default();
        let default = match response_type.split(' ').any(|part| ["token", "id_token"].contains(&part)) {
            true => Self::Fragment,
            false => Self::Query,
        };
        params.get("response_mode").and_then(Self::named).unwrap_or(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::checks::params;

    #[test]
    fn where_the_app_looks() {
        use ResponseMode::{FormPost, Fragment, Query};
        let table = [
            ("response_type=code", Query),
            ("response_type=code&response_mode=query", Query),
            ("response_type=code&response_mode=fragment", Fragment),
            ("response_type=code&response_mode=form_post", FormPost),
            ("response_type=code&response_mode=web_message", Query),
            ("response_type=token", Fragment),
            ("response_type=code+id_token", Fragment),
            ("response_type=code+id_token&response_mode=form_post", FormPost),
            ("response_type=none", Query),
            ("", Query),
        ];
        for (query, expected) in table {
            assert_eq!(ResponseMode::of(&params(query)), expected, "{query}");
        }
    }
}
