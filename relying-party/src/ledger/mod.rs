//! The record of ended sessions: durable in SQLite, mirrored in memory.

mod error;
mod load;
mod mirror;
mod rate;
pub mod sqlite;

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use logout_event::{LogoutEvent, SessionRef};
use sqlx::SqlitePool;

pub use error::LedgerError;
use mirror::Mirror;
use rate::Rate;

use crate::claims::is_identifier;
use crate::settings::CLOCK_SKEW;
use crate::{Clock, Observation, Settings};
use sqlite::Admission;

/// How sure it is that the provider sent an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The provider signed it, or answered so when it was asked.
    Verified,
    /// Anyone may have sent it: a front-channel request. It counts fully for a session that is known; for another it is
    /// kept for a few minutes only, in a bounded list of its own.
    Unsigned,
}

/// What recording an event has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The event's number in the ledger. The same sign-out by another channel has the same number.
    pub seq: u64,
    /// The app's own names of the sessions that ended now.
    pub local_sessions: Vec<String>,
    /// Whether the ledger had it already, so that nothing was to be done.
    pub repeated: bool,
    /// How sure the ledger is: [`Trust::Unsigned`] only for an unsigned event of a session that is not known.
    pub held_as: Trust,
}

impl Ended {
    pub(crate) fn observed<'a>(&self, event: &'a LogoutEvent, took: Duration) -> Observation<'a> {
        Observation::EndRecorded {
            event: event.into(),
            seq: self.seq,
            repeated: self.repeated,
            held_as: self.held_as,
            sessions: self.local_sessions.len(),
            took,
        }
    }
}

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No event has ended it.
    Live,
    /// An event has ended it, for good.
    Ended {
        /// The event's ledger sequence number.
        seq: u64,
        /// What ended it.
        event: LogoutEvent,
    },
}

/// The logout token that an event came in.
#[derive(Clone, Debug)]
pub(crate) struct TokenId {
    pub(crate) jti: String,
    /// Until when the token would be accepted again, in seconds since the Unix epoch.
    pub(crate) keep_until: u64,
}

/// Until when an access token and its session are of interest, in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BindingTimes {
    pub(crate) token_expires_at: u64,
    pub(crate) session_expires_at: u64,
}

#[derive(Debug)]
pub(crate) struct Ledger {
    settings: Arc<Settings>,
    pool: SqlitePool,
    clock: Clock,
    mirror: RwLock<Mirror>,
    unverified_rate: Rate,
}

/// What a transaction has written, and the mirror still has to hear.
enum Written {
    Verified { seq: u64, keep_until: u64, local_sessions: Vec<String> },
    Unverified { seq: u64, keep_until: u64 },
}

impl Ledger {
    /// Reads the whole ledger into memory before anyone can ask it.
    pub(crate) async fn open(settings: Arc<Settings>, pool: SqlitePool, clock: Clock) -> Result<Self, sqlx::Error> {
        let mirror = load::mirror(&pool, &settings.issuer, clock.now()).await?;
        let unverified_rate = Rate::per_minute(settings.unverified_per_minute);
        Ok(Self { settings, pool, clock, mirror: RwLock::new(mirror), unverified_rate })
    }

