use crate::authorize::AuthorizationError;
use crate::http::Params;

/// Whether the user may, or must, be asked (OpenID Connect Core 1.0 section 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// No user interface at all.
    None,
    /// The user signs in, even if signed in already. To select another account is to sign in to it.
    Login,
    /// As it comes.
    Unspecified,
}

impl Prompt {
    pub(crate) fn forbids_interaction(self) -> bool {
        self == Self::None
    }
}

/// `consent` is met by doing nothing: the registered apps belong to whoever runs the provider.
pub(in crate::authorize) fn parse(params: &Params) -> Result<Prompt, AuthorizationError> {
    let values: Vec<&str> =
        params.get("prompt").unwrap_or_default().split(' ').filter(|value| !value.is_empty()).collect();
    if values.iter().any(|value| !["none", "login", "consent", "select_account"].contains(value)) {
        return Err(AuthorizationError::Prompt);
    }
    match values.as_slice() {
        ["none"] => Ok(Prompt::None),
        values if values.contains(&"none") => Err(AuthorizationError::PromptNoneWithOthers),
        values if values.contains(&"login") || values.contains(&"select_account") => Ok(Prompt::Login),
        _ => Ok(Prompt::Unspecified),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::checks::params;

    /// CORE-01
    #[test]
    fn values() {
        let table = [
            ("", Ok(Prompt::Unspecified)),
            ("prompt=none", Ok(Prompt::None)),
            ("prompt=login", Ok(Prompt::Login)),
            ("prompt=select_account", Ok(Prompt::Login)),
            ("prompt=consent", Ok(Prompt::Unspecified)),
            ("prompt=consent+login", Ok(Prompt::Login)),
            ("prompt=none+login", Err(AuthorizationError::PromptNoneWithOthers)),
            ("prompt=login+none", Err(AuthorizationError::PromptNoneWithOthers)),
            ("prompt=None", Err(AuthorizationError::Prompt)),
            ("prompt=create", Err(AuthorizationError::Prompt)),
        ];
        for (query, expected) in table {
            assert_eq!(parse(&params(query)), expected, "{query}");
        }
    }
}
