use axum::response::{IntoResponse, Response};
use thiserror::Error;

use crate::response::{invalid_request, temporarily_unavailable};

/// Why the ledger could not record or answer. Most are 503 with `Retry-After`: a party that does not know must not say
/// 200, nor 401, which a tab would take for a sign-out.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The store failed; nothing was recorded.
    #[error("the record of ended sessions cannot be used now")]
    Store(#[from] sqlx::Error),
    /// The store did not answer in time. The record may still be made.
    #[error("the record of ended sessions did not answer in time")]
    Timeout,
    /// A thread panicked while it changed the ledger in memory; the process has to be restarted.
    #[error("the record of ended sessions is damaged in memory: restart this app")]
    Poisoned,
    /// As many verified sign-outs are kept as `max_ended` allows; none is displaced.
    #[error("the record of ended sessions is full: lower session_lifetime, or raise max_ended")]
    Full,
    /// As many tokens are revoked as `max_revoked_tokens` allows; none is displaced.
    #[error("the record of revoked tokens is full: raise max_revoked_tokens")]
    RevokedFull,
    /// As many access tokens have a session that an ID token named as `max_bound_tokens` allows; none is displaced.
    #[error("the record of access tokens with a session of their own is full: raise max_bound_tokens")]
    BoundFull,
    /// The access token is known to belong to another session.
    #[error("an ID token of another session was presented for this access token before")]
    BoundToAnother,
    /// Too many unsigned sign-outs of unknown sessions, at once or in this minute.
    #[error("too many unsigned sign-outs of unknown sessions")]
    UnverifiedFull,
    /// The event or session is another provider's.
    #[error("not of this app's provider")]
    ForeignIssuer,
    /// The event has neither a usable `sid` nor, if it is verified, a usable `sub`.
    #[error("the sign-out names no session")]
    NamesNobody,
    /// A logout token's `jti` was used before, for another sign-out (Back-Channel Logout 1.0 section 2.6).
    #[error("a logout token with this jti was used for another sign-out")]
    Replayed,
}

impl LedgerError {
    /// Whether the caller is at fault, and trying again is no use.
    #[must_use]
    pub const fn is_request_error(&self) -> bool {
        matches!(self, Self::ForeignIssuer | Self::NamesNobody | Self::Replayed | Self::BoundToAnother)
    }
}

impl IntoResponse for LedgerError {
    fn into_response(self) -> Response {
        if self.is_request_error() {
            tracing::warn!(logout.outcome = "refused", error = %self, "sign-out");
            return invalid_request(&self.to_string());
        }
        let cause = std::error::Error::source(&self).map(ToString::to_string);
        tracing::error!(error = %self, cause, "answering 503");
        temporarily_unavailable("ended sessions cannot be looked up or recorded now: try again")
    }
}
