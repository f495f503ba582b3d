use std::sync::Arc;

use sqlx::SqliteConnection;

use super::passwords::VerifyError;
use crate::audit;
use crate::http::SourceBucket;
use crate::state::Provider;
use crate::store::changed_password;

/// The longest password that is looked at, in bytes.
pub(crate) const LONGEST_PASSWORD: usize = 1024;

/// What a user name and a password are worth.
#[derive(Debug)]
pub(crate) enum Verdict {
    Right(Proven),
    Wrong,
    /// There were too many wrong ones, so nobody looked.
    Throttled {
        /// How long to wait.
        seconds: i64,
    },
}

/// Somebody has proved by a password that they are this user.
#[derive(Debug)]
pub(crate) struct Proven {
    pub(crate) username: String,
    /// The hash of the password that the user has changed to, as it was then.
    changed: Option<String>,
}

impl Proven {
    /// Whether the password has not been changed since it was looked at. Whoever begins a session looks again in that
    /// transaction, so that none begins by the old password after the new one has ended all others.
    pub(crate) async fn still_counts(&self, conn: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
        Ok(changed_password::of_username(conn, &self.username).await? == self.changed)
    }
}

/// Checks a password, as often as anybody may try.
pub(crate) async fn check_password(
    provider: &Arc<Provider>,
    source: SourceBucket,
    username: &str,
    password: &str,
) -> Result<Verdict, VerifyError> {
    let password = if password.len() <= LONGEST_PASSWORD { password } else { "" };
    let attempt = match provider.throttle.begin(username, source, provider.clock.now()) {
        Ok(attempt) => attempt,
        Err(wait) => {
            tracing::warn!("password not looked at: too many wrong ones");
            record_throttled(provider, username);
            return Ok(Verdict::Throttled { seconds: wait.seconds });
        }
    };
    match verify(provider, username, password).await {
        Ok((true, changed)) => {
            provider.throttle.refund(attempt);
            Ok(Verdict::Right(Proven { username: username.to_owned(), changed }))
        }
        Ok((false, _)) => {
            // The user name may be a password typed into the wrong field, so it is not logged.
            tracing::info!("wrong user name or password");
            Ok(Verdict::Wrong)
        }
        Err(error) => {
            provider.throttle.refund(attempt);
            Err(error)
        }
    }
}

/// Puts it on record, and lets nobody wait for that: how long it takes would tell which user names there are. Where too many
/// are being recorded already, the next attempt is.
fn record_throttled(provider: &Arc<Provider>, username: &str) {
    let Some(turn) = provider.throttle.turn_to_record() else { return };
    let (recording, username, now) = (Arc::clone(provider), username.to_owned(), provider.clock.now());
    provider.tasks.spawn(async move {
        let _turn = turn;
        if let Err(error) = audit::sign_in_throttled(&recording, &username, now).await {
            tracing::error!(%error, "it is not on record that passwords were not looked at");
        }
    });
}

async fn verify(provider: &Provider, username: &str, password: &str) -> Result<(bool, Option<String>), VerifyError> {
    let changed = changed_password::of_username(&mut *provider.store.read().await?, username).await?;
    let is_right = provider.passwords.verify(username, password, changed.as_deref()).await?;
    Ok((is_right, changed))
}
