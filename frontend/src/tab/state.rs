use std::collections::VecDeque;

use app::app_b::Reason;
use logout_event::wire::{TabMessage, Teller};
use logout_event::{Channel, LogoutEvent, Seen, SessionRef};

use super::{Action, Input, Lock, Session};
use crate::api::{Refusal, RefusalReason};
use crate::storage::Which;

/// How many sign-outs a tab remembers that were heard before it knew its session.
const HEARD: usize = 16;

/// What makes a session visible and keeps it so only while it lives.
const SHOW: [Action; 4] = [Action::ShowSession, Action::OpenStream, Action::SetTimer, Action::LoadNotes];

/// A tab of App B.
#[derive(Debug)]
pub(crate) struct Tab {
    state: State,
    seen: Seen,
    /// Sign-outs from before the session was known: it may be one of theirs.
    heard: VecDeque<TabMessage>,
}

#[derive(Debug)]
enum State {
    /// Not known yet.
    Checking,
    SignedIn {
        session: Session,
        hidden: bool,
    },
    /// For good: only a new page signs in.
    SignedOut,
}

impl Tab {
    /// A page that has just been loaded.
    pub(crate) fn new() -> Self {
        Self { state: State::Checking, seen: Seen::new(HEARD), heard: VecDeque::with_capacity(HEARD) }
    }

    /// Whether it has a session.
    #[cfg(test)]
    pub(super) const fn is_signed_in(&self) -> bool {
        matches!(self.state, State::SignedIn { .. })
    }

    /// What to do about an input; `now` is in seconds since the Unix epoch.
    pub(crate) fn handle(&mut self, input: Input, now: u64) -> Vec<Action> {
        match &mut self.state {
            State::Checking => self.while_checking(input),
            State::SignedIn { session, hidden } => {
                let (actions, ended) = while_signed_in(session, hidden, input, now);
                if ended {
                    self.state = State::SignedOut;
                }
                actions
            }
            // Whatever comes now, a tab that shows nothing has nothing to hide.
            State::SignedOut => Vec::new(),
        }
    }

    fn while_checking(&mut self, input: Input) -> Vec<Action> {
        match input {
            Input::SignedIn { session, fresh } => self.sign_in(session, fresh),
            Input::NoSession(reason) => {
                self.state = State::SignedOut;
                vec![Action::ShowSignedOut(reason)]
            }
            Input::Told(message) => {
                if self.seen.first_sight(&message.event) {
                    if self.heard.len() == HEARD {
                        self.heard.pop_front();
                    }
                    self.heard.push_back(message);
                }
                Vec::new()
            }
            Input::Restored => vec![Action::Reload],
            Input::Pushed(_)
            | Input::Refused(_)
            | Input::Confirmed
            | Input::TimeIsUp
            | Input::SignOut
            | Input::Left
            | Input::Woken => Vec::new(),
        }
    }

    /// A sign-out that was heard while the code was being exchanged ends the session before it is shown.
    fn sign_in(&mut self, session: Session, fresh: bool) -> Vec<Action> {
        let ended = self.heard.drain(..).find(|message| message.event.ends(&session.session));
        if let Some(message) = ended {
            self.state = State::SignedOut;
            return told(message);
        }
        self.state = State::SignedIn { session, hidden: false };
        let store = fresh.then_some(Action::StoreTokens);
        store.into_iter().chain(SHOW).collect()
    }
}

/// What to do, and whether the session is over.
fn while_signed_in(session: &Session, hidden: &mut bool, input: Input, now: u64) -> (Vec<Action>, bool) {
    let is_expired = now >= session.expires_at;
    let session = &session.session;
    let ended = |actions| (actions, true);
    let goes_on = |actions| (actions, false);
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
        Input::TimeIsUp | Input::Woken | Input::Restored if is_expired => ended(expired()),
        // The timer runs by another clock than the one that counts.
        Input::TimeIsUp => goes_on(vec![Action::SetTimer]),
        // `visibilitychange` comes before `pageshow`, when a page from the cache cannot send requests yet.
        Input::Woken if *hidden => goes_on(Vec::new()),
        Input::Woken => goes_on(vec![Action::Check, Action::OpenStream]),
        Input::Left => {
            *hidden = true;
            goes_on(vec![Action::Hide, Action::CloseStream])
        }
        Input::Restored if *hidden => goes_on(vec![Action::Check]),
        Input::Restored => {
            *hidden = true;
            goes_on(vec![Action::Hide, Action::Check])
        }
        Input::Confirmed if *hidden => {
            *hidden = false;
            goes_on(SHOW.to_vec())
        }
        Input::Pushed(_) | Input::Told(_) | Input::Confirmed | Input::SignedIn { .. } | Input::NoSession(_) => {
            goes_on(Vec::new())
        }
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
    actions.push(Action::Tell(TabMessage { from: Teller::Tab, event }));
    actions
}

/// Another page said so; it has told all tabs, so this one need not.
fn told(TabMessage { from, event }: TabMessage) -> Vec<Action> {
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
