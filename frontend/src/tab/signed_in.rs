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
    renewal: Renewal,
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

/// How it stands with the renewal of the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Renewal {
    /// There is none.
    Idle,
    /// It is under way.
    UnderWay,
    /// It was made early, because the API said that the token had expired. Once: a server with a wrong clock would have
    /// this tab renew for ever.
    Forced,
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
    /// A session that has just begun in this tab.
    pub(super) const fn fresh(session: Session) -> Self {
        Self { session, screen: Screen::Shown, held: None, renewal: Renewal::Idle }
    }

    /// A session that was found in storage, and what to do first.
    pub(super) fn stored(session: Session, now: u64) -> (Self, Vec<Action>) {
        let mut signed_in = Self { screen: Screen::Gone, ..Self::fresh(session) };
        let mut actions = vec![Action::Hide];
        actions.extend(signed_in.ask(now));
        (signed_in, actions)
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
            // A hidden tab's stream was cut, and its token's time is up: nothing that it did not know.
            Input::Refused(refusal) if refusal.reason == RefusalReason::Expired && self.is_due(now) => {
                goes_on(self.renew_if_due(now))
            }
            Input::Refused(refusal) if refusal.reason == RefusalReason::Expired && self.may_force() => {
                goes_on(self.force(now))
            }
            Input::Refused(refusal) => refused(refusal, session),
            Input::SignOut => {
                let lock = Lock { reason: Reason::User, channel: None };
                let mut actions = lock_and_tell(lock, end_of(session, Channel::RpInitiated));
                actions.push(Action::SignOutAtProvider);
                ended(actions)
            }
            Input::RenewalRefused => {
                let lock = Lock { reason: Reason::Check, channel: Some(Channel::Provider) };
                let mut actions = lock_and_tell(lock, end_of(session, Channel::Provider));
                actions.push(Action::RefuseAtApi);
                ended(actions)
            }
            Input::Gone => ended(lock(Lock { reason: Reason::Tab, channel: None }, Which::OfThisTab)),
            Input::TimeIsUp | Input::Restored if self.is_over(now) => ended(expired()),
            Input::RenewalImpossible => {
                (self.session.renew_at, self.renewal) = (None, Renewal::Idle);
                if self.is_over(now) { ended(expired()) } else { goes_on(self.after_renewal(now)) }
            }
            Input::Renewed(session) => goes_on(self.renewed(session, now)),
            Input::NotRenewed => goes_on(self.not_renewed(now)),
            Input::TimeIsUp if self.is_expired(now) => goes_on(Vec::new()),
            // The timer runs by another clock than the one that counts.
            Input::TimeIsUp => goes_on(vec![Action::SetTimer]),
            Input::Ticked => goes_on(self.renew_if_due(now)),
            Input::Left | Input::Restored | Input::Confirmed | Input::Unanswered => {
                goes_on(self.change_screen(&input, now))
            }
            Input::Chosen | Input::StreamIs(_) | Input::AskedWho | Input::HolderIs(_) => goes_on(self.listen(&input)),
            Input::Pushed(_)
            | Input::Told(_)
            | Input::SignedIn { .. }
            | Input::NoSession(_)
            | Input::Concealed
            | Input::Seen
            | Input::Online => goes_on(Vec::new()),
        }
    }

    /// Renews what is to be renewed, or else asks the server; and hides before where nobody has seen the page for long.
    pub(super) fn wake(&mut self, wake: Wake, now: u64) -> Next {
        if self.is_over(now) {
            return ended(expired());
        }
        let mut actions = Vec::new();
        match self.screen {
            // `visibilitychange` comes before `pageshow`, when a page from the cache cannot send requests yet.
            Screen::Left => return goes_on(actions),
            Screen::Shown if wake == Wake::Long || self.is_expired(now) => {
                self.screen = Screen::Veiled;
                actions.push(Action::Veil);
            }
            _ => {}
        }
        if self.renewal == Renewal::UnderWay {
            actions.push(Action::HurryRenewal);
        }
        actions.extend(self.ask(now));
        // A stream that was open before a sleep may be dead, and none the wiser.
        if self.held.is_some_and(|held| wake == Wake::Long || held != Listening::Open) {
            if self.is_expired(now) {
                // The server would refuse it; it comes with the next tokens.
                self.held = Some(Listening::Connecting);
            } else {
                actions.push(Action::OpenStream);
            }
        }
        goes_on(actions)
    }

    /// Before anything is asked with tokens that are to be renewed, they are.
    fn ask(&mut self, now: u64) -> Vec<Action> {
        let renew = self.renew_if_due(now);
        if renew.is_empty() && !self.is_expired(now) { vec![Action::Check] } else { renew }
    }

    fn renew_if_due(&mut self, now: u64) -> Vec<Action> {
        if !self.is_due(now) || self.renewal == Renewal::UnderWay || self.screen == Screen::Left {
            return Vec::new();
        }
        self.renewal = Renewal::UnderWay;
        vec![Action::Renew]
    }

    fn is_due(&self, now: u64) -> bool {
        self.session.renew_at.is_some_and(|renew_at| now >= renew_at)
    }

    const fn may_force(&self) -> bool {
        self.session.renew_at.is_some() && !matches!(self.renewal, Renewal::Forced)
    }

    /// What the API refuses is worth nothing, whatever this machine's clock says.
    fn force(&mut self, now: u64) -> Vec<Action> {
        if self.renewal != Renewal::UnderWay {
            (self.session.expires_at, self.session.renew_at) = (0, Some(0));
        }
        self.renew_if_due(now)
    }

    fn renewed(&mut self, session: Session, now: u64) -> Vec<Action> {
        let was_forced = self.session.expires_at == 0;
        self.session = session;
        self.renewal = if was_forced { Renewal::Forced } else { Renewal::Idle };
        let mut actions = vec![Action::SetTimer];
        actions.extend(self.after_renewal(now));
        if self.held.is_some_and(|held| held != Listening::Open) && self.screen != Screen::Left {
            actions.push(Action::OpenStream);
        }
        actions
    }

    /// What waited for it: the question to the server.
    fn after_renewal(&self, now: u64) -> Vec<Action> {
        let mut actions = vec![Action::ShowFacts];
        if matches!(self.screen, Screen::Veiled | Screen::Gone) && !self.is_expired(now) {
            actions.push(Action::Check);
        }
        actions
    }

    /// The server can be asked all the same, for as long as the tokens are good.
    fn not_renewed(&mut self, now: u64) -> Vec<Action> {
        match self.screen {
            Screen::Veiled | Screen::Gone if !self.is_expired(now) => vec![Action::Check],
            Screen::Veiled => {
                self.screen = Screen::Gone;
                vec![Action::Hide]
            }
            _ => Vec::new(),
        }
    }

    fn change_screen(&mut self, input: &Input, now: u64) -> Vec<Action> {
        match (input, self.screen) {
            (Input::Left, _) => {
                (self.screen, self.held) = (Screen::Left, None);
                vec![Action::Hide, Action::CloseStream, Action::LetOthersRenew]
            }
            (Input::Restored, before) => {
                self.screen = Screen::Gone;
                let mut actions = if before == Screen::Left { Vec::new() } else { vec![Action::Hide] };
                actions.extend(self.ask(now));
                actions
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

    /// Nobody has ended the session, but there is no way on.
    const fn is_over(&self, now: u64) -> bool {
        self.is_expired(now) && self.session.renew_at.is_none()
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

fn refused(Refusal { reason, channel }: Refusal, session: &SessionRef) -> Next {
    let check = Lock { reason: Reason::Check, channel };
    ended(match reason {
        // Of the request, and not of the token.
        RefusalReason::Proof => return goes_on(Vec::new()),
        // Only what a provider says ends a session at the API, so that much is certain when it names no channel.
        RefusalReason::SessionEnded => lock_and_tell(check, end_of(session, channel.unwrap_or(Channel::Provider))),
        RefusalReason::Expired => expired(),
        RefusalReason::Invalid => lock(check, Which::OfThisTab),
    })
}

/// The access token is of no more use, but the session may live on: the other tabs see for themselves.
fn expired() -> Vec<Action> {
    lock(Lock { reason: Reason::Expired, channel: None }, Which::OfThisTab)
}
