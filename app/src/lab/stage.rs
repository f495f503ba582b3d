//! The windows that the lab has opened, as far as they have told of themselves.

use super::wire::{FromWindow, Milliseconds, Place, State, Switches};

/// More windows than this are not opened: ten tabs of App B, one of App A, one of the provider, and a few to spare.
pub const MOST_WINDOWS: usize = 16;

/// Who serves a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// App A.
    AppA,
    /// App B.
    AppB,
    /// The provider.
    Provider,
}

impl Party {
    /// All of them, in the order of the buttons that open them.
    pub const ALL: [Self; 3] = [Self::AppA, Self::AppB, Self::Provider];

    /// As in origins, tests and names of windows.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::AppA => "app-a",
            Self::AppB => "app-b",
            Self::Provider => "provider",
        }
    }

    /// For readers.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::AppA => "App A",
            Self::AppB => "App B",
            Self::Provider => "Provider",
        }
    }

    /// Its server.
    #[must_use]
    pub const fn server(self) -> Place {
        match self {
            Self::AppA => Place::AppA,
            Self::AppB => Place::AppB,
            Self::Provider => Place::Provider,
        }
    }

    /// Whose window has this name: `app-a`, `app-b-3`.
    #[must_use]
    pub fn of_window(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|party| name.strip_prefix(party.id()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')))
    }

    /// Whose page has this origin.
    #[must_use]
    pub fn of_origin(origin: &str, state: &State) -> Option<Self> {
        Self::ALL.into_iter().find(|party| party.origin(state) == origin)
    }

    /// Its origin in this demo.
    #[must_use]
    pub fn origin(self, state: &State) -> &str {
        match self {
            Self::AppA => &state.app_a,
            Self::AppB => &state.app_b,
            Self::Provider => &state.provider,
        }
    }

    /// Whether it runs, by the switches.
    #[must_use]
    pub const fn is_on(self, switches: &Switches) -> bool {
        match self {
            Self::AppA => switches.app_a,
            Self::AppB => switches.app_b,
            Self::Provider => true,
        }
    }

    /// The name of its nth window, from 1. Only App B has several.
    #[must_use]
    pub fn window(self, number: usize) -> String {
        match self {
            Self::AppB => format!("app-b-{number}"),
            Self::AppA | Self::Provider => self.id().to_owned(),
        }
    }

    /// The title of its nth window.
    #[must_use]
    pub fn window_title(self, number: usize) -> String {
        match self {
            Self::AppB => format!("App B, tab {number}"),
            Self::AppA | Self::Provider => format!("{}, tab", self.title()),
        }
    }
}

/// What a window is called that was opened by the lab before this page of it: by its own name, where it says one that the
/// lab gives; else as the first of the party whose page it shows. None if that name is taken, or there is no room.
#[must_use]
pub fn name_of_adopted(claimed: Option<&str>, shows: Party, taken: &[&str]) -> Option<String> {
    if taken.len() >= MOST_WINDOWS {
        return None;
    }
    let names = |party: Party| {
        let most = if party == Party::AppB { MOST_WINDOWS } else { 1 };
        (1..=most).map(move |number| party.window(number))
    };
    let claimed = claimed.and_then(|claimed| Party::ALL.into_iter().flat_map(names).find(|name| name == claimed));
    let is_free = |name: &String| !taken.contains(&name.as_str());
    match claimed {
        Some(claimed) => Some(claimed).filter(is_free),
        None => names(shows).find(is_free),
    }
}

/// What to do where so many windows are missing, and there is no room for them beside those that are open.
#[must_use]
pub fn no_room(open: usize, missing: usize) -> Option<String> {
    let excess = (open + missing).checked_sub(MOST_WINDOWS).filter(|excess| *excess > 0)?;
    let close = if excess == 1 { "Close one".to_owned() } else { format!("Close {excess}") };
    Some(format!("{open} windows of the demo are open, and the lab opens {MOST_WINDOWS} at most. {close} first."))
}

/// What a page says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Whose it is; none if its origin is nobody's.
    pub party: Option<Party>,
    /// Its path.
    pub path: String,
    /// `data-session`.
    pub session: Option<String>,
    /// `data-user`.
    pub user: Option<String>,
    /// `data-reason`.
    pub reason: Option<String>,
    /// `data-listening`.
    pub listening: Option<String>,
}

/// What is done about a window that says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Nothing: it is waited for.
    Wait,
    /// It is asked what it shows.
    Ask,
    /// Its page is loaded anew: it may have come without the lab's script, or not at all.
    Load,
}

