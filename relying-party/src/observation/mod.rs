//! What an app does about sign-outs, for whoever draws it, counts it or traces it.
//!
//! An [`Observer`] is handed in through [`Settings::observers`](crate::Settings::observers). Each [`Observation`] is made
//! where it happens and when it is true: an end is told of when it is on disk and in memory. An observation carries no
//! time; whoever receives it looks at their own clock. Observations of one session have the same [`Sid`], those of one
//! logout token the same `jti`, at the provider as well.

mod observers;
mod sid;

use std::sync::Arc;
use std::time::Duration;

use logout_event::{Channel, LogoutEvent, SessionRef};

pub use observers::Observers;
pub use sid::{Fingerprint, Sid};

use crate::{BackChannelRejection, LedgerError, Trust};

/// Is told of everything that this relying party does about sign-outs.
///
/// It is called on the path of the request: it must return at once. It counts, or puts something into a bounded queue; it
/// does not wait, take a lock that others hold for long, write to a disk or a network, or panic.
pub trait Observer: Send + Sync + 'static {
    /// This has just happened.
    fn observe(&self, observation: &Observation<'_>);

    /// Asked where the work of a request goes on in a task of its own, which a browser that goes away does not stop: what is
    /// to be brought there. For those who keep something by task or thread, as tracing does.
    fn carry(&self) -> Option<Arc<dyn Carried>> {
        None
    }
}

/// What an [`Observer`] brings into another task.
pub trait Carried: Send + Sync {
    /// Runs a step of that task's work, once, with what was brought there in its place.
    fn run(&self, step: &mut dyn FnMut());
}

/// What has just happened. It is good for this call only: copy what is needed later.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Observation<'a> {
    /// A logout token came that is in order (Back-Channel Logout 1.0 section 2.6). What it says is to be recorded now.
    LogoutTokenReceived {
        /// The session, if the token names one.
        sid: Option<Sid<'a>>,
        /// The user, if the token names one.
        sub: Option<&'a str>,
        /// The token's identifier.
        jti: &'a str,
        /// When the session ended, by the issuer's clock, in seconds since the Unix epoch.
        not_before: u64,
    },
    /// A request to the back-channel was refused, and changed nothing.
    LogoutTokenRefused {
        /// Which check it did not pass.
        error: &'a BackChannelRejection,
    },
    /// A front-channel request came that has the right form. What it says is to be recorded now.
    FrontChannelReceived {
        /// The session.
        sid: Sid<'a>,
        /// Whether the frame could have cookies.
        storage_access: Option<StorageAccess>,
        /// Whether the request came with cookies. They play no part.
        with_cookies: bool,
    },
    /// A front-channel request has not the right form, and changed nothing.
    FrontChannelRefused {
        /// Whether the frame could have cookies.
        storage_access: Option<StorageAccess>,
        /// Whether the request came with cookies.
        with_cookies: bool,
    },
    /// An end is recorded: on disk and in memory. From here on the session is refused.
    EndRecorded {
        /// What was recorded, or was recorded before.
        event: Event<'a>,
        /// The number in the ledger.
        seq: u64,
        /// Whether the ledger had it already.
        repeated: bool,
        /// [`Trust::Unsigned`]: the session is not known here and nobody has signed it, so it is only kept for a while.
        held_as: Trust,
        /// How many sessions of the app's own ended with it.
        sessions: usize,
        /// How long it took, with the wait for the disk.
        took: Duration,
    },
    /// An end could not be recorded.
    EndRefused {
        /// What should have been recorded.
        event: Event<'a>,
        /// Why not.
        error: &'a LedgerError,
    },
    /// The open tabs of the session were told, if it has any.
    Pushed {
        /// What they were told.
        event: Event<'a>,
        /// The number in the ledger.
        seq: u64,
        /// How many streams it reached.
        streams: usize,
    },
    /// A tab has opened a stream.
    StreamOpened {
        /// Whose.
        session: Session<'a>,
        /// Whether the session has ended already, so that the tab is told so at once.
        ended: bool,
    },
    /// A stream is closed, by either side.
    StreamClosed {
        /// Whose.
        session: Session<'a>,
        /// Whether it closed after it told of the session's end.
        told: bool,
    },
    /// A request may pass: its session lives.
    RequestAccepted {
        /// Whose.
        session: Session<'a>,
        /// Whether it is the first request with this access token.
        first: bool,
    },
    /// A request was refused, by the guard or by an app that consults the ledger itself.
    RequestRefused {
        /// Whose, where that is known.
        session: Option<Session<'a>>,
        /// Why.
        reason: RefusalReason,
    },
    /// An API was asked to refuse an access token from now on: the app's own sign-out.
    TokenRevoked {
        /// The token's identifier.
        jti: &'a str,
    },
    /// An app with sessions of its own has begun one.
    SignedIn {
        /// Which.
        session: Session<'a>,
    },
    /// An app with sessions of its own has refused to begin one.
    SignInRefused {
        /// Why, in words that hold nothing of the request.
        reason: &'a str,
    },
    /// The user has asked an app with sessions of its own to sign out, and its session is gone.
    SignedOut {
        /// Which.
        session: Session<'a>,
    },
    /// The app was asked whether it can serve, and cannot: it has no keys yet, or cannot read its ledger.
    NotReady,
}

