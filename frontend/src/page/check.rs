use std::rc::Rc;

use leptos::prelude::Set;
use wasm_bindgen_futures::spawn_local;

use super::Page;
use crate::api::{self, Answer};
use crate::browser::{Method, jitter, sleep};
use crate::stream::Backoff;
use crate::tab::Input;

impl Page {
    /// Asks the API whether the access token still counts, until it says so. Only its answer does: without one the
    /// session neither ends nor is shown again.
    pub(super) fn check(self: &Rc<Self>) {
        if self.is_checking.replace(true) {
            return;
        }
        let page = Rc::clone(self);
        spawn_local(async move {
            let mut backoff = Backoff::default();
            while let Some(answer) = page.ask(Method::Get, api::ME, None).await {
                if let Answer::Served(_) = answer {
                    page.handle(Input::Confirmed);
                    break;
                }
                page.model.is_waiting.set(true);
                sleep(backoff.next(jitter)).await;
            }
            page.is_checking.set(false);
        });
    }

    /// Asks the API. None if the session is over by then, perhaps by this very answer.
    pub(super) async fn ask(self: &Rc<Self>, method: Method, path: &str, json: Option<&str>) -> Option<Answer> {
        let access_token = self.access_token()?;
        let answer = Answer::of(api::send(method, path, &access_token, json).await);
        if let Answer::Refused(refusal) = answer {
            self.handle(Input::Refused(refusal));
        }
        self.access_token().map(|_| answer)
    }
}
