//! Tabs that renew, sign out and sign in, in any order, over a storage that each process sees a little late, and a provider
//! that takes each refresh token once.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::{Shelf, Stored, compare, is_behind, is_same_session, may_keep, note};
use crate::storage::{TokenRecord, record};

const TABS: usize = 3;

/// The time at which everything happens: before any expiry.
const NOW: u64 = 200;

#[derive(Clone, Copy, Debug)]
enum Op {
    /// A tab without session is loaded anew: it takes up what is stored, which its API still accepts.
    Open(usize),
    SignIn(usize),
    /// Gets the lock, if it is free, and looks at what is stored.
    Begin(usize),
    /// The provider answers.
    Ask(usize),
    /// The answer arrives.
    Keep(usize),
    SignOut(usize),
    /// Hears of the sign-outs of the others.
    Hear(usize),
    /// Sees what the others have stored.
    Sync(usize),
}

#[derive(Default)]
enum Step {
    #[default]
    Idle,
    Begun(u64, TokenRecord),
    Answered(u64, TokenRecord, Option<TokenRecord>),
}

#[derive(Default)]
struct Tab {
    tokens: Option<TokenRecord>,
    /// What its process sees of the storage.
    seen: Shelf,
    step: Step,
    unheard: Vec<TokenRecord>,
}

#[derive(Default)]
struct World {
    tabs: [Tab; TABS],
    shelf: Shelf,
    noted: String,
    lock: Option<usize>,
    /// Which sessions live, by `sid`, and the refresh token that each may be renewed by.
    live: HashSet<String>,
    good: HashMap<String, String>,
    was_reused: bool,
    count: u64,
}

fn sid(record: &TokenRecord) -> String {
    record.session.sid.clone().unwrap()
}

impl World {
    fn apply(&mut self, op: Op) {
        match op {
            Op::Open(tab) => self.open(tab),
            Op::SignIn(tab) => self.sign_in(tab),
            Op::Begin(tab) => self.begin(tab),
            Op::Ask(tab) => self.ask(tab),
            Op::Keep(tab) => self.keep(tab),
            Op::SignOut(tab) => self.sign_out(tab),
            Op::Hear(tab) => self.hear(tab),
            Op::Sync(tab) => self.tabs[tab].seen = self.shelf.clone(),
        }
    }

    fn fresh(&mut self) -> String {
        self.count += 1;
        format!("n{}", self.count)
    }

    fn open(&mut self, tab: usize) {
        if self.tabs[tab].tokens.is_none() && matches!(self.tabs[tab].step, Step::Idle) {
            self.tabs[tab].seen = self.shelf.clone();
            self.tabs[tab].tokens = self.shelf.record.clone().filter(|record| self.live.contains(&sid(record)));
        }
    }

    fn sign_in(&mut self, tab: usize) {
        if self.tabs[tab].tokens.is_some() || !matches!(self.tabs[tab].step, Step::Idle) {
            return;
        }
        let (session, refresh_token) = (self.fresh(), self.fresh());
        self.live.insert(session.clone());
        self.good.insert(session.clone(), refresh_token.clone());
        let new = TokenRecord {
            refresh_token: Some(refresh_token),
            sign_in: session.clone(),
            ..record(&self.fresh(), &session)
        };
        let generation = self.tabs[tab].seen.generation + 1;
        self.write(tab, Shelf { generation, record: Some(new.clone()) });
        self.tabs[tab].tokens = Some(new);
    }

    fn write(&mut self, tab: usize, shelf: Shelf) {
        self.tabs[tab].seen = shelf.clone();
        self.shelf = shelf;
    }

    fn release(&mut self, tab: usize) {
        if self.lock == Some(tab) {
            self.lock = None;
        }
    }

    fn begin(&mut self, tab: usize) {
        let Tab { tokens, seen, step, .. } = &mut self.tabs[tab];
        let Some(mine) = tokens.clone().filter(|_| self.lock.is_none() && matches!(step, Step::Idle)) else { return };
        if seen.record.as_ref().is_some_and(|seen| is_behind(seen, &self.noted)) {
            return;
        }
        match compare(&mine, seen.record.clone(), NOW) {
            Stored::Gone => *tokens = None,
            Stored::Newer(newer) => *tokens = Some(*newer),
            Stored::Same(record) => {
                *step = Step::Begun(seen.generation, *record);
                self.lock = Some(tab);
            }
        }
    }

    fn ask(&mut self, tab: usize) {
        let (generation, before) = match std::mem::take(&mut self.tabs[tab].step) {
            Step::Begun(generation, before) => (generation, before),
            step => return self.tabs[tab].step = step,
        };
        let session = sid(&before);
        let next = self.live.contains(&session).then(|| self.fresh());
        let renewed = next.and_then(|next| {
            let good = self.good.get_mut(&session)?;
            if before.refresh_token.as_ref() != Some(good) {
                self.was_reused = true;
                return None;
            }
            good.clone_from(&next);
            Some(TokenRecord {
                access_token: format!("access {next}"),
                refresh_token: Some(next),
                renewals: before.renewals + 1,
                ..before.clone()
            })
        });
        self.tabs[tab].step = Step::Answered(generation, before, renewed);
    }

