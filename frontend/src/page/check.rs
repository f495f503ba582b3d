use std::rc::Rc;

use leptos::prelude::Set;
use wasm_bindgen_futures::spawn_local;

use super::Page;
use crate::api::{self, Answer, RefusalReason};
use crate::browser::{Method, Timer, jitter, sleep};
use crate::possession::Credentials;
use crate::stream::Backoff;
use crate::tab::Input;

/// After so many milliseconds without an answer the user is told what this tab waits for.
const PATIENCE: u64 = 1_000;

impl Page {
    /// Asks the API whether the access token still counts, until it says so. Only its answer does: without one the
    /// session neither ends nor is shown again.
    ///
    /// Only the answer to the newest question is a confirmation: an older one may have been judged before a sleep.
    pub(super) fn check(self: &Rc<Self>) {
        let question = self.question.get().wrapping_add(1);
        self.question.set(question);
        let page = Rc::clone(self);
        spawn_local(async move {
            let mut backoff = Backoff::default();
            let late = Timer::after(PATIENCE, {
                let page = Rc::clone(&page);
                move || {
                    if page.question.get() == question {
                        page.handle(Input::Unanswered);
                    }
                }
            });
            while let Some(answer) = page.ask(Method::Get, api::ME, None).await {
                if page.question.get() != question {
                    return;
                }
                if let Answer::Served(_) = answer {
                    drop(late);
                    return page.handle(Input::Confirmed);
                }
                page.handle(Input::Unanswered);
                page.model.is_waiting.set(true);
                sleep(backoff.next(jitter)).await;
                if page.question.get() != question {
                    return;
                }
            }
        });
    }

    /// Asks the API. None if the session is over by then, perhaps by this very answer.
    pub(super) async fn ask(self: &Rc<Self>, method: Method, path: &str, json: Option<&str>) -> Option<Answer> {
        let credentials = self.credentials()?;
        let answer = Answer::of(api::send(&self.possession, &credentials, method, path, json).await);
        self.notice_refusal(&answer, &credentials);
        self.credentials().map(|_| answer)
    }

    /// A refusal counts for the token that was refused: meanwhile there may be another.
    pub(super) fn notice_refusal(self: &Rc<Self>, answer: &Answer, credentials: &Credentials) {
        if let Answer::Refused(refusal) = answer
            && (refusal.reason == RefusalReason::SessionEnded || self.credentials().as_ref() == Some(credentials))
        {
            self.handle(Input::Refused(*refusal));
        }
    }
}
