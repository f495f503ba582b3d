//! The lab: every sign-out of the demo as it happens, and switches that change the demo.

pub mod wire;
