//! What the provider does, for whoever draws it, counts it or traces it.
//!
//! An [`Observer`] is handed in through [`ProviderState::open_observed`](crate::ProviderState::open_observed). Each
//! [`Observation`] is made where it happens and when it is true: a session's end is told of when it is committed. An
//! observation carries no time; whoever receives it looks at their own clock. Observations of one session at one app have
//! the same [`Sid`], at the app as well; those of one sign-out the same `sign_out`, a number of this provider's; those of
//! one logout token the same `jti`.

mod observers;
mod sid;

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;

pub use observers::Observers;
pub use sid::{Fingerprint, Sid};

pub use crate::end_session::Outcome;

/// Is told of everything that the provider does about sessions and their end.
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

    /// What goes with this logout token as the header `traceparent` (W3C Trace Context). Asked right after
    /// [`Observation::LogoutTokenSent`], and not where the app has registered itself.
    fn traceparent(&self, _attempt: &Attempt<'_>) -> Option<HeaderValue> {
        None
    }
}

/// What an [`Observer`] brings into another task.
pub trait Carried: Send + Sync {
    /// Runs a step of that task's work, once, with what was brought there in its place.
    fn run(&self, step: &mut dyn FnMut());
}

/// What has just happened. It is good for this call only: copy what is needed later.
///
/// `session` is the short name of a session in lists and in the audit log; it is no secret. `sub` is opaque. `client` is a
/// `client_id`, and where apps may register themselves there is no end of them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Observation<'a> {
    /// A user has proved who they are.
    SignedIn {
        /// The session that began or goes on.
        session: &'a str,
        /// The user.
        sub: &'a str,
        /// The app that they sign in for; none at the account page.
        client: Option<&'a str>,
    },
    /// An app gets an authorization code, with or without a sign-in.
    CodeIssued {
        /// Of this session.
        session: &'a str,
        /// The user.
        sub: &'a str,
        /// The app.
        client: &'a str,
    },
    /// An app gets tokens.
    TokensIssued {
        /// For what.
        grant: Grant,
        /// The app.
        client: &'a str,
        /// The user.
        sub: &'a str,
        /// What the tokens call their session; none where they are good without one (offline access).
        sid: Option<Sid<'a>>,
    },
    /// A token request was refused.
    TokensRefused {
        /// What it asked for, if that can be known.
        grant: Option<Grant>,
        /// The app, if it has proved who it is.
        client: Option<&'a str>,
        /// The `error` that it was told (RFC 6749 section 5.2), such as `invalid_grant`.
        error: &'static str,
    },
    /// An app sends the user to `/end_session`, with a request that is in order.
    SignOutRequested {
        /// How it came.
        method: Method,
        /// The app: proved by the hint, or only claimed.
        client: Option<&'a str>,
        /// Whether there was an `id_token_hint`.
        with_hint: bool,
    },
    /// A request to `/end_session` or an answer to its question was not in order, and ended nothing.
    SignOutRefused,
    /// The user is asked whether they want to sign out.
    SignOutQuestioned {
        /// The session in question.
        session: &'a str,
    },
    /// The user has answered that they want to stay signed in.
    SignOutDeclined {
        /// The session that goes on.
        session: &'a str,
    },
    /// There was no session that could be ended.
    NothingToEnd,
    /// A session has ended: it, its tokens and codes are gone, and what its apps are owed is in the outbox.
    SessionEnded {
        /// The number of this end.
        sign_out: i64,
        /// The number of the end whose result shows this one, where several sessions end together.
        part_of: Option<i64>,
        /// The session.
        session: &'a str,
        /// The user.
        sub: &'a str,
        /// Why, and at whose word.
        cause: EndCause<'a>,
        /// The apps that the session has reached, each with its own `sid`.
        apps: &'a [App<'a>],
    },
    /// A logout token is about to be posted.
    LogoutTokenSent {
        /// Which.
        attempt: Attempt<'a>,
    },
    /// What came of that, recorded already.
    LogoutTokenAnswered {
        /// Which.
        attempt: Attempt<'a>,
        /// The status of the answer, if there was one.
        status: Option<u16>,
        /// What is wrong, if the app did not accept it.
        error: Option<&'a str>,
        /// What follows.
        next: Next,
        /// From the signing to the record.
        took: Duration,
    },
    /// An app will not be told any more.
    GivenUp {
        /// The number of the end.
        sign_out: i64,
        /// The app.
        client: &'a str,
        /// What the app calls the session.
        sid: Sid<'a>,
        /// How many attempts were made.
        attempts: i64,
        /// Why there will be no other.
        reason: &'a str,
    },
    /// The browser whose session ended gets its answer.
    SignOutAnswered {
        /// The number of the end.
        sign_out: i64,
        /// Which answer.
        answer: SignOutAnswer,
        /// What is known of each app.
        apps: &'a [AppOutcome<'a>],
        /// How many apps keep what the user allowed them while away.
        keep_access: usize,
    },
    /// The page with the frames says what one of them did.
    FrameReported {
        /// The number of the end.
        sign_out: i64,
        /// The app.
        client: &'a str,
        /// Whether the frame said that it has ended its session; else it did not load.
        acknowledged: bool,
        /// What is known of the app now.
        outcome: Outcome,
    },
    /// A request for the user's claims was refused.
    UserinfoRefused {
        /// Why, in one word; `ended` where the session or the token is over.
        reason: &'static str,
    },
    /// An API has asked whether a token is good.
    Introspected {
        /// Whether it is.
        active: bool,
    },
    /// A request to the introspection endpoint was refused.
    IntrospectionRefused {
        /// The `error` that it was told.
        error: &'static str,
    },
    /// An administrator's software has ended everything of a user.
    EverythingRevoked {
        /// Whose word it was.
        administrator: &'a str,
        /// How many sessions have ended.
        sessions: usize,
    },
    /// A user has done something at the account page.
    AccountUsed {
        /// Their session there.
        session: &'a str,
        /// The user.
        sub: &'a str,
        /// What they did.
        action: AccountAction<'a>,
    },
    /// A user has taken back, on the page of a sign-out's result, what an app could do while they are away.
    OfflineAccessWithdrawn {
        /// The app.
        client: &'a str,
        /// The number of the end.
        sign_out: i64,
    },
}

