//! What decides about a renewal: when it is due, what another tab has done meanwhile, what an outcome means.

use logout_event::SessionRef;

use crate::storage::TokenRecord;

/// What became of a try.
pub(crate) enum Outcome {
    /// There are new tokens, and they are stored.
    Renewed(Box<TokenRecord>),
    /// The provider says that there are none: the session has ended.
    Refused,
    /// There is no way to, which says nothing about the session.
    Impossible,
    /// The tokens were removed or replaced meanwhile.
    Gone,
    /// Not now; worth another try.
    Failed,
}

/// What is stored, compared with what a tab has.
#[cfg_attr(test, derive(PartialEq, Eq))]
pub(crate) enum Stored {
    /// Nothing, or another session's tokens.
    Gone,
    /// Newer tokens of the same session, good to use.
    Newer(Box<TokenRecord>),
    /// Nothing newer; these are to be renewed.
    Same(Box<TokenRecord>),
}

/// Compares; `now` is in seconds since the Unix epoch.
pub(crate) fn compare(mine: &TokenRecord, stored: Option<TokenRecord>, now: u64) -> Stored {
    match stored {
        Some(stored) if !is_same_session(&stored.session, &mine.session) => Stored::Gone,
        Some(stored) if stored.access_token != mine.access_token && now < stored.expires_at => {
            Stored::Newer(Box::new(stored))
        }
        Some(stored) => Stored::Same(Box::new(stored)),
        None => Stored::Gone,
    }
}

/// How often tokens were removed or replaced by a sign-in, and which are there.
#[derive(Clone, Default)]
pub(crate) struct Shelf {
    pub(crate) generation: u64,
    pub(crate) record: Option<TokenRecord>,
}

/// Whether what a renewal gave may be stored: the tokens that it began with must still be there, not removed by a sign-out
/// and not replaced by another sign-in (T-11).
pub(crate) fn may_keep(before: &TokenRecord, generation: u64, found: &Shelf) -> bool {
    let is_there = |found: &TokenRecord| is_same_session(&found.session, &before.session);
    found.generation == generation && found.record.as_ref().is_some_and(is_there)
}

/// How many sign-ins are noted: tabs may still have one before the latest.
const NOTED: usize = 8;

/// What a tab notes for the other processes of its browser when it has renewed: a line for each sign-in, the latest last.
pub(crate) fn note(noted: &str, renewed: &TokenRecord) -> String {
    let TokenRecord { sign_in, renewals, .. } = renewed;
    let others = noted.lines().filter(|line| line.split_once(' ').is_some_and(|(known, _)| known != sign_in));
    let mut lines: Vec<String> = others.map(str::to_owned).collect();
    lines.drain(..(lines.len() + 1).saturating_sub(NOTED));
    lines.push(format!("{sign_in} {renewals}"));
    lines.join("\n")
}

/// Whether these tokens are older than the renewal that was noted: what another process has stored is still on its way.
pub(crate) fn is_behind(record: &TokenRecord, noted: &str) -> bool {
    let mut lines = noted.lines().filter_map(|line| line.split_once(' '));
    let line = lines.find(|(sign_in, _)| *sign_in == record.sign_in);
    line.and_then(|(_, renewals)| renewals.parse::<u64>().ok()).is_some_and(|renewals| record.renewals < renewals)
}

/// Whether both are the same session at the provider. One that gives no `sid` has as many as sign-ins.
pub(crate) fn is_same_session(one: &SessionRef, other: &SessionRef) -> bool {
    let is_same_sign_in = one.sid.is_some() || one.auth_time == other.auth_time;
    one.iss == other.iss && one.sub == other.sub && one.sid == other.sid && is_same_sign_in
}

/// From when on tokens are renewed: at 75 % of their time, and by chance up to a twentieth later, so that many tabs, and
/// many browsers, do not come at once. `jitter` gives a number below its argument. All in seconds.
pub(crate) fn due_at(issued_at: u64, expires_at: u64, jitter: impl FnOnce(u32) -> u32) -> u64 {
    let lifetime = expires_at.saturating_sub(issued_at);
    let spread = u32::try_from(lifetime / 20).unwrap_or(u32::MAX).saturating_add(1);
    issued_at.saturating_add(lifetime - lifetime / 4).saturating_add(jitter(spread).into())
}

