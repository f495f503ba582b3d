//! Shows a past run once more, slowly.

use std::rc::Rc;

use app::lab::replay::{Moment, moments};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Desk;
use crate::browser::sleep;

impl Desk {
    /// Starts the replay, or ends the one that is under way and shows everything.
    pub(super) fn replay(self: &Rc<Self>) {
        if self.lab.replay.get_untracked().is_some() {
            self.stop_replay();
            return;
        }
        let Some(run) = self.lab.run.get_untracked() else { return };
        let moments = moments(&run);
        let this = self.replays.get().wrapping_add(1);
        self.replays.set(this);
        let desk = Rc::clone(self);
        spawn_local(async move {
            for Moment { until, stays } in moments {
                if desk.replays.get() != this {
                    return;
                }
                desk.lab.replay.set(Some(until));
                sleep(stays).await;
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
