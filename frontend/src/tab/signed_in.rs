use app::app_b::{Listening, Reason};
use logout_event::wire::{TabMessage, Teller};
use logout_event::{Channel, LogoutEvent, SessionRef};

use super::attention::Wake;
use super::{Action, Input, Lock, Session};
use crate::api::{Refusal, RefusalReason};
use crate::storage::Which;

/// What makes a session visible and keeps it so only while it lives.
pub(super) const SHOW: [Action; 4] = [Action::ShowSession, Action::JoinLine, Action::SetTimer, Action::LoadNotes];

/// A tab that has a session.
#[derive(Debug)]
pub(super) struct SignedIn {
    pub(super) session: Session,
    screen: Screen,
    /// How it stands with the stream, if this tab is the one that holds it.
    held: Option<Listening>,
}

/// What of the session can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Screen {
    /// All of it.
    Shown,
    /// It is there, hidden, until the server has spoken.
    Veiled,
    /// It is taken away until the server has spoken.
    Gone,
    /// The same, and the page is in the back/forward cache.
    Left,
}

/// What to do, and whether the session is over.
type Next = (Vec<Action>, bool);

const fn goes_on(actions: Vec<Action>) -> Next {
    (actions, false)
}

const fn ended(actions: Vec<Action>) -> Next {
    (actions, true)
}

impl SignedIn {
    pub(super) const fn new(session: Session) -> Self {
        Self { session, screen: Screen::Shown, held: None }
    }

    /// `now` is in seconds since the Unix epoch.
    pub(super) fn handle(&mut self, input: Input, now: u64) -> Next {
        let session = &self.session.session;
        match input {
            Input::Pushed(event) if event.ends(session) => {
                let lock = Lock { reason: Reason::Push, channel: Some(event.channel) };
                ended(lock_and_tell(lock, event))
            }
            Input::Told(message) if message.event.ends(session) => ended(told(message)),
            Input::Refused(refusal) => ended(refused(refusal, session)),
            Input::SignOut => {
                let lock = Lock { reason: Reason::User, channel: None };
                let mut actions = lock_and_tell(lock, end_of(session, Channel::RpInitiated));
                actions.push(Action::SignOutAtProvider);
                ended(actions)
            }
            Input::TimeIsUp | Input::Restored if self.is_expired(now) => ended(expired()),
            // The timer runs by another clock than the one that counts.
            Input::TimeIsUp => goes_on(vec![Action::SetTimer]),
            Input::Left | Input::Restored | Input::Confirmed | Input::Unanswered => goes_on(self.change_screen(&input)),
            Input::Chosen | Input::StreamIs(_) | Input::AskedWho | Input::HolderIs(_) => goes_on(self.listen(&input)),
            Input::Pushed(_)
            | Input::Told(_)
            | Input::SignedIn { .. }
            | Input::NoSession(_)
            | Input::Concealed
            | Input::Seen
            | Input::Online
            | Input::Ticked => goes_on(Vec::new()),
        }
    }

    /// Asks the server, and hides before where nobody has seen the page for long.
    pub(super) fn wake(&mut self, wake: Wake, now: u64) -> Next {
        if self.is_expired(now) {
            return ended(expired());
        }
        let mut actions = Vec::new();
        match (self.screen, wake) {
            // `visibilitychange` comes before `pageshow`, when a page from the cache cannot send requests yet.
            (Screen::Left, _) => return goes_on(actions),
            (Screen::Shown, Wake::Long) => {
                self.screen = Screen::Veiled;
                actions.push(Action::Veil);
            }
            _ => {}
        }
        actions.push(Action::Check);
        // A stream that was open before a sleep may be dead, and none the wiser.
        if self.held.is_some_and(|held| wake == Wake::Long || held != Listening::Open) {
            actions.push(Action::OpenStream);
        }
        goes_on(actions)
    }

