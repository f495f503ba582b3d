//! The end of sessions that the user chose from the list of their own.

use std::sync::Arc;

use axum::response::Response;
use sqlx::SqliteConnection;
use url::Url;

use super::back_channel::tell;
use super::commit::{Ended, FirstAttempt, NewLogout, end_all, tell_observers};
use super::finish::tell_and_show;
use super::outcome::ResultKind;
use super::result::result_path;
use crate::audit::Cause;
use crate::error::InternalError;
use crate::http::see_other;
use crate::pages::NextStop;
use crate::state::{Channels, Provider};
use crate::store::session::{self, Session};

/// Which sessions of the user are to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The one with this public id.
    One(String),
    /// All but the one that asks.
    Others,
    All,
}

impl Which {
    /// These sessions, that of the browser first: it alone can load frames.
    async fn sessions(&self, conn: &mut SqliteConnection, by: &Session) -> Result<Vec<Session>, sqlx::Error> {
        let mut sessions = session::of_user(conn, &by.sub).await?;
        match self {
            Self::One(public_id) => sessions.retain(|session| session.public_id == *public_id),
            Self::Others => sessions.retain(|session| session.id != by.id),
            Self::All => sessions.sort_by_key(|session| session.id != by.id),
        }
        Ok(sessions)
    }
}

/// Ends these sessions of the user of the session `by`, tells the apps, and answers. `None`: there was nothing to end, or
/// `by` has ended and has no say any more. In a task of its own: a browser that goes away does not stop it halfway.
pub(crate) async fn end_which(
    provider: &Arc<Provider>,
    by: Session,
    which: Which,
) -> Result<Option<Response>, InternalError> {
    let task = {
        let provider = Arc::clone(provider);
        async move { end_and_tell(&provider, &by, &which).await }
    };
    provider.spawn(task).await?
}

async fn end_and_tell(
    provider: &Arc<Provider>,
    by: &Session,
    which: &Which,
) -> Result<Option<Response>, InternalError> {
    let now = provider.clock.now();
    let mut tx = provider.store.begin().await?;
    if !session::by_id(&mut tx, by.id).await?.is_some_and(|by| by.is_live(now)) {
        return Ok(None);
    }
    let sessions = which.sessions(&mut tx, by).await?;
    let is_here = sessions.iter().any(|session| session.id == by.id);
    let logout = match is_here {
        true => NewLogout {
            cause: Cause::Account,
            channels: provider.channels,
            kind: ResultKind::Here,
            next: None,
            first_attempt: FirstAttempt::Caller,
        },
        false => elsewhere(provider, Cause::Account, ResultKind::Elsewhere),
    };
    let ended = end_all(&mut tx, provider, &sessions, &logout, now).await?;
    tx.commit().await?;
    tell_observers(provider, ended.as_ref().map_or(&[], Ended::sessions));
    match ended {
        None => Ok(None),
        Some(ended) if is_here => tell_and_show(provider, &ended, &by.sub).await.map(Some),
        Some(ended) => Ok(Some(see_other(&tell_elsewhere(provider, &ended).await))),
    }
}

/// Ends all other sessions of the user of this one, because their password is another. The caller commits, and then
/// [tells](tell_elsewhere).
pub(crate) async fn end_other_sessions(
    conn: &mut SqliteConnection,
    provider: &Provider,
    by: &Session,
    now: i64,
) -> Result<Option<Ended>, InternalError> {
    let sessions = Which::Others.sessions(conn, by).await?;
    end_all(conn, provider, &sessions, &elsewhere(provider, Cause::PasswordChange, ResultKind::Password), now).await
}

/// Tells the apps of sessions of other browsers; gives the path of the page that shows what came of it.
pub(crate) async fn tell_elsewhere(provider: &Arc<Provider>, ended: &Ended) -> String {
    tell(provider, &ended.entries).await;
    result_path(&ended.handle)
}

/// Where this browser's session goes on, and the user with it to the account page.
fn elsewhere(provider: &Provider, cause: Cause, kind: ResultKind) -> NewLogout {
    let account = Url::parse(&provider.endpoint(crate::account::PATH)).ok();
    NewLogout {
        cause,
        channels: Channels { front: false, back: provider.channels.back },
        kind,
        next: account.map(|url| NextStop { url, name: "your account".to_owned() }),
        first_attempt: FirstAttempt::Caller,
    }
}
