//! The windows that the lab has opened. It knows them by their proxies, as the browser hands them out; a message counts only
//! if it comes from a page of the demo. One of a proxy that is not known is of a window from before the lab was reloaded: each
//! says now and then that it is there.

use std::cell::RefCell;

use app::lab::stage::{Party, Window as Shown, name_of_adopted};
use app::lab::wire::{FromWindow, State, ToWindow};
use js_sys::JSON;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Window};

use crate::incoming;

/// How the windows' names begin, as the browser knows them.
const TARGET: &str = "curfew-lab-";

/// What was heard, and from which window.
pub(crate) struct Heard {
    /// The window's name.
    pub(crate) name: String,
    /// Whether it was not known: the lab was reloaded, and the window was opened by the lab before.
    pub(crate) is_new: bool,
    /// What it said.
    pub(crate) told: FromWindow,
}

/// What came of opening a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It was there, and is in front.
    Shown,
    /// It is new, and has yet to say what it shows.
    Opened,
    /// The browser did not let it happen, as it does for a second window of one click.
    Blocked,
}

struct Held {
    name: String,
    proxy: Window,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Windows {
    held: RefCell<Vec<Held>>,
}

impl Windows {
    /// Opens the window with this name at this address, or brings it to the front.
    pub(crate) fn open(&self, name: &str, url: &str) -> Opening {
        if let Some(proxy) = self.proxy(name) {
            _ = proxy.focus();
            return Opening::Shown;
        }
        let Some(window) = web_sys::window() else { return Opening::Blocked };
        let target = format!("{TARGET}{name}");
        let features = features(self.held.borrow().len());
        let Ok(Some(proxy)) = window.open_with_url_and_target_and_features(url, &target, &features) else {
            return Opening::Blocked;
        };
        let mut held = self.held.borrow_mut();
        // The one before it was closed a moment ago: it is not to be missed.
        held.retain(|held| held.name != name);
        held.push(Held { name: name.to_owned(), proxy });
        Opening::Opened
    }

    fn proxy(&self, name: &str) -> Option<Window> {
        let held = self.held.borrow();
        let held = held.iter().find(|held| held.name == name)?;
        (!held.proxy.closed().unwrap_or(true)).then(|| held.proxy.clone())
    }

    /// The names of those that the user has closed since; they are forgotten.
    pub(crate) fn closed(&self) -> Vec<String> {
        let mut closed = Vec::new();
        self.held.borrow_mut().retain(|held| {
            let is_open = !held.proxy.closed().unwrap_or(true);
            if !is_open {
                closed.push(held.name.clone());
            }
            is_open
        });
        closed
    }

    /// Loads this address in a window that is open. Of whatever it shows, an opener may change the address.
    pub(crate) fn load(&self, name: &str, url: &str) {
        if let Some(proxy) = self.proxy(name) {
            _ = proxy.location().set_href(url);
        }
    }

    /// Asks something of the page that a window shows; the browser delivers it to a page of this origin only.
    pub(crate) fn ask(&self, name: &str, request: &ToWindow, origin: &str) {
        let Some(proxy) = self.proxy(name) else { return };
        if let Ok(Ok(message)) = serde_json::to_string(request).map(|json| JSON::parse(&json)) {
            _ = proxy.post_message(&message, origin);
        }
    }

    /// A message, if it is one of a window of the demo.
    pub(crate) fn hear(&self, event: &MessageEvent, state: &State) -> Option<Heard> {
        let party = Party::of_origin(&event.origin(), state)?;
        let json = JSON::stringify(&event.data()).ok()?.as_string()?;
        let told = incoming::message(&json)?;
        // A page tells its own origin, and no other.
        if let FromWindow::State { origin, .. } | FromWindow::Gone { origin, .. } | FromWindow::Here { origin, .. } =
            &told
            && *origin != event.origin()
        {
            return None;
        }
        let Some(source) = event.source() else {
            // While a window moves from one of the browser's processes to another it does not say whose message it was.
            let name = self.named(&event.data())?;
            return Some(Heard { name, is_new: false, told });
        };
        let source: JsValue = source.into();
        let known = self.held.borrow().iter().find(|held| held.proxy.loose_eq(&source)).map(|held| held.name.clone());
        match known {
            Some(name) => Some(Heard { name, is_new: false, told }),
            None => Some(Heard { name: self.adopt(&event.data(), party, source)?, is_new: true, told }),
        }
    }

    /// The window that a message says it is of, if it is one that the lab has opened.
    fn named(&self, message: &JsValue) -> Option<String> {
        claimed(message).filter(|name| self.held.borrow().iter().any(|held| held.name == *name))
    }

    /// Whoever has a handle of this tab can speak to it, the windows that its windows open as well. What protects is that the
    /// origin was one of the demo's.
    fn adopt(&self, message: &JsValue, party: Party, source: JsValue) -> Option<String> {
        let mut held = self.held.borrow_mut();
        let taken: Vec<&str> = held.iter().map(|held| held.name.as_str()).collect();
        let name = name_of_adopted(claimed(message).as_deref(), party, &taken)?;
        held.push(Held { name: name.clone(), proxy: source.unchecked_into() });
        Some(name)
    }
}

/// The name of its window, by what a message says.
fn claimed(message: &JsValue) -> Option<String> {
    let named = js_sys::Reflect::get(message, &"name".into()).ok()?.as_string()?;
    named.strip_prefix(TARGET).map(str::to_owned)
}

/// Windows of their own beside the lab, each a little lower than the last, so that all can be seen.
fn features(number: usize) -> String {
    let (left, top) = (40 + 56 * number, 40 + 44 * number);
    format!("popup,width=560,height=620,left={left},top={top}")
}

/// The window's title and party, from its name.
pub(crate) fn shown(name: &str) -> Option<Shown> {
    let party = Party::of_window(name)?;
    let number = name.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(1);
    Some(Shown::new(party, number))
}
