use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::audit::Cause;
use crate::clock::Clock;
use crate::config::ProviderConfig;
use crate::end_session::{self, NewLogout};
use crate::end_user;
use crate::error::InternalError;
use crate::state::{OpenError, Provider};
use crate::store::audit::{self, AuditEntry};
use crate::store::{session, session_list, user};

/// How many entries of the audit log come at once.
const AUDIT_PAGE: i64 = 500;

/// What an operator does with the provider's data, from a process of their own. The provider may be running: it finds what
/// it has to tell apps within a second or so.
pub struct Operator(Arc<Provider>);

/// A session that signs its user in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionInfo {
    /// By which people name it; neither the cookie nor a `sid`.
    pub session: String,
    /// The user name.
    pub user: String,
    /// What the user knows the browser by, such as `Firefox on Linux`.
    pub browser: Option<String>,
    /// When it began, in seconds since the Unix epoch.
    pub since: i64,
    /// When the user or an app of theirs last came with it, in seconds since the Unix epoch.
    pub last_used: i64,
    /// The `client_id` of each app that it reached.
    pub apps: Vec<String>,
}

/// The provider's data cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct OperatorError(#[from] InternalError);

impl From<sqlx::Error> for OperatorError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.into())
    }
}

impl Operator {
    /// Opens the data that a provider with this configuration has in this folder. Nothing is made, and nothing runs in the
    /// background.
    ///
    /// # Errors
    /// The configuration is not valid, or there is no such data, or it is of another version or of another issuer.
    pub async fn open(config: ProviderConfig, data_dir: &Path, clock: Clock) -> Result<Self, OpenError> {
        Ok(Self(Provider::open_beside(config, data_dir, clock).await?))
    }

    /// Entries of the audit log from this time on (seconds since the Unix epoch) with a number greater than `after`, in
    /// their order. An empty answer is the end.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn audit_page(&self, since: i64, after: i64) -> Result<Vec<AuditEntry>, OperatorError> {
        Ok(audit::page(&mut *self.0.store.read().await?, since, after, AUDIT_PAGE).await?)
    }

    /// Sessions that sign somebody in, of this user or of all; what was used last comes first. `None`: the user never signed
    /// in.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn sessions(&self, username: Option<&str>) -> Result<Option<Vec<SessionInfo>>, OperatorError> {
        let mut conn = self.0.store.read().await?;
        let sub = match username {
            Some(username) => match user::sub(&mut conn, username).await? {
                Some(sub) => Some(sub),
                None => return Ok(None),
            },
            None => None,
        };
        let sessions = session_list::live(&mut conn, sub.as_deref(), self.0.clock.now(), i64::MAX).await?;
        let info = |listed: session_list::ListedSession| SessionInfo {
            session: listed.public_id,
            user: listed.username,
            browser: listed.browser,
            since: listed.since,
            last_used: listed.last_used,
            apps: listed.client_ids.0,
        };
        Ok(Some(sessions.into_iter().map(info).collect()))
    }

    /// Ends the session with this name; whether there was one.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn end_session(&self, session: &str) -> Result<bool, OperatorError> {
        let mut tx = self.0.store.begin().await?;
        let Some(session) = session::by_public_id(&mut tx, session).await? else { return Ok(false) };
        let logout = NewLogout::without_page(&self.0, Cause::Operator);
        end_session::end(&mut tx, &self.0, &session, logout, self.0.clock.now()).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends all sessions of this user, and what apps may do while they are away if `with_offline_access`. Says how many
    /// sessions; `None`: the user never signed in.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn end_sessions_of(
        &self,
        username: &str,
        with_offline_access: bool,
    ) -> Result<Option<usize>, OperatorError> {
        let now = self.0.clock.now();
        let mut tx = self.0.store.begin().await?;
        let Some(sub) = user::sub(&mut tx, username).await? else { return Ok(None) };
        let ended = match with_offline_access {
            true => end_user::end_everything(&mut tx, &self.0, &sub, &Cause::Operator, now).await?,
            false => end_user::end_sessions(&mut tx, &self.0, &sub, &Cause::Operator, now).await?,
        };
        tx.commit().await?;
        // Those that had expired are ended too, and nobody has seen them listed.
        Ok(Some(ended.iter().filter(|ended| ended.session.is_live(now)).count()))
    }

    /// Closes the database.
    pub async fn close(self) {
        self.0.store.close().await;
    }
}