    fn keep(&mut self, tab: usize) {
        let (generation, before, renewed) = match std::mem::take(&mut self.tabs[tab].step) {
            Step::Answered(generation, before, renewed) => (generation, before, renewed),
            step => return self.tabs[tab].step = step,
        };
        let is_here = self.tabs[tab].tokens.is_some();
        match renewed {
            Some(renewed) if is_here && may_keep(&before, generation, &self.tabs[tab].seen) => {
                self.noted = note(&self.noted, &renewed);
                self.write(tab, Shelf { generation, record: Some(renewed.clone()) });
                self.tabs[tab].tokens = Some(renewed);
            }
            Some(_) => {
                // Revoked.
                self.good.remove(&sid(&before));
                self.tabs[tab].tokens = None;
            }
            None => {
                self.drop_stored(tab, &before);
                self.tabs[tab].tokens = None;
            }
        }
        self.release(tab);
    }

    fn drop_stored(&mut self, tab: usize, ended: &TokenRecord) {
        let seen = &self.tabs[tab].seen;
        if seen.record.as_ref().is_some_and(|seen| is_same_session(&seen.session, &ended.session)) {
            let generation = seen.generation + 1;
            self.write(tab, Shelf { generation, record: None });
        }
    }

    fn sign_out(&mut self, tab: usize) {
        let Some(ended) = self.tabs[tab].tokens.take() else { return };
        self.live.remove(&sid(&ended));
        self.release(tab);
        self.drop_stored(tab, &ended);
        for other in (0..TABS).filter(|other| *other != tab) {
            self.tabs[other].unheard.push(ended.clone());
        }
    }

    fn hear(&mut self, tab: usize) {
        for ended in std::mem::take(&mut self.tabs[tab].unheard) {
            let is_mine = |mine: &TokenRecord| is_same_session(&mine.session, &ended.session);
            if self.tabs[tab].tokens.as_ref().is_some_and(is_mine) {
                self.tabs[tab].tokens = None;
                self.release(tab);
                self.drop_stored(tab, &ended);
            }
        }
    }
}

fn op() -> impl Strategy<Value = Op> {
    let tab = || 0..TABS;
    prop_oneof![
        2 => tab().prop_map(Op::Open),
        2 => tab().prop_map(Op::SignIn),
        4 => tab().prop_map(Op::Begin),
        4 => tab().prop_map(Op::Ask),
        4 => tab().prop_map(Op::Keep),
        1 => tab().prop_map(Op::SignOut),
        2 => tab().prop_map(Op::Hear),
        3 => tab().prop_map(Op::Sync),
    ]
}

/// T-23: the tabs of two sign-ins renew in turn, and one of them sees late what has been stored.
#[test]
fn the_renewals_of_one_sign_in_do_not_hide_those_of_another() {
    let mut world = World::default();
    for op in [
        Op::SignIn(0),
        Op::Open(2),
        Op::Begin(2),
        Op::Ask(2),
        // In a process that does not see the first sign-in yet.
        Op::SignIn(1),
        Op::Keep(2),
        Op::Begin(1),
        Op::Ask(1),
        Op::Keep(1),
        // Its process sees neither.
        Op::Begin(0),
        Op::Ask(0),
    ] {
        world.apply(op);
    }
    assert!(!world.was_reused);
}

proptest! {
    /// T-11, T-19, T-23: when everybody has heard, nothing of an ended session is stored or held by a tab; and no refresh
    /// token was ever sent twice, which would have ended the family.
    #[test]
    fn no_interleaving_keeps_an_ended_session_or_uses_a_refresh_token_twice(
        ops in proptest::collection::vec(op(), 1..60),
    ) {
        let mut world = World::default();
        for op in ops {
            world.apply(op);
            prop_assert!(!world.was_reused, "{op:?}");
        }
        for last in [Op::Ask, Op::Keep, Op::Hear, Op::Sync] {
            (0..TABS).for_each(|tab| world.apply(last(tab)));
        }
        prop_assert!(!world.was_reused);
        if let Some(record) = &world.shelf.record {
            prop_assert!(world.live.contains(&sid(record)), "{} is stored", sid(record));
        }
        for tokens in world.tabs.iter().filter_map(|tab| tab.tokens.as_ref()) {
            prop_assert!(world.live.contains(&sid(tokens)), "{} is held", sid(tokens));
        }
    }

    /// T-11, T-22, T-23: what a renewal brings late takes the place of nobody's tokens. Here each process sees at once what
    /// the others store.
    #[test]
    fn no_late_renewal_displaces_the_latest_sign_in(ops in proptest::collection::vec(op(), 1..60)) {
        let mut world = World::default();
        let mut latest = None;
        for op in ops {
            let before = world.count;
            world.apply(op);
            (0..TABS).for_each(|tab| world.apply(Op::Sync(tab)));
            if let Op::SignIn(tab) = op
                && world.count > before
            {
                latest = world.tabs[tab].tokens.as_ref().map(sid);
            }
            let stored = world.shelf.record.as_ref().map(sid);
            match latest.clone().filter(|latest| world.live.contains(latest)) {
                Some(latest) => prop_assert_eq!(stored, Some(latest), "{:?}", op),
                None => prop_assert!(stored.is_none_or(|stored| world.live.contains(&stored)), "{:?}", op),
            }
        }
    }
}
