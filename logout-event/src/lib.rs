//! The event that ends a session, the session it concerns, and the one rule that matches them.
//!
//! Everything that decides whether a sign-out concerns a session calls [`LogoutEvent::ends`]: the ended-sessions ledger,
//! the guard of an API, the push hub and each browser tab. The crate is `no_std` with `alloc` and depends on serde only,
//! so that the same code runs on a server and in the browser.
//!
//! Times are seconds since the Unix epoch, by the issuer's clock, and are always given by the caller.

#![no_std]

extern crate alloc;

mod channel;
mod event;
mod seen;
mod session;
pub mod wire;

pub use channel::Channel;
pub use event::LogoutEvent;
pub use seen::Seen;
pub use session::SessionRef;