    /// Durable first, then the mirror. Run it in a task of its own: dropped between the two, the mirror would lack what
    /// is on disk.
    pub(crate) async fn end(
        &self,
        event: &LogoutEvent,
        trust: Trust,
        token: Option<&TokenId>,
    ) -> Result<Ended, LedgerError> {
        self.names_a_session_of_ours(event, trust)?;
        let covered = self.mirror()?.covers(event);
        if let (Some(seq), None) = (covered, token) {
            return Ok(Ended { seq, local_sessions: Vec::new(), repeated: true, held_as: Trust::Verified });
        }
        if let (Trust::Unsigned, Some(sid)) = (trust, &event.sid)
            && let Some(ended) = self.already_suspected(event, sid).await?
        {
            return Ok(ended);
        }
        if covered.is_none() && self.mirror()?.verified_len() >= self.settings.max_ended {
            return Err(LedgerError::Full);
        }
        let written = self.write(event, trust, token).await?;
        let mut mirror = self.mirror_mut()?;
        match written {
            Written::Verified { seq, keep_until, local_sessions } => {
                mirror.record(event, seq, keep_until);
                Ok(Ended { seq, local_sessions, repeated: covered.is_some(), held_as: Trust::Verified })
            }
            Written::Unverified { seq, keep_until } => {
                mirror.record_unverified(event, seq, keep_until);
                Ok(Ended { seq, local_sessions: Vec::new(), repeated: false, held_as: Trust::Unsigned })
            }
        }
    }

    fn names_a_session_of_ours(&self, event: &LogoutEvent, trust: Trust) -> Result<(), LedgerError> {
        if event.iss != self.settings.issuer {
            return Err(LedgerError::ForeignIssuer);
        }
        let named = match (&event.sid, &event.sub) {
            (Some(sid), _) => is_identifier(sid),
            (None, Some(sub)) => trust == Trust::Verified && is_identifier(sub),
            (None, None) => false,
        };
        if named { Ok(()) } else { Err(LedgerError::NamesNobody) }
    }

    /// For an unsigned event of an unknown session: the entry that is there already, or a refusal, without taking the
    /// write lock. Otherwise `None`: go on.
    async fn already_suspected(&self, event: &LogoutEvent, sid: &str) -> Result<Option<Ended>, LedgerError> {
        let mut conn = self.pool.acquire().await?;
        if sqlite::knows(&mut conn, &event.iss, sid).await? {
            return Ok(None);
        }
        let now = self.clock.now();
        let (suspected, len) = {
            let mirror = self.mirror()?;
            (mirror.covers_unverified(sid, now), mirror.unverified_len())
        };
        if let Some(seq) = suspected {
            let local_sessions = Vec::new();
            return Ok(Some(Ended { seq, local_sessions, repeated: true, held_as: Trust::Unsigned }));
        }
        if len >= self.settings.max_unverified || !self.unverified_rate.allows(now) {
            return Err(LedgerError::UnverifiedFull);
        }
        Ok(None)
    }

