//! The audit log: who ended what, when and why, and how each app heard of it. An entry is written in the transaction that
//! makes it true, and holds no token, no cookie, no `sid` and no address.

use sqlx::SqliteConnection;

use crate::end_session::Outcome;
use crate::error::InternalError;
use crate::observation::EndCause;
use crate::state::Provider;
use crate::store::audit::{self, NewEntry};
use crate::store::session::Session;
use crate::store::user;

/// Of each user, at most one entry of throttled sign-ins in so many seconds: who guesses passwords must not be able to push
/// other entries out.
const THROTTLED_ENTRY_EVERY: i64 = 60 * 60;

/// Why something ends, and at whose word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// An app of the session asked (OpenID Connect RP-Initiated Logout 1.0 section 2).
    App {
        /// Which one.
        client_id: String,
    },
    /// The user, at the question that the sign-out endpoint asks.
    Question,
    /// The user, on the page that shows the result of a sign-out.
    SignOutResult,
    /// The user, on the account page.
    Account,
    /// The user has another password now.
    PasswordChange,
    /// Another user signed in, in the same browser.
    AnotherSignIn {
        /// Their `sub`.
        sub: String,
    },
    /// The app took back what it had (RFC 7009).
    Revocation {
        /// Which one.
        client_id: String,
    },
    /// A code or a refresh token came a second time, so somebody has it who should not.
    Reuse,
    /// Its time was over.
    Expiry,
    /// It is no longer configured.
    Configuration,
    /// The app has given up its registration, or changed it so that it could have less.
    Registration {
        /// Which one.
        client_id: String,
    },
    /// Global Token Revocation.
    GlobalTokenRevocation {
        /// Who asked for it: the `id` of an administrator.
        administrator: String,
    },
    /// A command at the provider's own machine.
    Operator,
}

impl Cause {
    /// Who.
    fn actor(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::App { client_id } | Self::Revocation { client_id } | Self::Registration { client_id } => {
                ("client", Some(client_id))
            }
            Self::Question | Self::SignOutResult | Self::Account | Self::PasswordChange => ("user", None),
            Self::AnotherSignIn { sub } => ("user", Some(sub)),
            Self::Expiry | Self::Configuration | Self::Reuse => ("provider", None),
            Self::GlobalTokenRevocation { administrator } => ("administrator", Some(administrator)),
            Self::Operator => ("operator", None),
        }
    }

    /// Why.
    fn reason(&self) -> &'static str {
        match self {
            Self::App { .. } | Self::Question => "sign_out",
            Self::SignOutResult => "sign_out_result",
            Self::Account => "account",
            Self::PasswordChange => "password_change",
            Self::AnotherSignIn { .. } => "another_sign_in",
            Self::Revocation { .. } => "revocation",
            Self::Reuse => "reuse",
            Self::Expiry => "expiry",
            Self::Configuration => "configuration",
            Self::Registration { .. } => "registration",
            Self::GlobalTokenRevocation { .. } => "global_token_revocation",
            Self::Operator => "command",
        }
    }

    /// For observers.
    pub(crate) fn observed(&self) -> EndCause<'_> {
        let (actor, actor_id) = self.actor();
        EndCause { reason: self.reason(), actor, actor_id }
    }

    fn entry(&self, event: &'static str, now: i64) -> NewEntry<'_> {
        let (actor, actor_id) = self.actor();
        NewEntry { actor_id, reason: Some(self.reason()), ..NewEntry::new(event, actor, now) }
    }
}

/// How an app heard, or did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// It is to be told, if it can be.
    ToBeTold,
    /// It accepted the logout token of this attempt.
    Delivered { attempts: i64 },
    /// After so many attempts there will be no other.
    GivenUp { attempts: i64 },
    /// Its frame said that it has ended its session.
    Acknowledged,
    /// Its frame did not load.
    NotLoaded,
}

/// What happens to the registration of an app that has registered itself, and at whose word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registration {
    /// It registers.
    Made,
    /// It changes what is registered of it.
    Changed,
    /// It gives it up.
    Deleted,
    /// Nobody had signed in to it for too long.
    Unused,
    /// Nobody had signed in to it, and another needs its room.
    RoomMade,
}

