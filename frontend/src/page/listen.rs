use std::rc::Rc;

use app::app_b::Listening;
use leptos::prelude::Set;

use super::Page;
use crate::stream::{Happening, Line, News, Stream};
use crate::tab::Input;

impl Page {
    /// Joins the line of the tabs that share the stream of this session.
    pub(super) fn join_line(self: &Rc<Self>) {
        if !self.config.push {
            return self.show_listening(Listening::Off);
        }
        if self.line.borrow().is_some() {
            return;
        }
        let Some(session) = self.tokens.borrow().as_ref().map(|tokens| tokens.session.clone()) else { return };
        self.show_listening(Listening::Connecting);
        let page = Rc::clone(self);
        let line = Line::join(&self.config.client_id, &session, self.config.broadcast, move |news| {
            page.handle(match news {
                News::Chosen => Input::Chosen,
                News::AskedWho => Input::AskedWho,
                News::HolderIs(listening) => Input::HolderIs(listening),
            });
        });
        self.line.replace(Some(line));
    }

    /// Opens the stream, in place of the one before.
    pub(super) fn open_stream(self: &Rc<Self>) {
        let page = Rc::clone(self);
        let credentials = {
            let page = Rc::clone(self);
            move || page.credentials()
        };
        let stream = Stream::open(Rc::clone(&self.possession), credentials, move |happening| {
            page.handle(match happening {
                Happening::Listening(listening) => Input::StreamIs(listening),
                Happening::SignOut(event) => Input::Pushed(event),
                Happening::Refused(refusal) => Input::Refused(refusal),
            });
        });
        drop(self.stream.replace(stream));
    }

    /// Closes the stream and leaves the line.
    pub(super) fn close_stream(&self) {
        drop(self.stream.take());
        drop(self.line.take());
        self.browser.set_body("data-listening", None);
    }

    pub(super) fn show_listening(&self, listening: Listening) {
        self.model.listening.set(listening);
        self.browser.set_body("data-listening", Some(listening.as_str()));
    }
}
