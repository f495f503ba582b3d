use std::rc::Rc;

use app::app_b::ProviderSignOut;
use leptos::prelude::{Set, Update};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventTarget, PageTransitionEvent, VisibilityState};

use super::Page;
use crate::tab::Input;

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
        self.on(&browser.window, "online", |page, _| page.handle(Input::Woken));
        self.on(&browser.document, "visibilitychange", |page, _| {
            if page.browser.document.visibility_state() == VisibilityState::Visible {
                page.handle(Input::Woken);
            }
        });
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
