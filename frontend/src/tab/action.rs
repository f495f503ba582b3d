use app::app_b::{Listening, Reason};
use logout_event::Channel;
use logout_event::wire::TabMessage;

use crate::storage::Which;

/// Why a tab locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    /// How this tab heard.
    pub(crate) reason: Reason,
    /// How its server heard, where known.
    pub(crate) channel: Option<Channel>,
}

/// What a tab does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Takes the session's screen away and shows the signed-out one, at once; forgets the tokens of this tab.
    Lock(Lock),
    /// Shows the signed-out screen of a page that has had no session.
    ShowSignedOut(Option<Reason>),
    /// Shows the session's screen.
    ShowSession,
    /// Takes the session's screen away until it is known whether the session still lives.
    Hide,
    /// Stores the tokens for all tabs.
    StoreTokens,
    /// Removes stored tokens.
    DropTokens(Which),
    /// Makes this tab sign in at a click only.
    Mark,
    /// Hides the session's screen, which stays where it is, until it is known whether the session still lives.
    Veil,
    /// Shows it again.
    Unveil,
    /// Joins the line of the tabs that share a stream, unless this tab is in it.
    JoinLine,
    /// Opens the stream from the server, in place of one that may be open.
    OpenStream,
    /// Closes it and leaves the line: the next in it opens its own.
    CloseStream,
    /// Says to the user how this tab listens.
    ShowListening(Listening),
    /// Says to the other tabs of this session how it stands with the stream that this tab holds.
    Announce(Listening),
    /// Sets the timer for the access token's expiry.
    SetTimer,
    /// Asks the provider for the next tokens, or takes over those that another tab got, until it is known what is the
    /// case.
    Renew,
    /// Ends the pause before the next try to renew.
    HurryRenewal,
    /// Says to the user what is known of the session now.
    ShowFacts,
    /// Fetches the notes.
    LoadNotes,
    /// Asks the API whether the access token still counts, until it says so.
    Check,
    /// Makes the API refuse the access token.
    RefuseAtApi,
    /// Gives renewing up: what is under way is of no use any more, and no other tab is to wait for it.
    LetOthersRenew,
    /// Tells the other tabs.
    Tell(TabMessage),
    /// Tells the API, then leaves for the provider's sign-out.
    SignOutAtProvider,
    /// Loads the page anew, because it was left in the middle of something.
    Reload,
}