/// What to do about a window after so many ticks of half a second in which it said nothing. A page that was `never` heard is
/// loaded anew after 5 s; a slow one is given twice as long each time, so that it can come.
#[must_use]
pub const fn after_silence(ticks: u32, never: bool) -> Silence {
    const ASK: u32 = 3;
    const LOAD: u32 = 10;
    let is_time = ticks.is_multiple_of(LOAD) && (ticks / LOAD).is_power_of_two();
    if never && is_time {
        Silence::Load
    } else if ticks.is_multiple_of(ASK) {
        Silence::Ask
    } else {
        Silence::Wait
    }
}

/// One of the windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Whose it is; it may show the provider's page for a while.
    pub party: Party,
    /// What it shows; none while nothing has been heard, and when the page that it showed has gone.
    pub page: Option<Page>,
    /// When a page of it said last what it shows.
    pub told: Option<Milliseconds>,
}

impl Window {
    /// The nth window of a party.
    #[must_use]
    pub fn new(party: Party, number: usize) -> Self {
        Self { name: party.window(number), title: party.window_title(number), party, page: None, told: None }
    }

    /// Whether it shows its own party's page and somebody is signed in there.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.own().is_some_and(|page| page.session.as_deref() == Some("signed-in"))
    }

    /// Whether it shows its own party's page and nobody is signed in there.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        self.own().is_some_and(|page| page.session.as_deref() == Some("signed-out"))
    }

    /// Whether it shows a page that stays as it is until something happens.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.page.as_ref().is_some_and(|page| page.session.as_deref() != Some("checking"))
    }

    /// Whether a push, of its own or another tab's, would reach it.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.own().is_some_and(|page| matches!(page.listening.as_deref(), Some("open" | "tab")))
    }

    /// Its page, if it is its own party's.
    #[must_use]
    pub fn own(&self) -> Option<&Page> {
        self.page.as_ref().filter(|page| page.party == Some(self.party))
    }

    /// What `data-session` of its entry says: of its own party's page, or `elsewhere`, or `loading` where no page is known.
    #[must_use]
    pub fn session(&self) -> &str {
        match (&self.page, self.own()) {
            (None, _) => "loading",
            (Some(_), None) => "elsewhere",
            (_, Some(page)) => page.session.as_deref().unwrap_or("none"),
        }
    }

    /// How it stands, in a few words.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Some((page, party)) = self.page.as_ref().and_then(|page| Some((page, page.party?))) else {
            let text = if self.told.is_some() { "shows no page of the demo" } else { "loading…" };
            return text.to_owned();
        };
        let user = page.user.as_deref().unwrap_or("somebody");
        match (party == self.party, page.session.as_deref()) {
            (false, _) => format!("is at {} {}", party.title(), page.path),
            (true, Some("signed-in")) => match page.listening.as_deref() {
                Some("open") => format!("signed in as {user}, listening"),
                Some("tab") => format!("signed in as {user}, listening through another tab"),
                Some("connecting" | "reconnecting") => format!("signed in as {user}, connecting"),
                _ => format!("signed in as {user}"),
            },
            (true, Some("signed-out")) => match page.reason.as_deref().map(reason_words) {
                Some(how) => format!("signed out: {how}"),
                None => "signed out".to_owned(),
            },
            (true, Some("checking")) => "checking…".to_owned(),
            (true, _) => format!("shows {}", page.path),
        }
    }

    /// Takes in what it tells.
    pub fn hear(&mut self, told: &FromWindow, state: &State) {
        match told {
            FromWindow::State { at, origin, path, session, user, reason, listening, .. } => {
                self.told = Some(*at);
                self.page = Some(Page {
                    party: Party::of_origin(origin, state),
                    path: plain_path(path),
                    session: session.clone(),
                    user: user.clone(),
                    reason: reason.clone(),
                    listening: listening.clone(),
                });
            }
            // Of a page that another has followed it can come late, and even by its own time.
            FromWindow::Gone { at, origin } => {
                let is_its = self.page.as_ref().is_some_and(|page| page.party == Party::of_origin(origin, state));
                if is_its && self.told.is_some_and(|told| *at >= told) {
                    self.page = None;
                }
            }
            FromWindow::Click { .. }
            | FromWindow::Answer { .. }
            | FromWindow::Kept { .. }
            | FromWindow::Tried { .. }
            | FromWindow::Here { .. } => {}
        }
    }
}

/// A path without what is long: the address of a result is only for the browser that it was made for.
fn plain_path(path: &str) -> String {
    const LONGEST: usize = 20;
    let parts = path.split('/').map(|part| if part.chars().count() > LONGEST { "…" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// `data-reason` in words.
#[must_use]
pub fn reason_words(reason: &str) -> &str {
    match reason {
        "push" => "its server pushed",
        "tab" => "another tab told it",
        "front-channel" => "a frame told it",
        "check" => "it asked its server",
        "expired" => "its token expired",
        "user" => "the user signed out here",
        "" => "not said",
        other => other,
    }
}

#[cfg(test)]
mod tests;
