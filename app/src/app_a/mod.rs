//! App A's pages: rendered to text on the server, without hydration, and useful without any script.

mod home;
mod page;
mod problem;
mod signed_out;

pub use home::{Home, home};
pub use problem::{Problem, problem};
pub use signed_out::{SignedOut, signed_out};
