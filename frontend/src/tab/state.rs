use std::collections::VecDeque;

use logout_event::Seen;
use logout_event::wire::TabMessage;

use super::attention::Attention;
use super::signed_in::{SHOW, SignedIn, told};
use super::{Action, Input, Session};

/// How many sign-outs a tab remembers that were heard before it knew its session.
const HEARD: usize = 16;

/// A tab of App B.
#[derive(Debug)]
pub(crate) struct Tab {
    state: State,
    attention: Attention,
    seen: Seen,
    /// Sign-outs from before the session was known: it may be one of theirs.
    heard: VecDeque<TabMessage>,
}

#[derive(Debug)]
enum State {
    /// Not known yet.
    Checking,
    SignedIn(SignedIn),
    /// For good: only a new page signs in.
    SignedOut,
}

impl Tab {
    /// A page that has just been loaded.
    pub(crate) fn new() -> Self {
        Self {
            state: State::Checking,
            attention: Attention::default(),
            seen: Seen::new(HEARD),
            heard: VecDeque::with_capacity(HEARD),
        }
    }

    /// Whether it has a session.
    #[cfg(test)]
    pub(super) const fn is_signed_in(&self) -> bool {
        matches!(self.state, State::SignedIn(_))
    }

    /// What to do about an input; `now` is in seconds since the Unix epoch.
    pub(crate) fn handle(&mut self, input: Input, now: u64) -> Vec<Action> {
        let wake = self.attention.notice(&input, now);
        match &mut self.state {
            State::Checking => self.while_checking(input, now),
            State::SignedIn(signed_in) => {
                let (actions, ended) = match wake {
                    Some(wake) => signed_in.wake(wake, now),
                    // Nothing is asked of the provider for a tab that nobody looks at.
                    None if input == Input::Ticked && self.attention.is_concealed() => return Vec::new(),
                    None => signed_in.handle(input, now),
                };
                if ended {
                    self.state = State::SignedOut;
                }
                actions
            }
            // Whatever comes now, a tab that shows nothing has nothing to hide; and it asks, renews and retries nothing.
            State::SignedOut => Vec::new(),
        }
    }

    fn while_checking(&mut self, input: Input, now: u64) -> Vec<Action> {
        match input {
            Input::SignedIn { session, fresh } => self.sign_in(session, fresh, now),
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
            _ => Vec::new(),
        }
    }

    /// A sign-out that was heard while the code was being exchanged ends the session before it is shown. One that comes
    /// from storage may have ended unheard, so its server is asked first.
    fn sign_in(&mut self, session: Session, fresh: bool, now: u64) -> Vec<Action> {
        let ended = self.heard.drain(..).find(|message| message.event.ends(&session.session));
        if let Some(message) = ended {
            self.state = State::SignedOut;
            return told(message);
        }
        let (signed_in, actions) = if fresh {
            let actions = [Action::StoreTokens].into_iter().chain(SHOW).collect();
            (SignedIn::fresh(session), actions)
        } else {
            SignedIn::stored(session, now)
        };
        self.state = State::SignedIn(signed_in);
        actions
    }
}
