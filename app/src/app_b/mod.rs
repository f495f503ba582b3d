//! The views of App B, rendered in the browser.
//!
//! Three screens, of which one is mounted at a time: [`Checking`], [`SignedIn`], [`SignedOut`]. Which one is not a
//! signal: effects run later, and what a sign-out takes away must be gone at once. Whoever uses the views mounts and
//! unmounts them.

#![allow(unreachable_pub, reason = "`#[component]` makes a public item of every component")]

mod api_call;
mod bar;
mod checking;
mod explain;
mod handler;
mod live;
mod model;
mod notes;
mod session_panel;
mod signed_in;
mod signed_out;

pub use checking::{Checking, CheckingProps};
pub use explain::{Explanation, Reason, explain};
pub use handler::Handler;
pub use model::{ApiResult, Listening, Note, Notes, ProviderSignOut, Renewing, SessionFacts};
pub use signed_in::{SignedIn, SignedInHandlers, SignedInProps, SignedInSignals};
pub use signed_out::{SignedOut, SignedOutHandlers, SignedOutProps, SignedOutSignals};
