use std::rc::Rc;

use app::app_b::{ApiResult, Note, Notes};
use leptos::prelude::{GetUntracked, Set, Update};
use wasm_bindgen_futures::spawn_local;

use super::Page;
use crate::api::{self, Answer, Refusal, RefusalReason, notes};
use crate::browser::{Method, jitter, moment, sleep};
use crate::stream::Backoff;

const NOT_SAVED: &str = "The server does not answer, so nothing was changed. Try again in a moment.";

const NOT_SAVED_YET: &str = "Your access was just being renewed, so nothing was changed. Try again now.";

impl Page {
    /// Fetches the notes, and tries again until it has them.
    pub(super) fn load_notes(self: &Rc<Self>) {
        let load = self.notes_load.get().wrapping_add(1);
        self.notes_load.set(load);
        let page = Rc::clone(self);
        spawn_local(async move {
            let mut backoff = Backoff::default();
            while let Some(answer) = page.ask(Method::Get, api::NOTES, None).await {
                if page.notes_load.get() != load {
                    return;
                }
                if let Answer::Served(json) = answer
                    && let Some(list) = notes::parse_list(&json)
                {
                    return page.model.notes.set(Notes::Loaded(list.into_iter().map(show).collect()));
                }
                page.model.notes.update(|notes| {
                    if *notes == Notes::Loading {
                        *notes = Notes::Unavailable;
                    }
                });
                sleep(backoff.next(jitter)).await;
            }
        });
    }

    pub(super) fn add_note(self: &Rc<Self>) {
        let text = self.model.draft.get_untracked();
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let json = notes::new_note(text);
        self.change(async move |page| {
            let done = page.try_change(Method::Post, api::NOTES, Some(&json)).await;
            if done {
                page.model.draft.set(String::new());
            }
        });
    }

    pub(super) fn delete_note(self: &Rc<Self>, id: i64) {
        let path = format!("{}/{id}", api::NOTES);
        self.change(async move |page| {
            // The button that was pressed goes; whoever has gone on to write meanwhile stays there.
            if page.try_change(Method::Delete, &path, None).await && !page.browser.is_writing() {
                page.browser.focus_heading();
            }
        });
    }

    /// One change at a time.
    fn change(self: &Rc<Self>, change: impl AsyncFnOnce(&Rc<Self>) + 'static) {
        if self.is_changing.replace(true) {
            return;
        }
        self.model.problem.set(None);
        let page = Rc::clone(self);
        spawn_local(async move {
            change(&page).await;
            page.is_changing.set(false);
        });
    }

    async fn try_change(self: &Rc<Self>, method: Method, path: &str, json: Option<&str>) -> bool {
        let problem = match self.ask(method, path, json).await {
            None => return false,
            Some(Answer::Refused(Refusal { reason: reason @ RefusalReason::Proof, .. })) => {
                format!("Nothing was changed. {}", reason.sentence())
            }
            Some(Answer::Refused(_)) => NOT_SAVED_YET.to_owned(),
            Some(Answer::Served(_)) => {
                self.load_notes();
                return true;
            }
            Some(Answer::Unavailable(_)) => NOT_SAVED.to_owned(),
            Some(Answer::Failed { status: 404, .. }) => {
                self.load_notes();
                return false;
            }
            Some(Answer::Failed { message: Some(message), .. }) => message,
            Some(Answer::Failed { status, .. }) => {
                format!("The server did not accept this (status {status}). Nothing was changed.")
            }
        };
        self.model.problem.set(Some(problem));
        false
    }

    /// Sends one request, whatever comes of it, and shows the answer.
    pub(super) fn call_api(self: &Rc<Self>) {
        let Some(credentials) = self.credentials() else { return };
        let page = Rc::clone(self);
        spawn_local(async move {
            let reply = api::send(&page.possession, &credentials, Method::Get, api::NOTES, None).await;
            let status = reply.as_ref().ok().map(|reply| reply.status);
            let answer = Answer::of(reply);
            let text = describe(&answer);
            page.notice_refusal(&answer, &credentials);
            // What came too late is nothing to be told of a session that has ended; a refusal is, and comes after the lock,
            // which forgets the answers before this one.
            if status == Some(200) && page.credentials().is_none() {
                return;
            }
            page.model.api_result.set(Some(ApiResult { status, text }));
        });
    }
}

fn describe(answer: &Answer) -> String {
    match answer {
        Answer::Served(_) => "200: the API serves this access token".to_owned(),
        Answer::Refused(refusal) => format!("401 {}", refusal.reason.sentence()),
        Answer::Unavailable(None) => "The server does not answer.".to_owned(),
        Answer::Unavailable(Some(status)) => format!("{status}: the server cannot judge now"),
        Answer::Failed { status, .. } => format!("{status}"),
    }
}

fn show(note: notes::Note) -> Note {
    let notes::Note { id, text, created_at } = note;
    Note { id, text, created: moment(created_at) }
}
