//! Shows a past run once more, slowly.

use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Desk;
use crate::browser::sleep;

/// How much slower than it was; and how long a message is shown at least and at most, in milliseconds.
const SLOWER: f64 = 40.0;
const SHORTEST: f64 = 160.0;
const LONGEST: f64 = 900.0;

impl Desk {
    /// Starts the replay, or ends the one that is under way and shows everything.
    pub(super) fn replay(self: &Rc<Self>) {
        if self.lab.replay.get_untracked().is_some() {
            self.stop_replay();
            return;
        }
        let Some(run) = self.lab.run.get_untracked() else { return };
        let mut times: Vec<f64> =
            run.reports.iter().map(|report| report.at - run.started).filter(|time| *time >= 0.0).collect();
        times.dedup();
        let this = self.replays.get().wrapping_add(1);
        self.replays.set(this);
        let desk = Rc::clone(self);
        spawn_local(async move {
            let mut last = 0.0;
            for time in times {
                if desk.replays.get() != this {
                    return;
                }
                desk.lab.replay.set(Some(time));
                sleep(((time - last) * SLOWER).clamp(SHORTEST, LONGEST) as u32).await;
                last = time;
            }
            if desk.replays.get() == this {
                desk.lab.replay.set(None);
            }
        });
    }

    pub(super) fn stop_replay(&self) {
        self.replays.set(self.replays.get().wrapping_add(1));
        self.lab.replay.set(None);
    }
}
