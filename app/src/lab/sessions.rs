//! Which sessions of the provider the apps' tabs live in, as far as the parties have told while the lab listened.

use std::collections::{BTreeMap, BTreeSet};

use super::compose::carried;
use super::stage::{Party, Window};
use super::wire::{Kind, Outcome, Place, Report};

/// Of the last sessions: their fingerprints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    /// Those that have begun while the lab listened.
    begun: BTreeSet<String>,
    /// Those that have ended.
    ended: BTreeSet<String>,
    /// The session of the code that each app got last.
    of_app: BTreeMap<Party, String>,
    /// Which app has got a code of which session.
    codes: BTreeSet<(String, Party)>,
}

/// More sessions than this are not kept in mind.
const MOST: usize = 256;

/// What a report says of sessions beyond its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Nothing new.
    Nothing,
    /// An app got its first code of a session: somebody signs in there. A later one only renews its tokens.
    FirstCode(Party),
}

impl Sessions {
    /// Takes in what the provider tells.
    pub fn hear(&mut self, report: &Report) -> News {
        if report.from != Place::Provider || report.outcome != Outcome::Done {
            return News::Nothing;
        }
        let Some(session) = carried(report, "provider's session") else { return News::Nothing };
        match report.kind {
            Kind::SignIn => {
                self.make_room();
                self.begun.insert(session.to_owned());
            }
            Kind::Ended => {
                self.make_room();
                self.begun.remove(session);
                self.ended.insert(session.to_owned());
                self.codes.retain(|(of, _)| of != session);
            }
            Kind::Redirect => {
                let client = carried(report, "client_id");
                let Some(party) = Party::ALL.into_iter().find(|party| Some(party.id()) == client) else {
                    return News::Nothing;
                };
                self.of_app.insert(party, session.to_owned());
                // Of a session from before the lab listened nobody knows whether it is the first.
                if self.begun.contains(session) && self.codes.insert((session.to_owned(), party)) {
                    return News::FirstCode(party);
                }
            }
            _ => {}
        }
        News::Nothing
    }

    fn make_room(&mut self) {
        if self.begun.len() + self.ended.len() >= MOST {
            *self = Self::default();
        }
    }

    fn is_over(&self, party: Party) -> bool {
        self.of_app.get(&party).is_some_and(|session| self.ended.contains(session))
    }

    fn is_live(&self, party: Party) -> bool {
        self.of_app.get(&party).is_some_and(|session| self.begun.contains(session))
    }

    /// Whether both apps are known to live in sessions of the provider, and not in the same.
    #[must_use]
    pub fn are_apart(&self) -> bool {
        let of = |party| self.of_app.get(&party);
        of(Party::AppA).zip(of(Party::AppB)).is_some_and(|(one, other)| one != other)
    }

