use app::app_b::{Listening, Reason};
use logout_event::wire::TabMessage;
use logout_event::{LogoutEvent, SessionRef};

use crate::api::Refusal;

/// The session that a tab shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// Which one it is.
    pub(crate) session: SessionRef,
    /// When its access token expires, in seconds since the Unix epoch by this machine's clock.
    pub(crate) expires_at: u64,
    /// From when on it is to be renewed, likewise; none if there is no way to.
    pub(crate) renew_at: Option<u64>,
}

/// What a tab hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// There are tokens: from storage, or fresh ones from the provider.
    SignedIn { session: Session, fresh: bool },
    /// There are none, and there will be none without a click; perhaps because this tab has just signed out.
    NoSession(Option<Reason>),
    /// The stream carried this.
    Pushed(LogoutEvent),
    /// Another page of this origin said this.
    Told(TabMessage),
    /// The API refused this tab's access token.
    Refused(Refusal),
    /// The API served a request that asked whether the access token still counts.
    Confirmed,
    /// The session has new tokens: this tab renewed them, or took over what another one did.
    Renewed(Session),
    /// The renewal has failed so far, for a reason that says nothing about the session; it is tried again.
    NotRenewed,
    /// The provider refuses to renew: the session has ended.
    RenewalRefused,
    /// There is no way to renew, which says nothing about the session either.
    RenewalImpossible,
    /// The tokens that are stored for all tabs are gone, or another session's.
    Gone,
    /// The access token's time may be up.
    TimeIsUp,
    /// The user wants to sign out.
    SignOut,
    /// The page goes into the back/forward cache.
    Left,
    /// The page comes back from there.
    Restored,
    /// The user turns to the page: it becomes visible, or its window gets the focus.
    Seen,
    /// Nobody can see the page any more.
    Concealed,
    /// The machine is online again.
    Online,
    /// A timer of a few seconds: the time to look at the clock.
    Ticked,
    /// The API has not answered in time whether the access token still counts; it is asked on.
    Unanswered,
    /// It is this tab's turn to hold the stream.
    Chosen,
    /// How it stands with the stream of this tab.
    StreamIs(Listening),
    /// Another tab of this session asks how it stands with the stream.
    AskedWho,
    /// The tab that holds the stream says how it stands with it.
    HolderIs(Listening),
}
