use crate::authorize::AuthorizationError;
use crate::http::Params;

/// Whether the user may, or must, be asked (OpenID Connect Core 1.0 section 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// No user interface at all.
    None,
    /// Whatever is needed, and in any case what is named here.
    Allowed {
        /// The user signs in, even if signed in already.
        login: bool,
        /// The user is asked whether to go on as who they are.
        select_account: bool,
        /// The user is asked whether the app may have what it asks for, even if it was allowed before.
        consent: bool,
    },
}

impl Prompt {
    pub(crate) fn forbids_interaction(self) -> bool {
        self == Self::None
    }

    pub(crate) fn wants_login(self) -> bool {
        matches!(self, Self::Allowed { login: true, .. })
    }

    pub(crate) fn wants_account_selection(self) -> bool {
        matches!(self, Self::Allowed { select_account: true, .. })
    }

    pub(crate) fn wants_consent(self) -> bool {
        matches!(self, Self::Allowed { consent: true, .. })
    }
}

pub(in crate::authorize) fn parse(params: &Params) -> Result<Prompt, AuthorizationError> {
    let values: Vec<&str> =
        params.get("prompt").unwrap_or_default().split(' ').filter(|value| !value.is_empty()).collect();
    if values.iter().any(|value| !["none", "login", "consent", "select_account"].contains(value)) {
        return Err(AuthorizationError::Prompt);
    }
    match values.as_slice() {
        ["none"] => Ok(Prompt::None),
        values if values.contains(&"none") => Err(AuthorizationError::PromptNoneWithOthers),
        values => Ok(Prompt::Allowed {
            login: values.contains(&"login"),
            select_account: values.contains(&"select_account"),
            consent: values.contains(&"consent"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::checks::params;

    /// CORE-01
    #[test]
    fn values() {
        let allowed = |login, select_account, consent| Ok(Prompt::Allowed { login, select_account, consent });
        let table = [
            ("", allowed(false, false, false)),
            ("prompt=none", Ok(Prompt::None)),
            ("prompt=login", allowed(true, false, false)),
            ("prompt=select_account", allowed(false, true, false)),
            ("prompt=consent", allowed(false, false, true)),
            ("prompt=consent+login", allowed(true, false, true)),
            ("prompt=select_account+consent", allowed(false, true, true)),
            ("prompt=select_account+none", Err(AuthorizationError::PromptNoneWithOthers)),
            ("prompt=none+login", Err(AuthorizationError::PromptNoneWithOthers)),
            ("prompt=none+consent", Err(AuthorizationError::PromptNoneWithOthers)),
            ("prompt=login+none", Err(AuthorizationError::PromptNoneWithOthers)),
            ("prompt=None", Err(AuthorizationError::Prompt)),
            ("prompt=create", Err(AuthorizationError::Prompt)),
        ];
        for (query, expected) in table {
            assert_eq!(parse(&params(query)), expected, "{query}");
        }
    }
}
