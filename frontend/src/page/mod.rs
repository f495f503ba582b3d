//! This page: performs what the [`Tab`](crate::tab::Tab) decides, with the browser's means.

mod boot;
mod check;
mod events;
mod listen;
mod model;
mod notes;
mod renew;
mod screen;
mod sign_in;
mod sign_out;

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use app::app_b::Handler;
use js_sys::Function;
use send_wrapper::SendWrapper;
use web_sys::HtmlElement;

use crate::browser::{Browser, Timer, WebLock, jitter, now};
use crate::config::Config;
use crate::possession::{Credentials, Possession};
use crate::renewal;
use crate::storage::{Storages, TokenRecord};
use crate::stream::{Line, Stream};
use crate::tab::{Action, Input, Session, Tab};
use crate::tabs::Tabs;

pub(crate) use boot::start;

/// Everything that lives as long as the page does.
pub(crate) struct Page {
    config: Config,
    browser: Browser,
    storages: Storages,
    tab: RefCell<Tab>,
    /// Proves possession of this browser's key, where tokens are bound to it.
    possession: Rc<Possession>,
    /// The tokens of the session that this tab shows. A copy: what other tabs store does not change it.
    tokens: RefCell<Option<TokenRecord>>,
    /// The tokens of the session that ends, while its end is being performed.
    ending: RefCell<Option<TokenRecord>>,
    /// The session that the user ended here, for as long as the provider may not know.
    signed_out: RefCell<Option<TokenRecord>>,
    /// What is mounted.
    screen: RefCell<Option<Box<dyn Any>>>,
    model: model::Model,
    /// None where tabs do not tell each other.
    tabs: OnceCell<Tabs>,
    /// Its place among the tabs that share a stream.
    line: RefCell<Option<Line>>,
    /// None unless this tab holds it.
    stream: RefCell<Option<Stream>>,
    timer: RefCell<Option<Timer>>,
    /// The lock of the renewal that is under way.
    renewal: RefCell<Option<WebLock>>,
    /// Ends the pause before the next try, while there is one.
    hurry: RefCell<Option<Function>>,
    /// Whether the tokens are stored for all tabs; where the browser refuses, they last as long as this page.
    is_stored: Cell<bool>,
    /// What had the focus when the session's screen was veiled.
    focused: RefCell<Option<HtmlElement>>,
    /// Tells the newest question to the API, whether the access token still counts, from the ones before.
    question: Cell<u32>,
    /// Tells the newest load of the notes from the ones before.
    notes_load: Cell<u32>,
    /// Whether a change of the notes is under way.
    is_changing: Cell<bool>,
}

impl Page {
    fn new(config: Config, browser: Browser, storages: Storages) -> Rc<Self> {
        Rc::new(Self {
            config,
            browser,
            storages,
            tab: RefCell::new(Tab::new()),
            possession: Rc::default(),
            tokens: RefCell::default(),
            ending: RefCell::default(),
            signed_out: RefCell::default(),
            screen: RefCell::default(),
            model: model::Model::new(),
            tabs: OnceCell::new(),
            line: RefCell::default(),
            stream: RefCell::default(),
            timer: RefCell::default(),
            renewal: RefCell::default(),
            hurry: RefCell::default(),
            is_stored: Cell::new(true),
            focused: RefCell::default(),
            question: Cell::default(),
            notes_load: Cell::default(),
            is_changing: Cell::default(),
        })
    }

    /// Tells the tab what is heard, and does what it decides, before anything else can happen.
    fn handle(self: &Rc<Self>, input: Input) {
        let actions = self.tab.borrow_mut().handle(input, now());
        for action in actions {
            self.perform(action);
        }
        self.ending.take();
    }

    fn perform(self: &Rc<Self>, action: Action) {
        match action {
            Action::Lock(lock) => self.lock(lock),
            Action::ShowSignedOut(reason) => self.show_signed_out(None, reason, None),
            Action::ShowSession => self.show_session(),
            Action::Hide => self.show_checking(),
            Action::StoreTokens => self.store_tokens(),
            Action::DropTokens(which) => {
                if let Some(ending) = &*self.ending.borrow() {
                    self.storages.drop_tokens(&which, &ending.access_token);
                }
            }
            Action::Mark => {
                self.storages.mark();
            }
            Action::Veil => self.veil(),
            Action::Unveil => self.unveil(),
            Action::JoinLine => self.join_line(),
            Action::OpenStream => self.open_stream(),
            Action::CloseStream => self.close_stream(),
            Action::ShowListening(listening) => self.show_listening(listening),
            Action::Announce(listening) => {
                if let Some(line) = &*self.line.borrow() {
                    line.announce(listening);
                }
            }
            Action::SetTimer => self.set_timer(),
            Action::Renew => self.renew(),
            Action::HurryRenewal => self.hurry_renewal(),
            Action::LetOthersRenew => self.let_others_renew(),
            Action::ShowFacts => self.show_facts(),
            Action::RefuseAtApi => self.refuse_at_api(),
            Action::LoadNotes => self.load_notes(),
            Action::Check => self.check(),
            Action::Tell(message) => {
                if let Some(tabs) = self.tabs.get() {
                    tabs.tell(&message);
                }
            }
            Action::SignOutAtProvider => self.sign_out_at_provider(self.ending.take()),
            Action::Reload => self.browser.reload(),
        }
    }

    /// What requests to the API show, while there is a session.
    fn credentials(&self) -> Option<Credentials> {
        self.tokens.borrow().as_ref().map(TokenRecord::credentials)
    }

    /// What the tab is to know of these tokens.
    fn session_of(&self, record: &TokenRecord) -> Session {
        let renew_at = record
            .is_renewable(self.config.renew)
            .then(|| renewal::due_at(record.issued_at, record.expires_at, jitter));
        Session { session: record.session.clone(), expires_at: record.expires_at, renew_at }
    }

    fn store_tokens(&self) {
        if let Some(tokens) = &*self.tokens.borrow() {
            self.is_stored.set(self.storages.store_tokens(tokens));
        }
    }

    fn set_timer(self: &Rc<Self>) {
        let Some(expires_at) = self.tokens.borrow().as_ref().map(|tokens| tokens.expires_at) else { return };
        let page = Rc::clone(self);
        let millis = expires_at.saturating_sub(now()).saturating_mul(1000);
        let timer = Timer::after(millis, move || page.handle(Input::TimeIsUp));
        drop(self.timer.replace(timer));
    }

    /// What to do when the user asks for something.
    fn handler<T: 'static>(self: &Rc<Self>, act: impl Fn(&Rc<Self>, T) + 'static) -> Handler<T> {
        let page = SendWrapper::new((Rc::clone(self), act));
        Handler::new(move |input| {
            let (page, act) = &*page;
            act(page, input);
        })
    }
}
