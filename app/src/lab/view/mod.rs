//! The lab's page. Views follow the signals of [`Lab`], and hand what the user wants to its one handler.

#![allow(unreachable_pub, reason = "`#[component]` makes a public item of every component")]

mod diagram;
mod header;
mod inspector;
mod model;
mod page;
mod paint;
mod run;
mod runs;
mod scenarios;
mod switches;
mod table;
mod verdicts;
mod windows;

pub use model::{Action, Connection, Lab, Progress, Prompt, StepState, StepStatus};
pub use page::{LabPage, LabPageProps};
