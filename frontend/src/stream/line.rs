use std::cell::{Cell, RefCell};
use std::rc::Rc;

use app::app_b::Listening;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use logout_event::{SessionRef, wire};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::browser::{WebLock, digest};

/// Asks how it stands with the stream; every other word is one of [`Listening`].
const WHO: &str = "who";

/// How many bytes of the hash name a session.
const TAG: usize = 16;

/// What a tab hears in the line.
pub(crate) enum News {
    /// It is this tab's turn to hold the stream.
    Chosen,
    /// Another tab asks how it stands with the stream.
    AskedWho,
    /// The tab that holds it says so.
    HolderIs(Listening),
}

/// This tab's place in the line of the tabs that share the stream of one session; it is left by dropping it.
///
/// A Web Lock is the line, so that the browser passes the stream on when the tab that holds it dies. A `BroadcastChannel`
/// of the same name says what the lock cannot: whether that tab's stream is really open. No line crosses sessions, so
/// that the end of one neither reaches nor starves another.
pub(crate) struct Line(Rc<Place>);

#[derive(Default)]
struct Place {
    is_left: Cell<bool>,
    lock: RefCell<Option<WebLock>>,
    channel: RefCell<Option<BroadcastChannel>>,
}

impl Line {
    /// Joins it. Where tabs are not to tell each other, or cannot, the tab is chosen at once and on its own.
    pub(crate) fn join(client_id: &str, session: &SessionRef, is_shared: bool, hear: impl Fn(News) + 'static) -> Self {
        let place = Rc::<Place>::default();
        let line = Self(Rc::clone(&place));
        let (client_id, session) = (client_id.to_owned(), session.clone());
        spawn_local(async move {
            let name = if is_shared { name(&client_id, &session).await } else { None };
            if place.is_left.get() {
                return;
            }
            let hear: Rc<dyn Fn(News)> = Rc::new(hear);
            if name.and_then(|name| place.enter(&name, &hear)).is_none() {
                hear(News::Chosen);
            }
        });
        line
    }

    /// Tells the others how it stands with the stream that this tab holds.
    pub(crate) fn announce(&self, listening: Listening) {
        self.0.say(listening.as_str());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.is_left.set(true);
        drop(self.0.lock.take());
        if let Some(channel) = self.0.channel.take() {
            channel.set_onmessage(None);
            // An open channel can keep a page out of the back/forward cache.
            channel.close();
        }
    }
}

impl Place {
    /// None where the browser lacks what it takes.
    fn enter(&self, name: &str, hear: &Rc<dyn Fn(News)>) -> Option<()> {
        let channel = BroadcastChannel::new(name).ok()?;
        let on_message = {
            let hear = Rc::clone(hear);
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let word = event.data().as_string().unwrap_or_default();
                if word == WHO {
                    hear(News::AskedWho);
                } else if let Some(listening) = Listening::from_word(&word) {
                    hear(News::HolderIs(listening));
                }
            })
        };
        let lock = {
            let hear = Rc::clone(hear);
            WebLock::request(name, move || hear(News::Chosen))?
        };
        channel.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
        self.lock.replace(Some(lock));
        self.channel.replace(Some(channel));
        self.say(WHO);
        Some(())
    }

    fn say(&self, word: &str) {
        if let Some(channel) = &*self.channel.borrow() {
            // A word can always be cloned, and the channel is open.
            _ = channel.post_message(&word.into());
        }
    }
}

/// The name of a session's line, which does not give its `sid` away.
async fn name(client_id: &str, session: &SessionRef) -> Option<String> {
    let digest = digest("SHA-256", &identity(session)).await.ok()?;
    let tag = Base64UrlUnpadded::encode_string(digest.get(..TAG)?);
    Some(format!("{}-{client_id}-{tag}", wire::STREAM_NAME))
}

/// What tells sessions apart. Where the provider gives no `sid`, an event may end an older one of the user's and not a
/// newer one, so that they cannot share a stream.
fn identity(session: &SessionRef) -> String {
    let SessionRef { iss, sid, sub, auth_time } = session;
    match sid {
        Some(sid) => format!("{iss}\n{sub}\nsid {sid}"),
        None => format!("{iss}\n{sub}\nauth_time {auth_time}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sid: Option<&str>, auth_time: u64) -> String {
        let sid = sid.map(str::to_owned);
        identity(&SessionRef { iss: "op".to_owned(), sid, sub: "u1".to_owned(), auth_time })
    }

    /// T-09
    #[test]
    fn tabs_of_one_session_share_a_line_and_no_others() {
        assert_eq!(of(Some("s1"), 1), of(Some("s1"), 2), "authenticated anew, it is the same session");
        assert_ne!(of(Some("s1"), 1), of(Some("s2"), 1));
        assert_ne!(of(None, 1), of(None, 2));
        assert_ne!(of(Some("1"), 1), of(None, 1));
    }
}
