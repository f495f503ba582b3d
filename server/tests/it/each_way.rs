//! What must be so however the parties run is shown twice: in one process, and in three.

use std::ops::Deref;

use server::config::Switch;

use crate::curfew::{Curfew, Parties};
use crate::three_processes::Processes;

/// The three parties, however they run.
pub(crate) enum Running {
    InOneProcess(Curfew),
    InThreeProcesses(Processes),
}

impl Deref for Running {
    type Target = Parties;

    fn deref(&self) -> &Parties {
        match self {
            Self::InOneProcess(curfew) => curfew,
            Self::InThreeProcesses(processes) => processes,
        }
    }
}

impl Running {
    /// Stops as a signal would; every party must come to its end by itself.
    pub(crate) async fn stop(self) {
        match self {
            Self::InOneProcess(curfew) => curfew.stop().await,
            Self::InThreeProcesses(processes) => processes.stop().await,
        }
    }
}

/// Plays the story with the three parties in this process, and once more with three processes.
pub(crate) async fn each_way(without: &[Switch], story: impl AsyncFn(Running)) {
    println!("in one process");
    story(Running::InOneProcess(Curfew::start_without(without).await)).await;
    println!("in three processes");
    story(Running::InThreeProcesses(Processes::start_without(without).await)).await;
}