    async fn write(&self, event: &LogoutEvent, trust: Trust, token: Option<&TokenId>) -> Result<Written, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let conn = &mut *transaction;
        if let Some(token) = token
            && !sqlite::remember_token(conn, &event.iss, &token.jti, token.keep_until).await?
            // Asked on disk: another node may have acted upon it, or another request that has not told the mirror yet.
            && !sqlite::is_recorded(conn, event).await?
        {
            return Err(LedgerError::Replayed);
        }
        let known = match (trust, &event.sid) {
            (Trust::Unsigned, Some(sid)) => sqlite::knows(conn, &event.iss, sid).await?,
            _ => true,
        };
        let written = if known {
            let keep_until = now.saturating_add(self.settings.keep_ended());
            let seq = sqlite::record(conn, event, now, keep_until).await?;
            let local_sessions = sqlite::end_sessions(conn, event).await?;
            Written::Verified { seq, keep_until, local_sessions }
        } else {
            let keep_until = now.saturating_add(self.settings.keep_unverified());
            Written::Unverified { seq: sqlite::record_unverified(conn, event, keep_until).await?, keep_until }
        };
        transaction.commit().await?;
        Ok(written)
    }

    /// Where a session stands, from memory.
    pub(crate) fn check(&self, session: &SessionRef) -> Result<Standing, LedgerError> {
        if session.iss != self.settings.issuer {
            return Err(LedgerError::ForeignIssuer);
        }
        let ended = self.mirror()?.ended(session, self.clock.now());
        Ok(ended.map_or(Standing::Live, |(seq, event)| Standing::Ended { seq, event }))
    }

    /// [`sqlite::begin_session`] in a transaction of its own.
    pub(crate) async fn begin_session(
        &self,
        session: &SessionRef,
        local_id: &str,
        expires_at: u64,
    ) -> Result<Admission, LedgerError> {
        if session.iss != self.settings.issuer {
            return Err(LedgerError::ForeignIssuer);
        }
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let admission =
            sqlite::begin_session(&mut transaction, session, local_id, expires_at, self.clock.now()).await?;
        transaction.commit().await?;
        Ok(admission)
    }

    /// Makes an access token one of this session, in the transaction that checks that it has not ended. Ended or not, the
    /// token is judged by that session from then on.
    pub(crate) async fn bind_token(
        &self,
        token: &str,
        session: &SessionRef,
        local_id: &str,
        times: &BindingTimes,
    ) -> Result<Admission, LedgerError> {
        if session.iss != self.settings.issuer {
            return Err(LedgerError::ForeignIssuer);
        }
        {
            let mirror = self.mirror()?;
            if mirror.bound(token).is_none() && mirror.bound_len() >= self.settings.max_bound_tokens {
                return Err(LedgerError::BoundFull);
            }
        }
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let bound = sqlite::bind_token(&mut transaction, token, session, times.token_expires_at).await?;
        // Of another user: two tokens have one name, which no provider may make.
        if (&bound.sid, &bound.sub) != (&session.sid, &session.sub) {
            return Err(LedgerError::BoundToAnother);
        }
        let now = self.clock.now();
        let admission =
            sqlite::begin_session(&mut transaction, &bound, local_id, times.session_expires_at, now).await?;
        transaction.commit().await?;
        self.mirror_mut()?.bind(token, bound, times.token_expires_at);
        Ok(admission)
    }

    /// The session that an ID token has named for this access token.
    pub(crate) fn bound(&self, token: &str) -> Result<Option<SessionRef>, LedgerError> {
        Ok(self.mirror()?.bound(token).cloned())
    }

    pub(crate) async fn revoke_token(&self, jti: &str, exp: u64) -> Result<(), LedgerError> {
        if !is_identifier(jti) {
            return Err(LedgerError::NamesNobody);
        }
        if self.mirror()?.revoked_len() >= self.settings.max_revoked_tokens && !self.mirror()?.is_revoked(jti) {
            return Err(LedgerError::RevokedFull);
        }
        let mut conn = self.pool.acquire().await?;
        sqlite::revoke_token(&mut conn, jti, exp).await?;
        self.mirror_mut()?.revoke(jti, exp);
        Ok(())
    }

    pub(crate) fn is_revoked(&self, jti: &str) -> Result<bool, LedgerError> {
        Ok(self.mirror()?.is_revoked(jti))
    }

    /// How many verified entries there are, and how many unverified ones.
    pub(crate) fn len(&self) -> Result<(usize, usize), LedgerError> {
        let mirror = self.mirror()?;
        Ok((mirror.verified_len(), mirror.unverified_len()))
    }

    /// Whether questions can be answered at all.
    pub(crate) fn is_readable(&self) -> bool {
        self.mirror().is_ok()
    }

    /// Forgets, on disk and then in memory, what has had its time.
    pub(crate) async fn prune(&self) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlite::prune(&mut transaction, now, CLOCK_SKEW).await?;
        transaction.commit().await?;
        self.mirror_mut()?.prune(now, CLOCK_SKEW);
        Ok(())
    }

    fn mirror(&self) -> Result<RwLockReadGuard<'_, Mirror>, LedgerError> {
        self.mirror.read().map_err(|_| LedgerError::Poisoned)
    }

    fn mirror_mut(&self) -> Result<RwLockWriteGuard<'_, Mirror>, LedgerError> {
        self.mirror.write().map_err(|_| LedgerError::Poisoned)
    }
}