/// What tokens are asked for with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grant {
    /// An authorization code.
    Code,
    /// A refresh token.
    RefreshToken,
    /// None: the authorization endpoint hands the tokens over.
    Implicit,
}

impl Grant {
    /// Its name, for labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::Implicit => "implicit",
        }
    }
}

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// As a link or redirect.
    Get,
    /// As a form.
    Post,
}

/// Why a session has ended, and at whose word, in the words of the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndCause<'a> {
    /// `sign_out`, `account`, `expiry`, `global_token_revocation` and others.
    pub reason: &'static str,
    /// `client`, `user`, `provider`, `administrator` or `operator`.
    pub actor: &'static str,
    /// Which, where there are several.
    pub actor_id: Option<&'a str>,
}

/// An app that a session has reached, and how it can be told of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct App<'a> {
    /// The app.
    pub client: &'a str,
    /// What the app calls the session.
    pub sid: Sid<'a>,
    /// By a logout token.
    pub back_channel: bool,
    /// By a frame, if the page with the frames comes to be shown.
    pub front_channel: bool,
}

/// One attempt to deliver what an app is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt<'a> {
    /// The number of the end.
    pub sign_out: i64,
    /// The app.
    pub client: &'a str,
    /// The first is 1.
    pub number: i64,
    /// The identifier of the logout token.
    pub jti: &'a str,
    /// What the app calls the session.
    pub sid: Sid<'a>,
    /// The user.
    pub sub: &'a str,
    /// When the session ended, in seconds since the Unix epoch.
    pub toe: i64,
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the app has ended its session, or had none.
    Delivered,
    /// Another attempt, after this time.
    TryAgain {
        /// From now.
        after: Duration,
    },
    /// Nothing more: see [`Observation::GivenUp`].
    GiveUp,
}

/// What is known of an app when the browser gets its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppOutcome<'a> {
    /// The app.
    pub client: &'a str,
    /// What is known of it.
    pub outcome: Outcome,
    /// Whether the answer holds a frame of it.
    pub framed: bool,
}

/// What a browser gets whose session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignOutAnswer {
    /// Straight back to the app: every app is known to have ended.
    Back,
    /// The page with frames of the apps that are not known to have ended.
    Frames,
    /// The page with the result.
    Result,
}

impl SignOutAnswer {
    /// Its name, for labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Back => "back",
            Self::Frames => "frames",
            Self::Result => "result",
        }
    }
}

/// What a user can do at the account page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountAction<'a> {
    /// They have ended a session, all others, or all. Each end is told of by [`Observation::SessionEnded`] as well.
    EndedSessions,
    /// They have taken back what an app could do while they are away.
    WithdrewOfflineAccess {
        /// The app.
        client: &'a str,
    },
    /// They have changed their password; all other sessions have ended.
    ChangedPassword,
}
