//! What a tab does about what it hears: a state machine without effects.
//!
//! [`Tab::handle`] takes an [`Input`] and gives the [`Action`]s to perform, in this order. Whatever ends a session gives
//! [`Action::Lock`] first, so that nothing of it is seen while the rest happens.

mod action;
mod input;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use action::{Action, Lock};
pub(crate) use input::{Input, Session};
pub(crate) use state::Tab;
