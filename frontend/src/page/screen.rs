use std::rc::Rc;
use std::sync::Arc;

use app::app_b::{
    Checking, CheckingProps, Reason, SessionFacts, SignedIn, SignedInHandlers, SignedInProps, SignedOut,
    SignedOutHandlers, SignedOutProps,
};
use leptos::IntoView;
use leptos::mount::mount_to;
use leptos::prelude::Set;
use logout_event::Channel;
use send_wrapper::SendWrapper;

use super::Page;
use crate::api;
use crate::browser::{Browser, copy_text, moment};
use crate::config::{Config, Renew, Why};
use crate::possession::Credentials;
use crate::storage::TokenRecord;
use crate::tab::{Input, Lock};

impl Page {
    /// Takes the session's screen away at once; what follows may take its time.
    pub(super) fn lock(self: &Rc<Self>, lock: Lock) {
        drop(self.screen.take());
        drop(self.timer.take());
        self.let_others_renew();
        let ending = self.tokens.take();
        let who = ending.as_ref().map(|ending| ending.user.clone());
        self.ending.replace(ending);
        self.model.forget();
        self.show_signed_out(who, Some(lock.reason), lock.channel);
        // Whoever cannot see that the page has changed hears it.
        self.browser.focus_heading();
    }

    pub(super) fn show_signed_out(
        self: &Rc<Self>,
        who: Option<String>,
        reason: Option<Reason>,
        channel: Option<Channel>,
    ) {
        let app_a = self.config.app_a.clone();
        let signals = self.model.signed_out();
        let handlers = SignedOutHandlers {
            sign_in: self.handler(|page, ()| page.sign_in()),
            retry_sign_out: self.handler(|page, ()| page.retry_sign_out()),
        };
        self.show("signed-out", move || SignedOut(SignedOutProps { app_a, who, reason, channel, signals, handlers }));
        self.browser.set_body("data-reason", reason.map(Reason::as_str));
        self.browser.set_body("data-channel", channel.map(Channel::as_str));
    }

    pub(super) fn show_session(self: &Rc<Self>) {
        let Some(user) = self.tokens.borrow().as_ref().map(|tokens| tokens.user.clone()) else { return };
        self.show_facts();
        let app_a = self.config.app_a.clone();
        let signals = self.model.signed_in();
        let handlers = self.signed_in_handlers();
        self.show("signed-in", move || SignedIn(SignedInProps { app_a, signals, handlers }));
        self.browser.set_body("data-user", Some(&user));
    }

    pub(super) fn show_facts(&self) {
        if let Some(tokens) = &*self.tokens.borrow() {
            self.model.facts.set(SessionFacts {
                user: tokens.user.clone(),
                since: moment(tokens.session.auth_time),
                expires: moment(tokens.expires_at),
                issuer: tokens.session.iss.clone(),
                renewal: self.renewal_sentence(tokens),
                is_bound: tokens.is_bound(),
            });
        }
    }

    /// How the tokens are renewed, and why so.
    fn renewal_sentence(&self, tokens: &TokenRecord) -> &'static str {
        let Config { renew, why, .. } = &self.config;
        match (renew, why) {
            (Renew::Off, _) => "none: your access ends when the token does",
            (Renew::Iframe, _) if !tokens.is_renewable(*renew) => {
                "none: this browser keeps the provider's cookie out of frames"
            }
            (Renew::RefreshToken, _) if !tokens.is_renewable(*renew) => "none: the provider gave no refresh token",
            (Renew::Iframe, Why::Configured) => "in a hidden frame, as configured",
            (Renew::Iframe, _) => "in a hidden frame, because provider and app are one site",
            (Renew::RefreshToken, Why::Configured) => "by a refresh token that is good once, as configured",
            (Renew::RefreshToken, _) => "by a refresh token that is good once, because provider and app are two sites",
        }
    }

    pub(super) fn show_checking(&self) {
        self.model.is_waiting.set(false);
        let app_a = self.config.app_a.clone();
        let waiting = self.model.is_waiting.read_only();
        self.show("checking", move || Checking(CheckingProps { app_a, waiting }));
    }

    /// Hides the session's screen and leaves it in its place.
    pub(super) fn veil(&self) {
        self.focused.replace(self.browser.focused());
        self.browser.set_body("data-veiled", Some(""));
        self.browser.set_body("data-session", Some("checking"));
    }

    /// Shows it again, as it was.
    pub(super) fn unveil(&self) {
        self.browser.set_body("data-veiled", None);
        self.browser.set_body("data-session", Some("signed-in"));
        if let Some(focused) = self.focused.take() {
            _ = focused.focus();
        }
    }

    fn signed_in_handlers(self: &Rc<Self>) -> SignedInHandlers {
        let page = SendWrapper::new(Rc::clone(self));
        SignedInHandlers {
            sign_out: self.handler(|page, ()| page.handle(Input::SignOut)),
            add_note: self.handler(|page, ()| page.add_note()),
            delete_note: self.handler(|page, id| page.delete_note(id)),
            call_api: self.handler(|page, ()| page.call_api()),
            curl_command: Arc::new(move || page.curl_command()),
            copy_curl: self.handler(|page, ()| copy_text(page.curl_command())),
        }
    }

    /// The request of `call_api`, for a terminal.
    fn curl_command(&self) -> String {
        let Some(Credentials { access_token, is_bound }) = self.credentials() else { return String::new() };
        let (scheme, origin) = (if is_bound { "DPoP" } else { "Bearer" }, self.browser.origin());
        format!("curl -i -H 'Authorization: {scheme} {access_token}' {origin}{}", api::NOTES)
    }

    /// Shows another screen, of which no attribute of the one before is left.
    fn show<N: IntoView + 'static>(&self, session: &str, view: impl FnOnce() -> N + 'static) {
        drop(self.screen.take());
        for name in ["data-user", "data-reason", "data-channel", "data-veiled"] {
            self.browser.set_body(name, None);
        }
        self.browser.set_body("data-session", Some(session));
        self.screen.replace(Some(mount(&self.browser, view)));
    }
}

/// Mounts a view at once; it is gone when what this returns is dropped.
fn mount<N: IntoView + 'static>(browser: &Browser, view: impl FnOnce() -> N + 'static) -> Box<dyn std::any::Any> {
    browser.remove_placeholder();
    Box::new(mount_to(browser.body.clone(), view))
}

/// The signed-out screen of a page that cannot work at all.
pub(super) fn show_unusable(browser: &Browser, problem: String) {
    let model = super::model::Model::new();
    model.sign_in_problem.set(Some(problem));
    let reload = {
        let browser = SendWrapper::new(browser.clone());
        app::app_b::Handler::new(move |()| browser.reload())
    };
    let signals = model.signed_out();
    let handlers = SignedOutHandlers { sign_in: reload.clone(), retry_sign_out: reload };
    browser.set_body("data-session", Some("signed-out"));
    let screen = mount(browser, move || {
        SignedOut(SignedOutProps { app_a: None, who: None, reason: None, channel: None, signals, handlers })
    });
    // It stays until the page is loaded anew.
    std::mem::forget(screen);
}
