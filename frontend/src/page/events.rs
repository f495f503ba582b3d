use std::rc::Rc;

use app::app_b::ProviderSignOut;
use leptos::prelude::{Set, Update};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventTarget, PageTransitionEvent, StorageEvent, VisibilityState};

use super::Page;
use crate::storage::Storages;
use crate::tab::Input;

/// How often a page looks at the clock, in milliseconds: no longer is seen, after a sleep, what was seen before.
const TICK: i32 = 2_000;

impl Page {
    /// Begins to listen to what the browser does with this page.
    pub(super) fn listen_to_browser(self: &Rc<Self>) {
        let Self { browser, .. } = &**self;
        self.on(&browser.window, "pagehide", |page, event| {
            if is_persisted(event) {
                page.handle(Input::Left);
            }
        });
        self.on(&browser.window, "pageshow", |page, event| {
            if is_persisted(event) {
                page.handle(Input::Restored);
                page.forget_what_was_left();
            }
        });
        self.on(&browser.window, "storage", |page, event| {
            let key = event.dyn_ref::<StorageEvent>().and_then(StorageEvent::key);
            if key.is_some_and(|key| Storages::is_tokens_key(&key)) {
                page.notice_stored_tokens();
            }
        });
        self.on(&browser.window, "online", |page, _| page.handle(Input::Online));
        self.on(&browser.window, "focus", |page, _| page.handle(Input::Seen));
        self.on(&browser.document, "visibilitychange", |page, _| page.notice_visibility());
        self.notice_visibility();
        self.watch_clock();
    }

    fn notice_visibility(self: &Rc<Self>) {
        let is_visible = self.browser.document.visibility_state() == VisibilityState::Visible;
        self.handle(if is_visible { Input::Seen } else { Input::Concealed });
    }

    /// Looks at the clock now and then, for as long as the page lives: timers stand still while the machine sleeps.
    fn watch_clock(self: &Rc<Self>) {
        let page = Rc::clone(self);
        let tick = Closure::<dyn FnMut()>::new(move || page.handle(Input::Ticked)).into_js_value();
        // A window always has timers.
        _ = self.browser.window.set_interval_with_callback_and_timeout_and_arguments_0(tick.unchecked_ref(), TICK);
    }

    fn on(self: &Rc<Self>, target: &EventTarget, name: &str, act: impl Fn(&Rc<Self>, &Event) + 'static) {
        let page = Rc::clone(self);
        let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| act(&page, &event));
        // Fails on malformed names only. The listener lasts as long as the page.
        _ = target.add_event_listener_with_callback(name, listener.into_js_value().unchecked_ref());
    }

    /// The user came back from the provider without an answer of it.
    fn forget_what_was_left(&self) {
        self.model.is_signing_in.set(false);
        self.model.provider.update(|provider| {
            if *provider == ProviderSignOut::Leaving {
                *provider = ProviderSignOut::Interrupted;
            }
        });
    }
}

fn is_persisted(event: &Event) -> bool {
    event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted)
}
