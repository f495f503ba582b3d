use super::AuthorizationRequest;
use super::error::AuthorizationError;
use crate::store::session::Session;

/// What stands between a request and its code.
#[derive(Debug)]
pub(super) enum Interaction<'a> {
    /// Nothing: this session answers it.
    None(&'a Session),
    /// The user must sign in, for the first time or again.
    SignIn,
    /// The user of this session must be asked whether to go on as who they are.
    SelectAccount(&'a Session),
    /// The user of this session must be asked whether the app may have what it asks for.
    Consent(&'a Session),
    /// The user would have to, but the app does not want them to be asked.
    Refused(AuthorizationError),
}

/// Decides it. `must_ask`: whether the user's consent to this request is missing or is to be given anew
/// (OpenID Connect Core 1.0 sections 3.1.2.3 and 3.1.2.4).
pub(super) fn needed<'a>(
    request: &AuthorizationRequest,
    session: Option<&'a Session>,
    must_ask: bool,
    now: i64,
) -> Interaction<'a> {
    let answers = |session: &&Session| request.is_answered_by(session, now) && !request.prompt.wants_login();
    match session.filter(answers) {
        Some(_) if must_ask && request.prompt.forbids_interaction() => {
            Interaction::Refused(AuthorizationError::ConsentRequired)
        }
        Some(session) if request.prompt.wants_account_selection() => Interaction::SelectAccount(session),
        Some(session) if must_ask => Interaction::Consent(session),
        Some(session) => Interaction::None(session),
        None if request.prompt.forbids_interaction() => Interaction::Refused(AuthorizationError::LoginRequired),
        None => Interaction::SignIn,
    }
}
