//! Past runs: they are kept by the lab's server.

use std::rc::Rc;

use app::lab::scenario::cut_short;
use app::lab::svg_file::svg_file;
use app::lab::wire::{Run, RunHead, Verdict};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::Desk;
use crate::address::run_in;
use crate::browser::{delete, download, get, put};
use crate::runner::put_back_interrupted;

impl Desk {
    /// Ends the run that is recorded, if there is one, and keeps it.
    pub(crate) fn finish(self: &Rc<Self>) {
        self.finish_with(self.judge_recording(true));
    }

    /// The same for a run that was broken off.
    pub(crate) fn finish_cut_short(self: &Rc<Self>) {
        self.finish_with(cut_short(self.judge_recording(false)));
    }

    fn finish_with(self: &Rc<Self>, verdicts: Vec<Verdict>) {
        let Some(mut recording) = self.recording.take() else { return };
        recording.verdicts = verdicts;
        let run = recording.run();
        if run.scenario.is_some() {
            self.lab.progress.update(|progress| {
                if let Some(progress) = progress {
                    progress.verdicts.clone_from(&run.verdicts);
                }
            });
        }
        self.lab.is_live.set(false);
        self.lab.run.set(Some(run.clone()));
        note_in_address(&run.id);
        self.changes.notify();
        let desk = Rc::clone(self);
        spawn_local(async move {
            if let Err(problem) = put::<serde_json::Value>(&format!("/api/runs/{}", run.id), &run).await {
                desk.lab.problem.set(Some(format!("This run was not kept. {problem}")));
            }
        });
    }

    pub(super) async fn fetch_runs(&self) {
        match get::<Vec<RunHead>>("/api/runs").await {
            Ok(runs) => {
                self.lab.runs.set(runs);
                let said = self.not_listed.take();
                if said.is_some() && self.lab.problem.get_untracked() == said {
                    self.lab.problem.set(None);
                }
            }
            Err(problem) => {
                let sentence = Some(format!("The past runs cannot be listed. {problem}"));
                self.not_listed.replace(sentence.clone());
                self.lab.problem.set(sentence);
            }
        }
    }

    /// What the address asks for.
    pub(super) fn restore(self: &Rc<Self>) {
        let desk = Rc::clone(self);
        spawn_local(async move {
            put_back_interrupted(&desk).await;
            let query = web_sys::window().and_then(|window| window.location().search().ok()).unwrap_or_default();
            if let Some(id) = run_in(&query) {
                desk.show_run(id.to_owned()).await;
            }
        });
    }

    pub(super) async fn show_run(self: &Rc<Self>, id: String) {
        if self.is_recording() {
            return;
        }
        let this = self.next_showing();
        let answer = get::<Run>(&format!("/api/runs/{id}")).await;
        // Another was asked for since, or one was recorded.
        if self.showings.get() != this {
            return;
        }
        match answer {
            Ok(run) => {
                self.stop_replay();
                note_in_address(&run.id);
                self.lab.show_past(run);
            }
            Err(problem) => self.lab.problem.set(Some(format!(
                "This run cannot be shown. {problem} It may have been forgotten, or be older than the 200 that are kept: choose \
                 another of the past runs."
            ))),
        }
    }

    /// Whatever is to be shown from now on takes the place of what was asked for before.
    pub(super) fn next_showing(&self) -> u32 {
        self.showings.update(|last| last.wrapping_add(1));
        self.showings.get()
    }

    /// Whether a run is recorded; if so, it is said why no other is shown.
    fn is_recording(&self) -> bool {
        let is_recording = self.recording.borrow().is_some();
        if is_recording {
            self.lab.problem.set(Some(
                "A run is being recorded. Past runs can be shown when it is over; one in another tab, by its link, also now."
                    .to_owned(),
            ));
        }
        is_recording
    }

    /// One after the other: until the list is as it is, another may be pressed than was meant.
    pub(super) fn forget(self: &Rc<Self>, id: String) {
        if self.is_forgetting.replace(true) {
            return;
        }
        let desk = Rc::clone(self);
        spawn_local(async move {
            match delete(&format!("/api/runs/{id}")).await {
                // It is still shown, and no longer to be found.
                Ok(()) if desk.lab.run.with_untracked(|run| run.as_ref().is_some_and(|run| run.id == id)) => {
                    note_address("/");
                }
                Ok(()) => {}
                Err(problem) => desk.lab.problem.set(Some(problem.to_string())),
            }
            desk.fetch_runs().await;
            desk.is_forgetting.set(false);
        });
    }

    pub(super) fn export(&self, as_picture: bool) {
        let Some(run) = self.lab.run.get_untracked() else { return };
        let (kind, extension, text) = if as_picture {
            ("image/svg+xml", "svg", Some(svg_file(&run)))
        } else {
            ("application/json", "json", serde_json::to_string_pretty(&run).ok())
        };
        let name = format!("curfew-lab-{}.{extension}", run.id);
        if text.is_none_or(|text| download(&name, kind, &text).is_err()) {
            self.lab.problem.set(Some("This browser cannot save the file.".to_owned()));
        }
    }
}

/// The address is a link to the run that is shown.
fn note_in_address(id: &str) {
    note_address(&format!("/?run={id}"));
}

fn note_address(address: &str) {
    let history = web_sys::window().and_then(|window| window.history().ok());
    // Without a history the page works as well.
    _ = history.map(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(address)));
}