/// The session that is spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session<'a> {
    /// Its identifier at this app, if the provider has given one.
    pub sid: Option<Sid<'a>>,
    /// Its user.
    pub sub: &'a str,
}

impl<'a> From<&'a SessionRef> for Session<'a> {
    fn from(session: &'a SessionRef) -> Self {
        Self { sid: session.sid.as_deref().map(Sid::new), sub: &session.sub }
    }
}

/// The sign-out that is spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// How this app heard of it.
    pub channel: Channel,
    /// The session, if it is of one.
    pub sid: Option<Sid<'a>>,
    /// The user, if they were named.
    pub sub: Option<&'a str>,
    /// When the session ended, by the issuer's clock, in seconds since the Unix epoch; of an unsigned request, when it came.
    pub not_before: u64,
}

impl<'a> From<&'a LogoutEvent> for Event<'a> {
    fn from(event: &'a LogoutEvent) -> Self {
        let sid = event.sid.as_deref().map(Sid::new);
        Self { channel: event.channel, sid, sub: event.sub.as_deref(), not_before: event.not_before }
    }
}

/// Why a request does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalReason {
    /// It came with no access token, or with two.
    Credentials,
    /// Its session has ended; by which channel the app heard of it, or `None` where the app itself has revoked the token.
    SessionEnded(Option<Channel>),
    /// The token has expired.
    Expired,
    /// The token is not one for this API.
    Invalid,
    /// The token is bound to a key that the request does not prove.
    Proof,
    /// The token lacks the scope.
    Scope,
    /// 503: the provider's keys or the ledger cannot be had.
    Unavailable,
}

impl RefusalReason {
    /// Its name, for labels: `session-ended` and the like.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::SessionEnded(_) => "session-ended",
            Self::Expired => "expired",
            Self::Invalid => "invalid",
            Self::Proof => "proof",
            Self::Scope => "scope",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Whether a frame can have the cookies of its site: `Sec-Fetch-Storage-Access`
/// ([Storage Access Headers](https://privacycg.github.io/storage-access-headers/)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageAccess {
    /// It cannot.
    None,
    /// It could, if it asked.
    Inactive,
    /// It can.
    Active,
}

impl StorageAccess {
    /// Browsers that do not send the header, and values that it does not have, say nothing.
    pub(crate) fn of(headers: &axum::http::HeaderMap) -> Option<Self> {
        match headers.get("sec-fetch-storage-access")?.as_bytes() {
            b"none" => Some(Self::None),
            b"inactive" => Some(Self::Inactive),
            b"active" => Some(Self::Active),
            _ => None,
        }
    }
}
