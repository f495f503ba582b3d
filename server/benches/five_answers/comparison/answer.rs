//! What people propose.

use super::Scale;

/// A way for an API to learn that a user has signed out elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It does not: a JWT is verified locally (RFC 9068) and lives long.
    LongLived,
    /// The same with a token that lives shortly and is renewed by a rotating refresh token (RFC 6749 section 6).
    ShortLived,
    /// The API asks the provider at every request (RFC 7662).
    Introspection,
    /// Each request spends a token of its own; the next one comes from the provider.
    OneTime,
    /// The API has a record of ended sessions, which the provider's logout tokens fill, and pushes to its tabs.
    Curfew,
}

impl Answer {
    pub(crate) const ALL: [Self; 5] =
        [Self::LongLived, Self::ShortLived, Self::Introspection, Self::OneTime, Self::Curfew];

    /// What the table and the plot call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::LongLived => "long-lived token",
            Self::ShortLived => "short-lived, renewed",
            Self::Introspection => "introspection",
            Self::OneTime => "one-time tokens",
            Self::Curfew => "ledger and push",
        }
    }

    /// Of its access tokens, in seconds. Where the token's end is not what ends a session, it may live long.
    pub(crate) const fn lifetime(self, scale: &Scale) -> u64 {
        match self {
            Self::LongLived | Self::Introspection | Self::Curfew => scale.long_lifetime,
            Self::ShortLived | Self::OneTime => scale.short_lifetime,
        }
    }

    /// Whether its tabs get further tokens without the user.
    pub(crate) const fn renews(self) -> bool {
        matches!(self, Self::ShortLived | Self::OneTime)
    }

    /// Whether nothing but the time on the clock ends what a token opens.
    pub(crate) const fn waits_for_expiry(self) -> bool {
        matches!(self, Self::LongLived | Self::ShortLived)
    }
}
