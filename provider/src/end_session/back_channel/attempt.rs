use std::time::{Duration, Instant};

use reqwest::StatusCode;
use sqlx::SqliteConnection;

use super::schedule::{Next, next, random};
use super::send::{SendError, send};
use crate::audit::{self, News};
use crate::end_session::Outcome;
use crate::end_session::commit::RESULT_LIFETIME;
use crate::error::InternalError;
use crate::observation::{self, Observation, Sid};
use crate::secret::random_id;
use crate::state::Provider;
use crate::store::outbox::Entry;
use crate::store::{logout, outbox};

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::end_session) enum Attempt {
    /// The app has ended its session, or had none.
    Delivered,
    /// Nobody listens there.
    Refused,
    /// Anything else.
    Failed,
}

/// Sends a logout token, and records what came of it before anybody is shown it.
pub(super) async fn attempt(provider: &Provider, entry: &Entry) -> Attempt {
    let begun = Instant::now();
    let (jti, sent) = match random_id() {
        Ok(jti) => {
            let sent = send(provider, entry, &jti).await;
            (jti, sent)
        }
        Err(error) => (String::new(), Err(InternalError::from(error).into())),
    };
    let recorded = match &sent {
        Ok(_) => delivered(provider, entry).await.map(|()| observation::Next::Delivered),
        Err(error) => failed(provider, entry, error).await,
    };
    match recorded {
        Ok(next) => observe(provider, entry, &jti, &sent, next, begun.elapsed()),
        // The entry is due again when its lease is over: the app will hear it once more, which does no harm.
        Err(unrecorded) => _ = InternalError::from(unrecorded).report(),
    }
    match sent {
        Ok(_) => Attempt::Delivered,
        Err(SendError::Refused) => Attempt::Refused,
        Err(_) => Attempt::Failed,
    }
}

fn observe(
    provider: &Provider,
    entry: &Entry,
    jti: &str,
    sent: &Result<StatusCode, SendError>,
    next: observation::Next,
    took: Duration,
) {
    if provider.observers.is_empty() {
        return;
    }
    let (status, error) = match sent {
        Ok(status) => (Some(*status), None),
        Err(error) => (error.status(), Some(error.to_string())),
    };
    provider.observe(|| Observation::LogoutTokenAnswered {
        attempt: entry.observed(jti),
        status: status.map(|status| status.as_u16()),
        error: error.as_deref(),
        next,
        took,
    });
    if let (observation::Next::GiveUp, Some(error)) = (next, error) {
        observe_given_up(provider, entry, entry.attempts + 1, &error);
    }
}

fn observe_given_up(provider: &Provider, entry: &Entry, attempts: i64, reason: &str) {
    let Entry { logout_id, client_id, sid, .. } = entry;
    let sid = Sid::new(sid);
    provider.observe(|| Observation::GivenUp { sign_out: *logout_id, client: client_id, sid, attempts, reason });
}

async fn delivered(provider: &Provider, entry: &Entry) -> Result<(), sqlx::Error> {
    let now = provider.clock.now();
    let mut tx = provider.store.begin().await?;
    outbox::set_delivered(&mut tx, entry.id, now).await?;
    logout::set_outcome(&mut tx, entry.logout_id, &entry.client_id, Outcome::Ended).await?;
    logout::keep_until(&mut tx, entry.logout_id, now + RESULT_LIFETIME).await?;
    let news = News::Delivered { attempts: entry.attempts + 1 };
    audit::app_news(&mut tx, entry.logout_id, &entry.client_id, news, Outcome::Ended, now).await?;
    tx.commit().await?;
    tracing::info!(
        client.id = entry.client_id,
        logout.channel = "back-channel",
        logout.outcome = Outcome::Ended.as_str(),
        logout.attempt = entry.attempts + 1,
        "logout token delivered"
    );
    Ok(())
}