    /// The windows in which `user` is signed in, perhaps in a session that is over: one that nobody told of its end, with both
    /// channels off. They are so where it is known that it is over; where the other app is signed out, and it is not known to
    /// live; and where both apps are known to live in different ones.
    #[must_use]
    pub fn left_over(&self, windows: &[Window], user: &str) -> Vec<String> {
        let of = |party: Party| windows.iter().filter(move |window| window.party == party);
        let is_in = |window: &Window| {
            window.is_signed_in() && window.own().and_then(|page| page.user.as_deref()).is_some_and(|it| it == user)
        };
        let other = |party: Party| if party == Party::AppA { Party::AppB } else { Party::AppA };
        let is_left = |party: Party| {
            let is_other_out = of(other(party)).any(Window::is_signed_out);
            (is_other_out && !self.is_live(party)) || self.is_over(party) || self.are_apart()
        };
        let parties = [Party::AppA, Party::AppB].into_iter().filter(|party| is_left(*party));
        parties.flat_map(|party| of(party).filter(|window| is_in(window))).map(|window| window.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sample;

    fn told(kind: Kind, session: &str, client: Option<&str>) -> Report {
        let mut carries = vec![("provider's session", session)];
        carries.extend(client.map(|client| ("client_id", client)));
        let to = if kind == Kind::Redirect { Place::Browser } else { Place::Provider };
        Report { to, ..sample::inside(1.0, Place::Provider, kind, &carries) }
    }

    fn hear(sessions: &mut Sessions, kind: Kind, session: &str, client: Option<&str>) -> News {
        sessions.hear(&told(kind, session, client))
    }

    /// App A signed out, and tabs of App B in which alice is signed in.
    fn a_is_out() -> Vec<Window> {
        let state = sample::state();
        let mut windows = sample::windows(2);
        windows[0].hear(&sample::shows(2.0, &state.app_a, "signed-out", None), &state);
        windows
    }

    #[test]
    fn a_tab_that_is_signed_in_where_the_other_app_is_not_holds_a_session_that_may_be_over() {
        let mut sessions = Sessions::default();
        assert_eq!(sessions.left_over(&sample::windows(2), "alice"), [""; 0], "both are signed in");
        assert_eq!(sessions.left_over(&a_is_out(), "alice"), ["app-b-1", "app-b-2"]);
        assert_eq!(sessions.left_over(&a_is_out(), "bob"), [""; 0], "another user's is not the lab's to end");
        assert_eq!(sessions.left_over(&a_is_out()[1..], "alice"), [""; 0], "there is no other tab");
        hear(&mut sessions, Kind::SignIn, "s1", None);
        hear(&mut sessions, Kind::Redirect, "s1", Some("app-b"));
        assert_eq!(sessions.left_over(&a_is_out(), "alice"), [""; 0], "it is known to live");
        hear(&mut sessions, Kind::Ended, "s1", None);
        assert_eq!(sessions.left_over(&a_is_out(), "alice"), ["app-b-1", "app-b-2"]);
    }

    #[test]
    fn apps_that_live_in_two_sessions_of_the_provider_are_apart() {
        let mut sessions = Sessions::default();
        for (kind, client) in [(Kind::SignIn, None), (Kind::Redirect, Some("app-a")), (Kind::Redirect, Some("app-b"))] {
            hear(&mut sessions, kind, "s1", client);
        }
        assert!(!sessions.are_apart());
        assert_eq!(sessions.left_over(&sample::windows(1), "alice"), [""; 0]);
        hear(&mut sessions, Kind::Ended, "s1", None);
        assert_eq!(sessions.left_over(&sample::windows(1), "alice"), ["app-a", "app-b-1"], "nobody told them");
        hear(&mut sessions, Kind::SignIn, "s2", None);
        hear(&mut sessions, Kind::Redirect, "s2", Some("app-a"));
        assert!(sessions.are_apart());
        assert_eq!(sessions.left_over(&sample::windows(1), "alice"), ["app-a", "app-b-1"]);
    }

    #[test]
    fn a_first_code_is_a_sign_in_and_another_of_the_same_session_renews() {
        let mut sessions = Sessions::default();
        assert_eq!(
            hear(&mut sessions, Kind::Redirect, "s0", Some("app-b")),
            News::Nothing,
            "begun before the lab listened"
        );
        hear(&mut sessions, Kind::SignIn, "s1", None);
        assert_eq!(hear(&mut sessions, Kind::Redirect, "s1", Some("app-a")), News::FirstCode(Party::AppA));
        assert_eq!(hear(&mut sessions, Kind::Redirect, "s1", Some("app-b")), News::FirstCode(Party::AppB));
        assert_eq!(hear(&mut sessions, Kind::Redirect, "s1", Some("app-b")), News::Nothing);
        assert_eq!(hear(&mut sessions, Kind::Redirect, "s1", Some("other")), News::Nothing);
    }

    #[test]
    fn what_is_kept_in_mind_is_bounded() {
        let mut sessions = Sessions::default();
        for number in 0..3 * MOST {
            let kind = if number % 3 == 0 { Kind::Ended } else { Kind::SignIn };
            hear(&mut sessions, kind, &number.to_string(), None);
            assert!(sessions.begun.len() + sessions.ended.len() <= MOST);
        }
    }
}
