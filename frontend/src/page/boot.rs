//! What a page does that has just been loaded.

use std::rc::Rc;

use app::app_b::{ProviderSignOut, Reason};
use leptos::prelude::Set;
use wasm_bindgen_futures::spawn_local;

use super::{Page, screen};
use crate::browser::{Browser, now};
use crate::config::{Config, META_NAME};
use crate::oidc::{callback, end_session};
use crate::storage::{TokenRecord, probe};
use crate::tab::Input;
use crate::tabs::Tabs;

const UNREADABLE: &str = "What this browser had stored of your session could not be read, perhaps because App B is newer \
                          now. It was removed; sign in again.";

/// The first step of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FirstStep {
    /// The provider's answer to a sign-in is in the address.
    FinishSignIn,
    /// The provider's answer to this tab's sign-out is in the address.
    ReturnFromSignOut,
    /// This browser has a session.
    Adopt,
    /// It has none: ask the provider, once, without a click.
    SignInSilently,
    /// It has none, and this tab has asked before or was signed out.
    StaySignedOut,
}

/// What decides it.
#[derive(Clone, Copy, Debug)]
struct Facts {
    is_callback: bool,
    is_return: bool,
    has_tokens: bool,
    is_marked: bool,
}

const fn first_step(facts: Facts) -> FirstStep {
    match facts {
        // Before stored tokens: who has just signed in may be somebody else.
        Facts { is_callback: true, .. } => FirstStep::FinishSignIn,
        Facts { is_return: true, .. } => FirstStep::ReturnFromSignOut,
        Facts { has_tokens: true, .. } => FirstStep::Adopt,
        Facts { is_marked: false, .. } => FirstStep::SignInSilently,
        Facts { is_marked: true, .. } => FirstStep::StaySignedOut,
    }
}

/// Starts App B in this page.
pub(crate) fn start() {
    // Another page than ours: there is nothing to start and nowhere to say so.
    let Some(browser) = Browser::find() else { return };
    let config = match Config::parse(browser.meta(META_NAME).as_deref()) {
        Ok(config) => config,
        Err(error) => {
            return screen::show_unusable(&browser, format!("App B cannot start: {error}. Tell whoever runs it."));
        }
    };
    match probe(&browser.window) {
        Ok(storages) => Page::new(config, browser, storages).boot(),
        Err(fault) => screen::show_unusable(&browser, fault.to_string()),
    }
}

impl Page {
    fn boot(self: Rc<Self>) {
        // Listen first, then look: a sign-out in between must not be missed.
        self.listen_to_tabs();
        self.listen_to_browser();
        let query = self.browser.query();
        let sign_out = self.storages.take_sign_out();
        if self.storages.remove_unreadable_tokens() {
            self.model.sign_in_problem.set(Some(UNREADABLE.to_owned()));
        }
        let stored = self.storages.load_tokens(&self.config.issuer, self.config.renew, now());
        let step = first_step(Facts {
            is_callback: self.browser.path() == callback::PATH,
            is_return: sign_out.is_some_and(|state| end_session::is_return(&query, &state)),
            has_tokens: stored.is_some(),
            is_marked: self.storages.is_marked(),
        });
        // Neither a code nor a `state` is to stay in the address.
        self.browser.clear_address();
        match (step, stored) {
            (FirstStep::FinishSignIn, _) => spawn_local(async move { self.finish_sign_in(&query).await }),
            (FirstStep::ReturnFromSignOut, _) => {
                self.model.provider.set(ProviderSignOut::Done);
                self.handle(Input::NoSession(Some(Reason::User)));
            }
            (FirstStep::Adopt, Some(record)) => self.adopt(record, false),
            (FirstStep::SignInSilently, _) => spawn_local(async move { self.sign_in_silently().await }),
            (FirstStep::Adopt | FirstStep::StaySignedOut, _) => self.handle(Input::NoSession(None)),
        }
    }

    /// Begins the session of these tokens in this tab.
    pub(super) fn adopt(self: &Rc<Self>, record: TokenRecord, fresh: bool) {
        let session = self.session_of(&record);
        self.tokens.replace(Some(record));
        self.handle(Input::SignedIn { session, fresh });
    }

    fn listen_to_tabs(self: &Rc<Self>) {
        if self.config.broadcast {
            let page = Rc::clone(self);
            let tabs =
                Tabs::listen(&self.browser.window, self.storages, move |message| page.handle(Input::Told(message)));
            // Booting happens once.
            _ = self.tabs.set(tabs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_follows_from_what_is_there() {
        use FirstStep::{Adopt, FinishSignIn, ReturnFromSignOut, SignInSilently, StaySignedOut};
        let facts =
            |is_callback, is_return, has_tokens, is_marked| Facts { is_callback, is_return, has_tokens, is_marked };
        let table = [
            ("a first visit", facts(false, false, false, false), SignInSilently),
            ("the second", facts(false, false, false, true), StaySignedOut),
            ("a reload, or another tab", facts(false, false, true, true), Adopt),
            ("a new tab", facts(false, false, true, false), Adopt),
            ("back from the provider", facts(true, false, false, true), FinishSignIn),
            ("another user has signed in", facts(true, false, true, true), FinishSignIn),
            ("back from the sign-out", facts(false, true, false, true), ReturnFromSignOut),
            ("a sibling has signed in since", facts(false, true, true, true), ReturnFromSignOut),
        ];
        for (what, facts, expected) in table {
            assert_eq!(first_step(facts), expected, "{what}");
        }
    }
}
