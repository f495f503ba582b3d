use super::AuthorizationRequest;
use super::checks::Prompt;
use super::error::AuthorizationError;
use crate::store::session::Session;

/// What stands between a request and its code.
#[derive(Debug)]
pub(super) enum Interaction<'a> {
    /// Nothing: this session answers it.
    None(&'a Session),
    /// The user must sign in, for the first time or again.
    SignIn,
    /// The user would have to, but the app does not want them to be asked.
    Refused(AuthorizationError),
}

/// Decides it (OpenID Connect Core 1.0 section 3.1.2.3).
pub(super) fn needed<'a>(request: &AuthorizationRequest, session: Option<&'a Session>, now: i64) -> Interaction<'a> {
    let answers = |session: &&Session| {
        let is_fresh = request.max_age.is_none_or(|max_age| max_age > 0 && now - session.auth_time <= max_age);
        let is_expected = request.expected_sub.as_ref().is_none_or(|sub| *sub == session.sub);
        is_fresh && is_expected && request.prompt != Prompt::Login
    };
    match session.filter(answers) {
        Some(session) => Interaction::None(session),
        None if request.prompt.forbids_interaction() => Interaction::Refused(AuthorizationError::LoginRequired),
        None => Interaction::SignIn,
    }
}
