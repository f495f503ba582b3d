//! What a tab does about what it hears: a state machine without effects.
//!
//! [`Tab::handle`] takes an [`Input`] and gives the [`Action`]s to perform, in this order. Whatever ends a session gives
//! [`Action::Lock`] first, so that nothing of it is seen while the rest happens.
//!
//! The tabs of one session share one stream from the server: they stand in line for it ([`Action::JoinLine`]), the first
//! is [`Input::Chosen`] and opens it, and tells the others how it stands with it and what it hears.

mod action;
mod attention;
mod input;
mod signed_in;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use action::{Action, Lock};
pub(crate) use input::{Input, Session};
pub(crate) use state::Tab;
