//! The authentication response: [OpenID Connect Core 1.0](https://openid.net/specs/openid-connect-core-1_0.html#AuthResponse),
//! sections 3.1.2.5 to 3.1.2.7, and its `iss` ([RFC 9207](https://www.rfc-editor.org/rfc/rfc9207)).

use crate::storage::Transaction;

/// Where the provider sends the browser back to.
pub(crate) const PATH: &str = "/callback";
/// Where it sends the frame of a renewal.
pub(crate) const SILENT_PATH: &str = "/callback/silent";

/// A response that belongs to a request of this tab.
pub(crate) struct Answer {
    /// The authorization code, good once.
    pub(crate) code: String,
    /// The request that it answers.
    pub(crate) transaction: Transaction,
}

/// Why a response gives no code.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallbackError {
    /// A parameter is there twice (RFC 6749 section 3.1).
    #[error("The provider's answer is malformed. Nothing was changed; sign in again.")]
    Duplicate,
    /// This tab asked for nothing of the kind, or too long ago.
    #[error(
        "This answer belongs to no sign-in of this tab, or to one that took too long. Nothing was changed; sign in again."
    )]
    UnknownState,
    /// Another issuer answers (mix-up), or none though this one always says who it is.
    #[error("The answer comes from another provider than the one that was asked. Nothing was changed.")]
    WrongIssuer,
    /// `prompt=none` found nobody signed in. Not a failure.
    #[error("Nobody is signed in at the provider.")]
    LoginRequired,
    /// `prompt=none` found something to ask. Not a failure either.
    #[error("The provider has something to ask you. Sign in to go on.")]
    InteractionRequired,
    /// The user or the provider said no.
    #[error("The sign-in was refused at the provider. Nothing was changed; sign in again.")]
    Denied,
    /// The provider cannot serve now.
    #[error("The provider cannot sign you in now. Try again in a moment.")]
    Unavailable,
    /// The provider does not accept the request; only an operator can mend that.
    #[error("The provider did not accept the sign-in request. This app is not set up correctly there.")]
    Rejected,
    /// Neither a code nor an error.
    #[error("The provider's answer is incomplete. Nothing was changed; sign in again.")]
    NoCode,
}

#[derive(Default)]
struct Response {
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    code: Option<String>,
}

fn parse(query: &str) -> Result<Response, CallbackError> {
    let mut response = Response::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let slot = match &*name {
            "state" => &mut response.state,
            "iss" => &mut response.iss,
            "error" => &mut response.error,
            "code" => &mut response.code,
            _ => continue,
        };
        if slot.replace(value.into_owned()).is_some() {
            return Err(CallbackError::Duplicate);
        }
    }
    Ok(response)
}

/// Judges the query of a response. `take` gives the transaction of a `state`, once.
pub(crate) fn answer(query: &str, take: impl FnOnce(&str) -> Option<Transaction>) -> Result<Answer, CallbackError> {
    let response = parse(query)?;
    let transaction = response.state.as_deref().and_then(take).ok_or(CallbackError::UnknownState)?;
    let metadata = &transaction.metadata;
    match response.iss {
        Some(iss) if iss != metadata.issuer => return Err(CallbackError::WrongIssuer),
        None if metadata.authorization_response_iss_parameter_supported => return Err(CallbackError::WrongIssuer),
        _ => {}
    }
    if let Some(error) = response.error {
        return Err(refusal(&error));
    }
    let code = response.code.ok_or(CallbackError::NoCode)?;
    Ok(Answer { code, transaction })
}

/// The `error` codes of RFC 6749 section 4.1.2.1 and Core section 3.1.2.6.
fn refusal(error: &str) -> CallbackError {
    match error {
        "login_required" => CallbackError::LoginRequired,
        "interaction_required" | "consent_required" | "account_selection_required" => {
            CallbackError::InteractionRequired
        }
        "access_denied" => CallbackError::Denied,
        "server_error" | "temporarily_unavailable" => CallbackError::Unavailable,
        _ => CallbackError::Rejected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::transaction;

    fn judge(query: &str) -> Result<String, CallbackError> {
        answer(query, |state| (state == "s1").then(|| transaction("s1", 100))).map(|answer| answer.code)
    }

    /// CORE-05, BCP-11
    #[test]
    fn only_an_answer_to_this_tabs_request_gives_a_code() {
        use CallbackError as E;
        let iss = "iss=http%3A%2F%2Flocalhost%3A4000";
        let table = [
            (format!("code=c1&state=s1&{iss}"), Ok("c1")),
            (format!("code=c%2B1&state=s1&{iss}&session_state=x"), Ok("c+1")),
            (format!("code=c1&state=s2&{iss}"), Err(E::UnknownState)),
            (format!("code=c1&{iss}"), Err(E::UnknownState)),
            (format!("error=login_required&{iss}"), Err(E::UnknownState)),
            ("code=c1&state=s1".to_owned(), Err(E::WrongIssuer)),
            ("code=c1&state=s1&iss=http%3A%2F%2Fevil.example".to_owned(), Err(E::WrongIssuer)),
            ("code=c1&state=s1&iss=http%3A%2F%2Flocalhost%3A4000%2F".to_owned(), Err(E::WrongIssuer)),
            ("error=access_denied&state=s1&iss=http%3A%2F%2Fevil.example".to_owned(), Err(E::WrongIssuer)),
            (format!("code=c1&code=c2&state=s1&{iss}"), Err(E::Duplicate)),
            (format!("code=c1&state=s1&state=s2&{iss}"), Err(E::Duplicate)),
            (format!("error=login_required&state=s1&{iss}"), Err(E::LoginRequired)),
            (format!("error=interaction_required&state=s1&{iss}"), Err(E::InteractionRequired)),
            (format!("error=consent_required&state=s1&{iss}"), Err(E::InteractionRequired)),
            (format!("error=access_denied&state=s1&{iss}"), Err(E::Denied)),
            (format!("error=server_error&state=s1&{iss}"), Err(E::Unavailable)),
            (format!("error=invalid_scope&state=s1&{iss}"), Err(E::Rejected)),
            (format!("error=access_denied&code=c1&state=s1&{iss}"), Err(E::Denied)),
            (format!("state=s1&{iss}"), Err(E::NoCode)),
            (String::new(), Err(E::UnknownState)),
        ];
        for (query, expected) in table {
            assert_eq!(judge(&query), expected.map(str::to_owned), "{query}");
        }
    }

    /// CORE-05
    #[test]
    fn without_the_promise_of_an_iss_none_is_needed() {
        let old = |_: &str| {
            let mut transaction = transaction("s1", 100);
            transaction.metadata.authorization_response_iss_parameter_supported = false;
            Some(transaction)
        };
        assert!(answer("code=c1&state=s1", old).is_ok());
        assert!(answer("code=c1&state=s1&iss=https%3A%2F%2Fevil.example", old).is_err());
    }
}
