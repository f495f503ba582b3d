//! How the tabs of App B tell each other of a sign-out: a `BroadcastChannel`, and `storage` events as a second way.

use std::rc::Rc;

use gloo_storage::LocalStorage;
use logout_event::wire::{BROADCAST_CHANNEL, STORAGE_KEY, TabMessage};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, MessageEvent, StorageEvent, Window};

use crate::json;
use crate::storage::{Storages, set};

/// The longest message that is read, in bytes.
const MAX_MESSAGE: usize = 4 * 1024;

/// The tabs of this browser profile, this one's siblings. It lasts as long as the page.
pub(crate) struct Tabs {
    /// None where the browser has none, or may not: the second way remains.
    channel: Option<BroadcastChannel>,
    _storages: Storages,
}

impl Tabs {
    /// Begins to listen.
    pub(crate) fn listen(window: &Window, storages: Storages, hear: impl Fn(TabMessage) + 'static) -> Self {
        let hear: Rc<dyn Fn(TabMessage)> = Rc::new(hear);
        let channel = BroadcastChannel::new(BROADCAST_CHANNEL).ok();
        if let Some(channel) = &channel {
            let hear = Rc::clone(&hear);
            let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                if let Some(message) = event.data().as_string().as_deref().and_then(parse) {
                    hear(message);
                }
            });
            channel.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
        }
        let on_storage = Closure::<dyn FnMut(StorageEvent)>::new(move |event: StorageEvent| {
            if event.key().as_deref() == Some(STORAGE_KEY)
                && let Some(message) = event.new_value().as_deref().and_then(parse)
            {
                hear(message);
            }
        });
        // Fails on malformed names only.
        _ = window.add_event_listener_with_callback("storage", on_storage.into_js_value().unchecked_ref());
        Self { channel, _storages: storages }
    }

    /// Tells the others, by both ways.
    pub(crate) fn tell(&self, message: &TabMessage) {
        let message = json::message_value(message);
        if let Some(channel) = &self.channel {
            _ = channel.post_message(&message.write().into());
        }
        // Storage that is full makes one of two ways fail.
        _ = set::<LocalStorage>(STORAGE_KEY, &message);
    }
}

fn parse(json: &str) -> Option<TabMessage> {
    (json.len() <= MAX_MESSAGE).then(|| json::parse(json, json::message))?
}