#[cfg(test)]
mod interleavings;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::record;

    #[test]
    fn tokens_are_renewed_in_the_last_quarter_of_their_time() {
        for (lifetime, first, last) in [(300, 225, 240), (60, 45, 48), (4, 3, 3), (0, 0, 0), (3_600, 2_700, 2_880)] {
            assert_eq!(due_at(1_000, 1_000 + lifetime, |_| 0), 1_000 + first, "{lifetime}");
            assert_eq!(due_at(1_000, 1_000 + lifetime, |limit| limit - 1), 1_000 + last, "{lifetime}");
        }
        assert_eq!(due_at(u64::MAX, 0, |_| 0), u64::MAX);
    }

    fn newer(access_token: &str, sid: &str, expires_at: u64) -> TokenRecord {
        TokenRecord { expires_at, ..record(access_token, sid) }
    }

    /// T-23: unchanged is renewed, changed and good is taken over, gone is gone.
    #[test]
    fn a_tab_looks_at_what_the_one_before_has_done() {
        let mine = record("a", "s1");
        let table = [
            ("unchanged", Some(record("a", "s1")), "same"),
            ("renewed", Some(newer("b", "s1", 600)), "newer"),
            ("renewed, long ago", Some(newer("b", "s1", 350)), "same"),
            ("another session", Some(newer("b", "s2", 600)), "gone"),
            ("signed out", None, "gone"),
        ];
        for (what, stored, expected) in table {
            let found = match compare(&mine, stored.clone(), 350) {
                Stored::Gone => "gone",
                Stored::Newer(record) => {
                    assert!(Some(*record) == stored);
                    "newer"
                }
                Stored::Same(record) => {
                    assert!(Some(*record) == stored, "{what}: the stored refresh token is the one that is still good");
                    "same"
                }
            };
            assert_eq!(found, expected, "{what}");
        }
    }

    /// T-23: localStorage may lag behind the lock.
    #[test]
    fn what_another_process_has_renewed_is_waited_for() {
        let renewed =
            |sign_in: &str, renewals| TokenRecord { sign_in: sign_in.to_owned(), renewals, ..record("a", "s1") };
        let noted = note(&note(&note("", &renewed("i1", 1)), &renewed("i0", 7)), &renewed("i1", 2));
        assert_eq!(noted, "i0 7\ni1 2");
        for (mine, expected) in
            [(renewed("i1", 1), true), (renewed("i1", 2), false), (renewed("i1", 3), false), (renewed("i2", 0), false)]
        {
            assert_eq!(is_behind(&mine, &noted), expected, "{} {}", mine.sign_in, mine.renewals);
        }
        let many = (0..20).fold(noted, |noted, n| note(&noted, &renewed(&format!("s{n}"), 1)));
        assert_eq!(many.lines().count(), NOTED);
        assert!(many.ends_with("s19 1"));
        for noted in ["", "i1", "i1 ", "i1 x", "i1 -1"] {
            assert!(!is_behind(&renewed("i1", 0), noted), "{noted}");
        }
    }

    #[test]
    fn without_a_sid_a_session_is_a_sign_in() {
        let with = |sid: Option<&str>, sub: &str, auth_time| SessionRef {
            iss: "op".to_owned(),
            sid: sid.map(str::to_owned),
            sub: sub.to_owned(),
            auth_time,
        };
        let table = [
            (with(Some("s1"), "u1", 1), with(Some("s1"), "u1", 2), true),
            (with(Some("s1"), "u1", 1), with(Some("s2"), "u1", 1), false),
            (with(Some("s1"), "u1", 1), with(Some("s1"), "u2", 1), false),
            (with(Some("s1"), "u1", 1), with(None, "u1", 1), false),
            (with(None, "u1", 1), with(None, "u1", 1), true),
            (with(None, "u1", 1), with(None, "u1", 2), false),
        ];
        for (one, other, expected) in table {
            assert_eq!(is_same_session(&one, &other), expected, "{one:?} {other:?}");
            assert_eq!(is_same_session(&other, &one), expected, "{other:?} {one:?}");
        }
    }
}
