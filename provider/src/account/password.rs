use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::AccountError;
use super::{PATH, Visitor, page};
use crate::audit::{self, Cause};
use crate::end_session::{Ended, end_other_sessions, tell_elsewhere, tell_observers};
use crate::error::InternalError;
use crate::http::{SourceBucket, see_other};
use crate::login::{self, LONGEST_PASSWORD, Proven, Verdict, check_password};
use crate::observation::{AccountAction, Observation};
use crate::offline_access;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::session::{self, Session};
use crate::store::{changed_password, user};

/// The fewest characters of a new password.
pub(crate) const SHORTEST: usize = 12;

const WRONG: &str = "The current password is wrong. Check it and try again.";

/// Why a new password is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Refused {
    #[error("The new password must have at least {SHORTEST} characters.")]
    Short,
    #[error("The new password must not be longer than {LONGEST_PASSWORD} bytes.")]
    Long,
    #[error("The new password must not contain your user name.")]
    Username,
    #[error("The new password must be another than the current one.")]
    Same,
    #[error("The two new passwords are not the same. Type both again.")]
    Repetition,
}

/// `POST /account/password`: the user sets another password. Everybody who came in by the old one is out: all other sessions
/// end, and so does what apps may do while the user is away, which one of them may have allowed.
pub(crate) async fn password(
    State(provider): State<Arc<Provider>>,
    source: SourceBucket,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&provider, source, &headers, &body).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(
    provider: &Arc<Provider>,
    source: SourceBucket,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, AccountError> {
    let (visitor, params) = Visitor::of_form(provider, headers, body, &["csrf", "current", "new", "again"]).await?;
    let value = |name| params.get(name).unwrap_or_default();
    let (current, new) = (value("current"), value("new"));
    let username = &visitor.user.username;
    if let Err(refused) = check_rules(username, current, new, value("again")) {
        return refuse(provider, &visitor, StatusCode::BAD_REQUEST, &refused.to_string()).await;
    }
    let proven = match check_password(provider, source, username, current).await? {
        Verdict::Right(proven) => proven,
        Verdict::Wrong => return refuse(provider, &visitor, StatusCode::FORBIDDEN, WRONG).await,
        Verdict::Throttled { seconds } => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = refuse(provider, &visitor, status, &login::wait(seconds)).await?;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            return Ok(response);
        }
    };
    let configured = provider.passwords.configured(username).await?;
    let change = Change {
        proven,
        hash: provider.passwords.hash(new).await?,
        configured: configured.ok_or(InternalError::Inconsistent("a user without a configured password"))?,
    };
    // In a task of its own: a browser that goes away does not keep the apps from being told.
    let task = {
        let (provider, session) = (Arc::clone(provider), visitor.session.clone());
        async move { change.commit_and_tell(&provider, &session).await }
    };
    let changed = provider.spawn(task).await.map_err(InternalError::from)??;
    let Some(Changed { cookie, go_on_to }) = changed else {
        return refuse(provider, &visitor, StatusCode::FORBIDDEN, WRONG).await;
    };
    let mut response = see_other(&go_on_to);
    if let Some(cookie) = provider.cookies.set_session(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn check_rules(username: &str, current: &str, new: &str, again: &str) -> Result<(), Refused> {
    if new != again {
        Err(Refused::Repetition)
    } else if new.chars().count() < SHORTEST {
        Err(Refused::Short)
    } else if new.len() > LONGEST_PASSWORD {
        Err(Refused::Long)
    } else if new.to_lowercase().contains(&username.to_lowercase()) {
        Err(Refused::Username)
    } else if new == current {
        Err(Refused::Same)
    } else {
        Ok(())
    }
}

async fn refuse(
    provider: &Provider,
    visitor: &Visitor,
    status: StatusCode,
    why: &str,
) -> Result<Response, AccountError> {
    let mut conn = provider.store.read().await?;
    page(&mut conn, provider, visitor, status, None, Some(why)).await
}

/// A new password of somebody who has proved that they know the current one.
struct Change {
    proven: Proven,
    /// Both argon2, in PHC form.
    hash: String,
    configured: String,
}

struct Changed {
    /// The session's new cookie.
    cookie: Opaque,
    go_on_to: String,
}

impl Change {
    /// All in one transaction; then the apps are told. `None`: the password has been changed meanwhile by somebody else.
    async fn commit_and_tell(
        self,
        provider: &Arc<Provider>,
        session: &Session,
    ) -> Result<Option<Changed>, AccountError> {
        let now = provider.clock.now();
        let mut tx = provider.store.begin().await?;
        if !self.proven.still_counts(&mut tx).await? {
            return Ok(None);
        }
        let session = session::by_id(&mut tx, session.id).await?.filter(|session| session.is_live(now));
        let session = session.ok_or(AccountError::NotSignedIn)?;
        changed_password::set(&mut tx, &session.sub, &self.hash, &self.configured, now).await?;
        audit::password_changed(&mut tx, &session, now).await?;
        let ended = end_other_sessions(&mut tx, provider, &session, now).await?;
        offline_access::withdraw_all(&mut tx, &session.sub, &Cause::PasswordChange, now).await?;
        // A copy of the old cookie is worth nothing any more.
        let cookie = Opaque::random()?;
        let auth_time = user::next_auth_time(&mut tx, &session.sub, now).await?;
        let expires_at = now + provider.registry.lifetimes.session;
        session::reauthenticate(&mut tx, session.id, cookie.hash(), auth_time, expires_at).await?;
        tx.commit().await?;
        tracing::info!("password changed");
        provider.observe(|| Observation::AccountUsed {
            session: &session.public_id,
            sub: &session.sub,
            action: AccountAction::ChangedPassword,
        });
        tell_observers(provider, ended.as_ref().map_or(&[], Ended::sessions));
        let go_on_to = match &ended {
            Some(ended) => tell_elsewhere(provider, ended).await,
            None => format!("{PATH}?password=changed"),
        };
        Ok(Some(Changed { cookie, go_on_to }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let longest = "x".repeat(LONGEST_PASSWORD);
        let too_long = "x".repeat(LONGEST_PASSWORD + 1);
        let table = [
            ("correct horse", "correct horse", Ok(())),
            ("äöüäöüäöüäöü", "äöüäöüäöüäöü", Ok(())),
            (&*longest, &*longest, Ok(())),
            (&*too_long, &*too_long, Err(Refused::Long)),
            ("elevenchars", "elevenchars", Err(Refused::Short)),
            ("äöüäöüäöüäö", "äöüäöüäöüäö", Err(Refused::Short)),
            ("", "", Err(Refused::Short)),
            ("correct horse", "correct horsf", Err(Refused::Repetition)),
            ("correct horse", "", Err(Refused::Repetition)),
            ("correct Alice horse", "correct Alice horse", Err(Refused::Username)),
            ("the current one", "the current one", Err(Refused::Same)),
        ];
        for (new, again, expected) in table {
            assert_eq!(check_rules("alice", "the current one", new, again), expected, "{new} {again}");
        }
    }
}