    fn change_screen(&mut self, input: &Input) -> Vec<Action> {
        match (input, self.screen) {
            (Input::Left, _) => {
                (self.screen, self.held) = (Screen::Left, None);
                vec![Action::Hide, Action::CloseStream]
            }
            (Input::Restored, Screen::Left) => {
                self.screen = Screen::Gone;
                vec![Action::Check]
            }
            (Input::Restored, _) => {
                self.screen = Screen::Gone;
                vec![Action::Hide, Action::Check]
            }
            (Input::Confirmed, Screen::Veiled) => {
                self.screen = Screen::Shown;
                vec![Action::Unveil]
            }
            (Input::Confirmed, Screen::Gone) => {
                self.screen = Screen::Shown;
                SHOW.to_vec()
            }
            // An empty page explains nothing; the screen that takes its place says what it waits for.
            (Input::Unanswered, Screen::Veiled) => {
                self.screen = Screen::Gone;
                vec![Action::Hide]
            }
            _ => Vec::new(),
        }
    }

    /// One tab of a session holds the stream and says how it stands with it; the others say what they hear.
    fn listen(&mut self, input: &Input) -> Vec<Action> {
        match (input, self.held) {
            // The turn of a page in the back/forward cache is over before it comes.
            (Input::Chosen, _) if self.screen != Screen::Left => {
                self.held = Some(Listening::Connecting);
                vec![Action::OpenStream]
            }
            (Input::StreamIs(listening), Some(_)) => {
                self.held = Some(*listening);
                vec![Action::ShowListening(*listening), Action::Announce(*listening)]
            }
            (Input::AskedWho, Some(listening)) => vec![Action::Announce(listening)],
            (Input::HolderIs(listening), None) => {
                let listening = if *listening == Listening::Open { Listening::Tab } else { *listening };
                vec![Action::ShowListening(listening)]
            }
            _ => Vec::new(),
        }
    }

    const fn is_expired(&self, now: u64) -> bool {
        now >= self.session.expires_at
    }
}

/// The end of exactly this session, or where the provider gives no `sid`, of the user's sessions up to this one.
fn end_of(session: &SessionRef, channel: Channel) -> LogoutEvent {
    let SessionRef { iss, sid, sub, auth_time } = session.clone();
    LogoutEvent { iss, sid, sub: Some(sub), channel, not_before: auth_time }
}

fn lock(lock: Lock, which: Which) -> Vec<Action> {
    vec![Action::Lock(lock), Action::DropTokens(which), Action::Mark, Action::CloseStream]
}

fn lock_and_tell(why: Lock, event: LogoutEvent) -> Vec<Action> {
    let mut actions = lock(why, Which::EndedBy(event.clone()));
    // Before the stream passes on: whoever is next in line need not open it to hear the same.
    let last = actions.len() - 1;
    actions.insert(last, Action::Tell(TabMessage { from: Teller::Tab, event }));
    actions
}

/// Another page said so; it has told all tabs, so this one need not.
pub(super) fn told(TabMessage { from, event }: TabMessage) -> Vec<Action> {
    let reason = match from {
        Teller::Frame => Reason::FrontChannel,
        Teller::Tab => Reason::Tab,
    };
    lock(Lock { reason, channel: Some(event.channel) }, Which::EndedBy(event))
}

fn refused(Refusal { reason, channel }: Refusal, session: &SessionRef) -> Vec<Action> {
    let check = Lock { reason: Reason::Check, channel };
    match reason {
        // Only what a provider says ends a session at the API, so that much is certain when it names no channel.
        RefusalReason::SessionEnded => lock_and_tell(check, end_of(session, channel.unwrap_or(Channel::Provider))),
        RefusalReason::Expired => expired(),
        RefusalReason::Invalid => lock(check, Which::OfThisTab),
    }
}

/// The access token is of no more use, but the session may live on: the other tabs see for themselves.
fn expired() -> Vec<Action> {
    lock(Lock { reason: Reason::Expired, channel: None }, Which::OfThisTab)
}