async fn failed(provider: &Provider, entry: &Entry, error: &SendError) -> Result<observation::Next, sqlx::Error> {
    let now_ms = provider.clock.now_ms();
    let next = next(entry, error, now_ms, random());
    let at_ms = match next {
        Next::TryAgain { at_ms } => at_ms,
        Next::GiveUp => now_ms,
    };
    let mut tx = provider.store.begin().await?;
    outbox::set_failed(&mut tx, entry.id, &error.to_string(), error.is_rejection(), at_ms).await?;
    if next == Next::GiveUp {
        set_given_up(&mut tx, entry, entry.attempts + 1, provider.clock.now()).await?;
    }
    tx.commit().await?;
    match next {
        Next::TryAgain { at_ms } => tracing::info!(
            client.id = entry.client_id,
            logout.channel = "back-channel",
            logout.outcome = Outcome::Pending.as_str(),
            logout.attempt = entry.attempts + 1,
            logout.next_attempt_in_ms = at_ms - now_ms,
            %error,
            "logout token not delivered; it will be tried again"
        ),
        Next::GiveUp => warn_given_up(entry, &error.to_string()),
    }
    Ok(match next {
        Next::TryAgain { at_ms } => {
            let after = Duration::from_millis(u64::try_from(at_ms - now_ms).unwrap_or(0));
            observation::Next::TryAgain { after }
        }
        Next::GiveUp => observation::Next::GiveUp,
    })
}

const TOO_LATE: &str = "not delivered while a session could be left there";
const UNWANTED: &str = "the app has given up its registration, or its back-channel";

/// The time of this entry is over.
pub(super) async fn expire(provider: &Provider, entry: &Entry) {
    match give_up(provider, entry).await {
        Ok(()) => {
            warn_given_up(entry, TOO_LATE);
            observe_given_up(provider, entry, entry.attempts, TOO_LATE);
        }
        Err(unrecorded) => _ = InternalError::from(unrecorded).report(),
    }
}

/// What an app will not be told any more, once that is committed.
#[must_use = "observers and the log are told after the commit"]
#[derive(Default)]
pub(crate) struct GivenUp(Vec<Entry>);

impl GivenUp {
    /// Tells the log and the observers: it is committed.
    pub(crate) fn tell(&self, provider: &Provider) {
        for entry in &self.0 {
            warn_given_up(entry, UNWANTED);
            observe_given_up(provider, entry, entry.attempts, UNWANTED);
        }
    }
}

/// Nobody is left there, or nobody who wants to know. The caller commits, and then tells.
pub(crate) async fn give_up_all(
    conn: &mut SqliteConnection,
    client_id: &str,
    now: i64,
) -> Result<GivenUp, sqlx::Error> {
    let owed = outbox::owed(conn, client_id).await?;
    for entry in &owed {
        set_given_up(conn, entry, entry.attempts, now).await?;
    }
    Ok(GivenUp(owed))
}

async fn give_up(provider: &Provider, entry: &Entry) -> Result<(), sqlx::Error> {
    let mut tx = provider.store.begin().await?;
    set_given_up(&mut tx, entry, entry.attempts, provider.clock.now()).await?;
    tx.commit().await
}

/// The app will not be told any more. What its frame said still counts.
async fn set_given_up(conn: &mut SqliteConnection, entry: &Entry, attempts: i64, now: i64) -> Result<(), sqlx::Error> {
    outbox::set_given_up(conn, entry.id, now).await?;
    if let Some(app) = logout::app(conn, entry.logout_id, &entry.client_id).await? {
        let outcome = app.outcome.after_giving_up();
        logout::set_outcome(conn, entry.logout_id, &entry.client_id, outcome).await?;
        audit::app_news(conn, entry.logout_id, &entry.client_id, News::GivenUp { attempts }, outcome, now).await?;
    }
    logout::keep_until(conn, entry.logout_id, now + RESULT_LIFETIME).await
}

fn warn_given_up(entry: &Entry, error: &str) {
    tracing::warn!(
        client.id = entry.client_id,
        logout.channel = "back-channel",
        logout.toe = entry.toe,
        error,
        "logout token given up: the app does not know of this sign-out"
    );
}