/// An app has registered itself, or its registration has changed or ended.
pub(crate) async fn registration(
    conn: &mut SqliteConnection,
    client_id: &str,
    what: Registration,
    now: i64,
) -> Result<(), sqlx::Error> {
    let (event, actor, reason) = match what {
        Registration::Made => ("client_registered", "client", None),
        Registration::Changed => ("client_changed", "client", None),
        Registration::Deleted => ("client_deleted", "client", None),
        Registration::Unused => ("client_deleted", "provider", Some("unused")),
        Registration::RoomMade => ("client_deleted", "provider", Some("room")),
    };
    let actor_id = Some(client_id).filter(|_| actor == "client");
    let entry = NewEntry { actor_id, reason, client_id: Some(client_id), ..NewEntry::new(event, actor, now) };
    audit::insert(conn, &entry).await
}

/// A session has ended.
pub(crate) async fn session_ended(
    conn: &mut SqliteConnection,
    session: &Session,
    cause: &Cause,
    now: i64,
) -> Result<(), sqlx::Error> {
    let entry =
        NewEntry { sub: Some(&session.sub), session: Some(&session.public_id), ..cause.entry("session_ended", now) };
    audit::insert(conn, &entry).await
}

/// There is news of an app after a sign-out.
pub(crate) async fn app_news(
    conn: &mut SqliteConnection,
    logout_id: i64,
    client_id: &str,
    news: News,
    outcome: Outcome,
    now: i64,
) -> Result<(), sqlx::Error> {
    const BACK: Option<&str> = Some("back-channel");
    const FRONT: Option<&str> = Some("front-channel");
    let (event, channel, attempts) = match news {
        News::ToBeTold => ("app_to_be_told", None, None),
        News::Delivered { attempts } => ("app_delivered", BACK, Some(attempts)),
        News::GivenUp { attempts } => ("app_given_up", BACK, Some(attempts)),
        News::Acknowledged => ("app_acknowledged", FRONT, None),
        News::NotLoaded => ("app_not_loaded", FRONT, None),
    };
    let outcome = Some(outcome.as_str());
    let client_id = Some(client_id);
    let entry = NewEntry { client_id, channel, outcome, attempts, ..NewEntry::new(event, "provider", now) };
    audit::insert_of_logout(conn, logout_id, &entry).await
}

/// An app has lost what it could do while the user is away.
pub(crate) async fn offline_access_ended(
    conn: &mut SqliteConnection,
    sub: &str,
    client_id: &str,
    cause: &Cause,
    now: i64,
) -> Result<(), sqlx::Error> {
    let entry = NewEntry { sub: Some(sub), client_id: Some(client_id), ..cause.entry("offline_access_ended", now) };
    audit::insert(conn, &entry).await
}

/// The user has changed their password.
pub(crate) async fn password_changed(
    conn: &mut SqliteConnection,
    session: &Session,
    now: i64,
) -> Result<(), sqlx::Error> {
    let entry = NewEntry {
        sub: Some(&session.sub),
        session: Some(&session.public_id),
        ..NewEntry::new("password_changed", "user", now)
    };
    audit::insert(conn, &entry).await
}

/// Somebody may not try passwords for a while. What is no user's name is not kept: it may be a password typed into the wrong
/// field.
pub(crate) async fn sign_in_throttled(provider: &Provider, username: &str, now: i64) -> Result<(), InternalError> {
    let mut conn = provider.store.read().await?;
    let sub = user::sub(&mut conn, username).await?;
    let since = now - THROTTLED_ENTRY_EVERY;
    let is_known = audit::is_throttled_since(&mut conn, sub.as_deref(), since).await?;
    drop(conn);
    if is_known {
        return Ok(());
    }
    let mut tx = provider.store.begin().await?;
    if !audit::is_throttled_since(&mut tx, sub.as_deref(), since).await? {
        let entry = NewEntry { sub: sub.as_deref(), ..NewEntry::new("sign_in_throttled", "unknown", now) };
        audit::insert(&mut tx, &entry).await?;
    }
    Ok(tx.commit().await?)
}
