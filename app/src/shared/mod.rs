//! What App A and App B show alike.

mod facts;

pub use facts::*;
